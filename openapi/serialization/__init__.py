"""Texts and bytes of parameters and bodies, and the values that they carry.

Both directions are here: mock and harness read a request with the code that writes one. A text may
have several readings, because OpenAPI leaves some open; nothing here decides between them.
"""
