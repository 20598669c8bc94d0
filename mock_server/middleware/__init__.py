"""ASGI middleware: one module for each step before the operation handler.

Code that builds responses belongs in `responses`. `mock_server.app` states the order.
"""
