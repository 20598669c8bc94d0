"""JSON as it stands on the wire: strictly parsed (RFC 8259), with what parsing would hide."""

import json
import re
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
# Possessive, and content with a string that never ends: otherwise a body of quotes is quadratic.
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonText:
    """A body read as JSON."""

    value: object
    """What the text means; None where `problem` says that it means nothing."""
    problem: str | None
    """Why it is not JSON, in words, or None."""
    not_numbers: bool
    """`NaN` or `Infinity` stands there: a problem to RFC 8259, but not to every parser."""
    duplicate_keys: bool
    byte_order_mark: bool
    depth: int
    """How many arrays and objects stand inside one another."""
    size: int
    """Bytes."""


def parse(raw: bytes) -> JsonText:
    """Read `raw` as UTF-8 JSON; never raises. A byte order mark is dropped, and said."""
    duplicates: list[str] = []
    not_numbers: list[str] = []

    def refuse(constant: str) -> object:
        not_numbers.append(constant)
        raise ValueError(f"{constant} is not a JSON number")

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(items)
        if len(result) < len(items):
            duplicates.append("")
        return result

    value: object = None
    problem = None
    marked = raw.startswith(_BOM)
    try:
        text = raw[len(_BOM) :].decode() if marked else raw.decode()
        value = json.loads(text, parse_constant=refuse, object_pairs_hook=pairs)
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at character {error.pos}" if raw else "the body is empty"
    except ValueError as error:
        problem = str(error)
    except RecursionError:
        problem = "nested too deeply"
    return JsonText(
        value, problem, bool(not_numbers), bool(duplicates), marked, _depth(raw), len(raw)
    )


def _depth(raw: bytes) -> int:
    if raw.count(b"[") + raw.count(b"{") < 2:
        return 0
    depth = deepest = 0
    for match in _BRACKETS.finditer(raw):
        token = match[0]
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest
