"""Ledger of a run: exchanges, events and their matching.

Pure. The checks read the ledger after the run; this package judges nothing.
"""
