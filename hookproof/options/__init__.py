"""Command-line options and the configuration file: parsing, types, one module for each command.

It imports no command, so that `--help` stays light.
"""
