"""Service of `tests/data/workshop.yaml`, with faults of state and legal differences, by name.

It uses the standard library alone, and shares no code with hookproof.
"""
