"""Options that an environment variable can replace: secrets and tokens."""

import os

from hookproof.errors import CommandError


def option_or_environment(option: str | None, name: str) -> str | None:
    """Return the option's value, else the environment variable's; empty counts as not given."""
    return option or os.environ.get(name) or None


def token_or_environment(option: str | None, name: str) -> str | None:
    """Return a token from the option or the environment, without white space around it.

    `CommandError` for a token that no header can carry; the message does not repeat it.
    """
    given = (option_or_environment(option, name) or "").strip()
    if not (given.isascii() and given.isprintable()):
        raise CommandError(f"{name}: a token is printable ASCII; is it the right value?")
    return given or None
