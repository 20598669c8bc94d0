"""Sequences of requests on the resources that a run creates: create, read, change, delete, list.

They follow the other phases of all operations, one after the other: an action on one resource must
show in its next response, and in no other resource. Hypothesis's stateful testing does not drive
them, because a run keeps every exchange for its ledger, repeats by its seed, and does not shrink.
"""
