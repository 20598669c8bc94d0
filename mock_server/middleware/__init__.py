"""ASGI middleware, one module for each step that a request passes before the operation handler.

What answers a request belongs in `responses`. `mock_server.app` states the order.
"""
