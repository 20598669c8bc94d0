"""Diagnosis of a wrong signature: the key, content, encoding or JSON dialect that explains it.

Pure. `openapi.signature` decides whether a signature is valid.
"""
