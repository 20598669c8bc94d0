"""Stored deliveries: the store's interface, its SQLite implementation, retention and pruning.

Only this package knows the SQL statements. Verdicts are never stored.
"""
