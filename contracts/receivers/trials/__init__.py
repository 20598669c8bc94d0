"""Trial of a receiver: settings, the sender of deliveries, the client, and the recorded cases.

What a receiver must do belongs in `contracts.receivers.properties`.
"""
