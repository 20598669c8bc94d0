"""Responses of operations: the handler, headers, resources and error bodies.

Middleware that rejects a request raises `RequestRejected`; it does not build a response.
"""
