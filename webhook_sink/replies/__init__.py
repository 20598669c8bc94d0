"""Replies to deliveries: reply scripts, their steps, and the sender of a reply.

`script` and `steps` are pure; only `sender` writes to the connection.
"""
