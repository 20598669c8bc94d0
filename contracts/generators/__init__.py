"""Generators of cases: request bodies, parameters, credentials, edge cases.

They yield `Case` values and send no request; `contracts.execution` sends the cases.
"""
