"""State of the mock in SQLite: resources, request journal, overrides, counters, worker signals.

Only this package contains SQL statements. The callers decide what to store.
"""
