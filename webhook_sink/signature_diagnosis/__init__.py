"""Diagnosis of a wrong signature by the key, content, encoding or JSON dialect of the sender.

Pure. `openapi.signatures` decides whether a signature is valid.
"""
