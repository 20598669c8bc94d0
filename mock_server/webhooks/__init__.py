"""Outgoing webhooks: payload, dispatcher, delivery queue with retry policy, HTTP client, records.

Who receives them is out of reach: a receiver is known by its URL alone.
"""
