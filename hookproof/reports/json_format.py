"""Indentation of JSON for display. Pure; the tokens do not change."""

import re
from itertools import pairwise

_PART = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_PUNCTUATION = frozenset("{}[],:")
MAX_INDENT_LEVELS = 20


def indent_json(text: str) -> str:
    """Return `text` with one value per line if it looks like JSON, even if it was cut."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    parts = _PART.findall(text)
    if any(a not in _PUNCTUATION and b not in _PUNCTUATION for a, b in pairwise(parts)):
        return text  # not JSON: the white space between two tokens is evidence
    lines, depth = [""], 0
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else ""
        if part in ("}", "]"):
            depth -= 1
            if parts[number - 1] not in ("{", "["):
                lines.append(_indent(depth))
        lines[-1] += ": " if part == ":" else part
        if part in ("{", "["):
            depth += 1
        if part == "," or (part in ("{", "[") and following not in ("}", "]")):
            lines.append(_indent(depth))
    return "\n".join(lines)


def _indent(depth: int) -> str:
    return "  " * min(max(depth, 0), MAX_INDENT_LEVELS)
