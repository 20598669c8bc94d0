"""Signature schemes of webhooks: one module each, and the registry of their names.

A scheme takes raw bytes, never parsed JSON. The search for the reason of a wrong signature belongs
in `webhook_sink.signature_diagnosis`.
"""
