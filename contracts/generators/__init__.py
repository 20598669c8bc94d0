"""Generators of cases: request bodies, parameters, credentials, edge cases.

They yield `Case` values and send nothing. When a case is sent is decided in `execution`.
"""
