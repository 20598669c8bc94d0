"""Export formats of deliveries: curl command, pytest test, HAR, JSON Lines. Pure.

`webhook_sink.api.exports` serves them.
"""
