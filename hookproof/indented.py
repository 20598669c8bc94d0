"""JSON that stands on one line, made readable: white space between its tokens and nothing else."""

import re
from collections.abc import Iterator

# Possessive: otherwise a body of quotes is quadratic.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_DEEPEST = 20
"""Levels that are indented; deeper ones stand below one another."""


def indented(text: str) -> Iterator[str]:
    """Yield the lines of valid JSON, each token as it came: numbers above all."""
    line, depth, before = "", 0, ""
    for match in _TOKEN.finditer(text):
        part = match[0]
        closes = part in ("}", "]")
        depth -= closes
        opened = before in ("{", "[")
        if (opened and not closes) or (closes and not opened) or before == ",":
            yield line
            line = "  " * min(depth, _DEEPEST)
        line += part + (" " if part == ":" else "")
        depth += part in ("{", "[")
        before = part
    yield line
