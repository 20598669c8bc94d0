"""State of the mock in SQLite: resources, request journal, overrides, counters, worker signals.

Only this package knows the SQL statements. What is stored is decided by the callers.
"""
