"""Options that an environment variable can replace: secrets and tokens."""

import os

from hookproof.errors import CommandError


def option_or_environment(option: str | None, name: str) -> str | None:
    """Return the option, else the environment variable; an empty value counts as not given."""
    return option or os.environ.get(name) or None


def token_or_environment(option: str | None, name: str) -> str | None:
    """Return a token from the option or the environment, without surrounding white space.

    `CommandError` for a token that is not valid in a header; the message does not contain it.
    """
    given = (option_or_environment(option, name) or "").strip()
    if not (given.isascii() and given.isprintable()):
        raise CommandError(f"{name}: the token must be printable ASCII; check its value")
    return given or None
