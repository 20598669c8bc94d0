"""Expectations of one exchange: allowed statuses, constraints, allowed rejections.

Pure: decided from the bytes that were sent, never from what a generator intended.
"""
