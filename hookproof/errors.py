"""How the command ends: its exit codes, and the error that is one sentence."""

EXIT_ERROR = 2
"""It could not do its work: wrong options, a port in use, a broken contract, nothing judged."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as a shell reports it."""


class CommandError(Exception):
    """The command cannot do its work; the one sentence says why and what to do."""
