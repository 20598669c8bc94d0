"""Requests of a contract: valid parameters and bodies, and the validation of received ones."""
