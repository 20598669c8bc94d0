"""JSON parser of documents: plain data at the speed of `json`, and positions on demand.

A JSON document is not read as YAML, because YAML 1.1 rejects escaped surrogate pairs and tabs, and
takes 50 times as long.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi.complaint import ContractError
from openapi.json_pointer import escape_token, split_pointer
from openapi.parsing.document_source import DocumentSource

MAX_DEPTH = 200
"""Nesting limit of a document: deeper ones could exhaust the stack of a schema validator."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class _DuplicateKeyError(ValueError):
    """An object has a key twice."""


def read_json(name: str, text: str, path: Path | None = None) -> DocumentSource:
    """Parse `text` as JSON (RFC 8259); raise `ContractError` with a position in `name`.

    Raise `json.JSONDecodeError` if it is not JSON, so that the caller can try YAML.
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique_pairs, parse_constant=_reject_constant)
    except _DuplicateKeyError:
        raise ContractError(_duplicate_key_message(name, text)) from None
    except RecursionError:
        raise ContractError(f"{name}: nested deeper than {MAX_DEPTH}") from None
    _check_depth(name, data)
    return DocumentSource(name, data, text, lambda: json_places(text), path)


def _unique_pairs(items: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(items)
    if len(made) < len(items):
        raise _DuplicateKeyError
    return made


def _reject_constant(constant: str) -> object:
    raise json.JSONDecodeError(f"{constant} is not a JSON number", "", 0)


def _check_depth(name: str, data: object) -> None:
    """Raise `ContractError` if `data` is nested deeper than `MAX_DEPTH`."""
    kinds = {dict, list}
    level: list[Any] = [data] if type(data) in kinds else []
    for _ in range(MAX_DEPTH):
        level = [
            item
            for value in level
            for item in (value.values() if type(value) is dict else value)
            if type(item) in kinds
        ]
        if not level:
            return
    raise ContractError(f"{name}: nested deeper than {MAX_DEPTH}")


@dataclass(slots=True)
class _Container:
    """Object or array that the scanner is in."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None


def json_places(text: str) -> dict[str, tuple[int, int]]:
    """Return line and column, from 1, of each value of a JSON text, by its pointer."""
    lines = _line_starts(text)
    return {pointer: _line_and_column(lines, offset) for pointer, offset in _scan_values(text)}


def _scan_values(text: str) -> Iterator[tuple[str, int]]:
    """Yield pointer and offset of each value of a JSON text."""
    above: list[_Container] = []
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        inside = above[-1] if above else None
        if mark in "}]":
            above.pop()
        elif mark == "," and inside is not None:
            inside.index, inside.key = inside.index + 1, None
        elif mark == '"' and inside is not None and inside.is_object and inside.key is None:
            key = json.loads(token[0]) if "\\" in token[0] else token[0][1:-1]
            inside.key = escape_token(key)
        elif mark != ":":
            part = "" if inside is None else f"/{inside.key if inside.is_object else inside.index}"
            pointer = f"{inside.pointer}{part}" if inside else ""
            yield pointer, token.start()
            if mark in "{[":
                above.append(_Container(pointer, mark == "{"))


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _line_and_column(lines: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1


def _duplicate_key_message(name: str, text: str) -> str:
    """Return the complaint about the first duplicate key."""
    seen: set[str] = set()
    for pointer, offset in _scan_values(text):
        if pointer in seen:
            line, column = _line_and_column(_line_starts(text), offset)
            key = split_pointer(pointer)[-1]
            return f"{name}:{line}:{column} ({pointer}): duplicate key {key!r}; remove one of them"
        seen.add(pointer)
    return f"{name}: duplicate key"
