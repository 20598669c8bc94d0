"""Sending of single events to a receiver: the requests, the HTTP client, and the sender for tests.

The harness is not needed; the mock is loaded when an event is sent.
"""
