"""Responses of operations: the handler, their headers, resources and error bodies.

Middleware that rejects a request raises `responses.errors`; it does not build a response itself.
"""
