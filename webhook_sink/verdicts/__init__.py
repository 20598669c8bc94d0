"""Verdicts on stored deliveries, computed by a background worker and indexed for search.

A verdict is a pure function of delivery, contract and secrets; it can always be computed again.
"""
