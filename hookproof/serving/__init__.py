"""Sockets, TLS, ready file and logs of a server in the foreground, for `mock` and `sink`.

Applications are composed in `mock_server` and `webhook_sink`.
"""
