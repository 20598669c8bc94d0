"""Diagnosis of a wrong signature by the key, content, encoding or JSON dialect of the sender.

Pure. `openapi.signature` decides whether a signature is valid.
"""
