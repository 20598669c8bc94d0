"""Checks of resources: what was written can be read, is listed once, and is gone when deleted.

They judge only resources that the run created, in sequences that it sent one after the other.
"""
