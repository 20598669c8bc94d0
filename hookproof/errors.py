"""Exit codes of the command, and the error that it reports in one sentence."""

EXIT_ERROR = 2
"""Error: a wrong option, a port in use, an invalid contract, nothing judged."""
EXIT_INTERRUPTED = 130
"""Interrupted by SIGINT (Ctrl-C) or SIGTERM; 128 plus SIGINT, as in shells."""


class CommandError(Exception):
    """Error of the command; the message is one sentence with the reason and the next step."""
