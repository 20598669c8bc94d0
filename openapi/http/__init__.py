"""HTTP server parts that mock server and sink share: limits, guard, JSON API, pages.

They are here because `mock_server` and `webhook_sink` may not import each other. Routes belong in
the package of the server.
"""
