"""The contract, and the one way to read it: load, look up, validate, lower, sign."""
