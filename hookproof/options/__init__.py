"""Command-line options and the configuration file, with click: one module for each command.

A module imports the code of its command only when it runs, so that help and completion are fast.
"""
