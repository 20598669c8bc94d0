"""Receiver of webhooks that needs only the standard library of Python."""
