"""Escaping of untrusted text: characters that are invisible or that reorder text."""

import re

# Printable by Unicode but invisible: joiners, fillers, blanks, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_AZURE_COMMAND = re.compile(r"#(?=#(?:\[|vso\[))")


def is_hidden(character: str) -> bool:
    """Return whether `character` is invisible: control, bidi, surrogate, unassigned, blank."""
    return not character.isprintable() or _INVISIBLE.match(character) is not None


def escape_hidden(text: str, keep: str = "") -> str:
    """Return `text` with each hidden character escaped, such as `\\x1b`, except those in `keep`.

    The result can be encoded as UTF-8 and has no character that XML forbids.
    """
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(escape_ascii(c) if is_hidden(c) and c not in keep else c for c in text)


def escape_ascii(text: str) -> str:
    """Return `text` as ASCII escapes in Python's notation."""
    plain = (
        c.encode("unicode_escape").decode()
        if not c.isascii() or is_hidden(c)
        else f"\\x{ord(c):02x}"
        for c in text
    )
    return "".join(plain)


def truncate(text: str, max_chars: int) -> str:
    """Return `text` truncated to `max_chars` characters, with an ellipsis at the end."""
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def escape_ci_command(line: str) -> str:
    """Escape workflow commands in `line`, so that a CI service does not execute them.

    GitHub reads a command after `::` at the start of a line (after white space), and after `##[`
    anywhere.
    """
    line = _AZURE_COMMAND.sub(lambda match: escape_ascii(match[0]), line)
    bare = line.lstrip()
    if bare.startswith("::"):
        return line[: len(line) - len(bare)] + escape_ascii(":") + bare[1:]
    return line
