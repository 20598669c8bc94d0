"""Words in a secret: parts that other text has too, so that they prove nothing. Pure."""

import re

_LEADING_WORDS = re.compile(
    r"(?:[A-Z]?[a-z]{2,15}(?![a-z])|[A-Z]{2,15}(?![A-Za-z])|[A-Za-z](?![A-Za-z])|[^A-Za-z0-9])*"
)
"""Words of up to 15 letters, also in camel case, and the separators between them."""


def leading_words(secret: str) -> str:
    """Return the words at the beginning of `secret`; empty if it begins at random.

    A digit ends them, and so do letters that change their case too often for words.
    """
    found = _LEADING_WORDS.match(secret)
    words = found[0] if found else ""
    return words if any(map(str.isalpha, words)) else ""


def is_words(secret: str) -> bool:
    """Return whether `secret` consists of words."""
    return leading_words(secret) == secret != ""
