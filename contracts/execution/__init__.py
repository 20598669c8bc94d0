"""Execution: target, session of each operation, phases, retries, and the source of webhooks.

Only this package does input and output. It collects exchanges and does not judge them.
"""
