"""Stored deliveries: the store in SQLite, its rows, retention and pruning.

Only this package knows the SQL statements. Verdicts are never stored.
"""
