"""Forwarding of stored deliveries to another URL, byte for byte, and resending on request.

The client writes the request itself: HTTP libraries would add headers or normalise the target.
"""
