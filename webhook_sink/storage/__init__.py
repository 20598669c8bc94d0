"""Stored deliveries: the store in SQLite or PostgreSQL, its rows, retention and pruning.

Only this package knows the SQL statements. Verdicts are never stored.
"""
