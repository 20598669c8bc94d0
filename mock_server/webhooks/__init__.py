"""Outgoing webhooks: payload, dispatcher, delivery queue with retry policy, HTTP client, records.

A receiver is known only by its URL.
"""
