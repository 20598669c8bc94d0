"""Command-line options and the configuration file: parsing, types, one module for each command.

The package imports no command, so that `--help` loads fast.
"""
