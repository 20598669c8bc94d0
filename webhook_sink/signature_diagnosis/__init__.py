"""Diagnosis of a wrong signature: the key, content, encoding or JSON dialect that explains it.

Pure. Whether a signature is valid is decided in `openapi.signature`.
"""
