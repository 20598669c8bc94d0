"""Credentials of requests: valid ones, and wrong ones of every kind.

Whether a service must reject one is decided in `contracts.expectations`.
"""
