"""Text of a draft: YAML that a user reads and edits, with each TODO as a comment."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from openapi.drafting.draft import Draft, DraftAction
from openapi.json_pointer import split_pointer

_WIDTH = 96
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[$A-Za-z_/][\w$/.#-]*", re.ASCII)
"""Text that YAML reads as itself without quotes, where no word of `_WORDS` is meant."""
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])


def overlay_text(title: str, extends: str, draft: Draft) -> str:
    """Return the text of the overlay; `title` is that of the document, `extends` its location."""
    info = {"title": f"Guesses about {title}: check them", "version": "1"}
    lines = [
        "overlay: 1.1.0",
        f"info: {_flow(info)}",
        f"extends: {_scalar(extends)}",
        *(line for todo in draft.todos for line in _comment(todo, "")),
        "actions:",
    ]
    for action in draft.actions:
        lines += _action(action)
    if not draft.actions:
        lines.append("  - {target: $, update: {}}")
    return "\n".join(lines) + "\n"


def _comment(todo: str, indent: str) -> Iterator[str]:
    """Yield the lines of a comment; a control character of the document stays in no line."""
    text = "".join(character if character.isprintable() else "?" for character in todo)
    for number, line in enumerate(textwrap.wrap(f"TODO: {text}", _WIDTH - len(indent) - 2)):
        yield f"{indent}# {'  ' if number else ''}{line}"


def _action(action: DraftAction) -> Iterator[str]:
    yield f"  - target: {_scalar(json_path(action.target))}"
    for todo in action.todos:
        yield from _comment(todo, "    ")
    update = f"    update: {_flow(action.update)}"
    if len(update) <= _WIDTH:
        yield update
    else:
        yield "    update:"
        yield from _block(action.update, "      ")


def json_path(pointer: str) -> str:
    """Return the JSONPath (RFC 9535) of the value at a pointer."""
    path = "$"
    above = ""
    for token in split_pointer(pointer):
        if token.isdecimal() and above in ("allOf", "anyOf", "oneOf", "prefixItems", "parameters"):
            path += f"[{token}]"
        elif _NAME.fullmatch(token):
            path += f".{token}"
        else:
            quoted = json.dumps(token)[1:-1].replace('\\"', '"').replace("'", "\\'")
            path += f"['{quoted}']"
        above = token
    return path


def _block(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield an object, one line for each property that fits into it."""
    for key, item in value.items():
        line = f"{indent}{_scalar(key)}: {_flow(item)}"
        if len(line) <= _WIDTH and not _has_items(item):
            yield line
        elif isinstance(item, dict):
            yield f"{indent}{_scalar(key)}:"
            yield from _block(item, f"{indent}  ")
        elif isinstance(item, list):
            yield f"{indent}{_scalar(key)}:"
            yield from (f"{indent}  - {_flow(one)}" for one in item)
        else:
            yield line


def _has_items(value: Any) -> bool:
    """Return whether `value` has an array of objects, which are easier to read line by line."""
    if isinstance(value, dict):
        return any(map(_has_items, value.values()))
    return isinstance(value, list) and any(isinstance(one, dict) and len(one) > 1 for one in value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a scalar as YAML: a text without quotes where that is certain, else as JSON."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    """Return the escape of a character that YAML would read as a line end, or not at all."""
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
