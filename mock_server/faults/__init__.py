"""Faults: named misbehaviours. Each is a set of functions, one for each hook that it uses.

The handwritten faults are here, one module for each step of an exchange. The faults that follow
from the contract's constraints are in `derived`. The mock imports this package only on demand.
"""
