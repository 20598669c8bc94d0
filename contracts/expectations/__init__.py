"""Expectations of one exchange: allowed statuses, constraints, allowed rejections.

Pure functions of the sent bytes. The intention of a generator does not count.
"""
