"""Requests of a contract: valid parameters and bodies, and the validation of received ones.

The texts and bytes of a value are in `openapi.serialization`, which knows no contract.
"""
