"""The harness: sends requests, receives webhooks, reconciles both and judges by the contract.

It knows the service by HTTP alone and imports neither mock server nor command line.
"""
