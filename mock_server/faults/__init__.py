"""Faults: named misbehaviours, each a function for one hook of an exchange.

Written by hand here, one module for each step of an exchange; those that follow from the contract's
constraints are in `derived`. Nothing here is imported unless a fault is asked for.
"""
