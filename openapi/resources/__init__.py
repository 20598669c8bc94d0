"""Resources of a contract: what an operation creates, and which others read, list and change it.

The model is data. Mock and harness both read it, and neither knows the other's code.
"""
