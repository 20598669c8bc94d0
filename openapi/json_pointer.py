"""JSON Pointers (RFC 6901) into contracts, bodies and payloads."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

MISSING = object()
"""Result of `get_at` without a value, because None is a JSON value."""
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,17}")


def join_pointer(pointer: str, *tokens: object) -> str:
    """Return `pointer` with `tokens` appended, each escaped."""
    for token in tokens:
        pointer = f"{pointer}/{escape_token(str(token))}"
    return pointer


def escape_token(token: str) -> str:
    """Return `token` escaped for a pointer: `~` is `~0`, `/` is `~1`."""
    if "~" not in token and "/" not in token:  # two searches are faster than two replacements
        return token
    return token.replace("~", "~0").replace("/", "~1")


def split_pointer(pointer: str) -> list[str]:
    """Return the unescaped tokens of `pointer`; a leading `#` is allowed."""
    tokens = pointer.removeprefix("#").split("/")[1:]
    if "~" not in pointer:
        return tokens
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def is_pointer(text: str) -> bool:
    """Return whether `text` is a pointer by the grammar of RFC 6901."""
    return _POINTER.fullmatch(text) is not None


def is_array_index(token: str) -> bool:
    """Return whether `token` can be an array index: ASCII digits, no leading zero."""
    return _ARRAY_INDEX.fullmatch(token) is not None


def check_pointer(text: str) -> None:
    """Raise `ValueError` if `text` (from a user) is not a pointer."""
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is not a JSON pointer; begin it with a slash, such as /data/id")
    if not is_pointer(text):
        raise ValueError(f"{text!r} is not a JSON pointer; write ~0 for a tilde and ~1 for a slash")


def get_at(document: object, pointer: str) -> object:
    """Return the value at `pointer`, or `MISSING` if there is none or the pointer is invalid."""
    tokens = _split_cached(pointer)
    return MISSING if tokens is None else get_by_tokens(document, tokens)


@lru_cache(maxsize=4096)
def _split_cached(pointer: str) -> tuple[str, ...] | None:
    return tuple(split_pointer(pointer)) if is_pointer(pointer.removeprefix("#")) else None


def get_by_tokens(document: object, tokens: Iterable[str]) -> object:
    """Return the value at the path of `tokens`, or `MISSING`."""
    for token in tokens:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and is_array_index(token) and int(token) < len(document):
            document = document[int(token)]
        else:
            return MISSING
    return document


def set_at(document: object, pointer: str, value: object) -> None:
    """Set the value at `pointer` in place; raise `LookupError` without a parent container."""
    if not (tokens := _split_cached(pointer)):
        raise LookupError(f"nothing at {pointer!r} to set")
    *parents, last = tokens
    parent = get_by_tokens(document, parents)
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and is_array_index(last) and int(last) < len(parent):
        parent[int(last)] = value
    else:
        raise LookupError(f"nothing at {pointer!r} to set")


def walk_values(value: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Yield pointer and value of each value in a document, parents first."""
    pending = [(pointer, value)]  # nested generators would pass each value through every level
    while pending:
        pointer, value = pending.pop()
        yield pointer, value
        if isinstance(value, dict):
            items: Iterable[tuple[object, object]] = reversed(value.items())
        elif isinstance(value, list):
            items = reversed([*enumerate(value)])
        else:
            continue
        pending += [(join_pointer(pointer, key), item) for key, item in items]
