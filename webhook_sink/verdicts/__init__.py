"""Verdicts on stored deliveries: a worker computes them and indexes them for search.

A verdict is a pure function of delivery, contract and secrets; it is never stored.
"""
