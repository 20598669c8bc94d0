"""Escaping of untrusted text: characters that are invisible or move other text."""

import re

# Printable to Unicode, but invisible: joiners, fillers, blanks, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_AZURE_COMMAND = re.compile(r"#(?=#(?:\[|vso\[))")


def is_hidden(character: str) -> bool:
    """Say whether `character` is invisible: control, bidi, surrogate, unassigned, blank."""
    return not character.isprintable() or _INVISIBLE.match(character) is not None


def escape_hidden(text: str, keep: str = "") -> str:
    """Return `text` with each hidden character as an escape, such as `\\x1b`; not those in `keep`.

    The result can be encoded as UTF-8 and holds no character that XML forbids.
    """
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(escape_ascii(c) if is_hidden(c) and c not in keep else c for c in text)


def escape_ascii(text: str) -> str:
    """Return `text` in escapes of ASCII, as Python writes them in a string."""
    plain = (
        c.encode("unicode_escape").decode()
        if not c.isascii() or is_hidden(c)
        else f"\\x{ord(c):02x}"
        for c in text
    )
    return "".join(plain)


def truncate(text: str, max_chars: int) -> str:
    """Return the first `max_chars` characters of `text`, the last an ellipsis if it is longer."""
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def escape_ci_command(line: str) -> str:
    """Return `line` so that the log of a CI service does not read a command in it.

    GitHub reads one in a line that begins with `::`, white space aside, and in `##[` anywhere.
    """
    line = _AZURE_COMMAND.sub(lambda match: escape_ascii(match[0]), line)
    bare = line.lstrip()
    if bare.startswith("::"):
        return line[: len(line) - len(bare)] + escape_ascii(":") + bare[1:]
    return line
