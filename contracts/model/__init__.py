"""Values of a run: settings, cases, exchanges, correlators, unique values, errors.

Frozen values and small pure functions. This package neither sends nor judges.
"""
