"""Replies to deliveries: the reply script, its steps, and sending one of them.

Which reply applies is pure (`script`); only `sender` writes to the connection.
"""
