"""Sockets, TLS, ready file and logs of a server in the foreground, for `mock` and `sink`.

`mock_server` and `webhook_sink` build the applications.
"""
