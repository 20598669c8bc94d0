"""Why a signature does not match: which key, content, encoding or JSON dialect would explain it.

Pure. Whether a signature is valid is decided in `openapi.signature`.
"""
