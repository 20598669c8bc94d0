"""What `mock` and `sink` need to run in the foreground: sockets, TLS, ready file, logs.

Applications are composed in `mock_server` and `webhook_sink`.
"""
