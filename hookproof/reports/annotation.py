"""Annotation of GitHub Actions: one line of output, a workflow command. Pure."""

from collections.abc import Iterable, Mapping

from openapi.safe_text import escape_hidden, truncate

MAX_ANNOTATIONS = 10
"""Maximum that GitHub shows for a step."""
MAX_TEXT_CHARS = 500
"""Maximum of a text."""


def annotation(level: str, properties: Mapping[str, object], parts: Iterable[str]) -> str:
    """Return the command for `parts`, one a line; its text is escaped and starts no command.

    `level` is `error` or `warning`; `properties` are `title`, `file`, `line` and `col`.
    """
    named = {"title": "hookproof", **properties}
    attributes = ",".join(f"{name}={_property(str(value))}" for name, value in named.items())
    return f"::{level} {attributes}::{'%0A'.join(_message(part) for part in parts if part)}"


def _message(text: str) -> str:
    text = truncate(escape_hidden(text), MAX_TEXT_CHARS)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
