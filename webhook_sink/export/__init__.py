"""Deliveries in other formats: curl command, pytest test, HAR, files.

Pure: text and bytes from a delivery. Downloads are served by `webhook_sink.api`.
"""
