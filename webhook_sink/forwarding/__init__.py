"""Forwarding and resending of stored deliveries to a receiver, byte for byte.

The HTTP client writes the request itself, because libraries add headers or normalise the target.
"""
