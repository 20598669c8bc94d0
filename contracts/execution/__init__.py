"""Sending: target, sessions for one operation, phases, retries, and the source of webhooks.

The only part of the harness that does input and output. It collects and does not judge.
"""
