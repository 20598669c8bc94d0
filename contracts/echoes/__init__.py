"""Comparison of a value in a payload or response with the value that was sent.

Pure; one module for each kind of value. It describes differences and does not judge them.
"""
