"""The webhook secrets that a receiver was given: the first counts, the others explain."""

from collections.abc import Sequence

Secrets = str | Sequence[str] | None
"""One, several, or none that is known."""


def listed(secrets: Secrets) -> tuple[str, ...]:
    """Return the secrets one by one; empty where none is known."""
    if secrets is None:
        return ()
    return (secrets,) if isinstance(secrets, str) else tuple(secrets)
