"""JSON Pointers (RFC 6901): how every place in a contract, a body or a payload is named."""

from collections.abc import Iterable
from functools import lru_cache

MISSING = object()
"""What `get` returns where nothing stands; `None` would be a value."""


def join_pointer(pointer: str, *tokens: object) -> str:
    """Return `pointer` with `tokens` appended, each escaped."""
    return pointer + "".join(f"/{escape_token(str(token))}" for token in tokens)


def escape_token(token: str) -> str:
    """Return `token` as it stands in a pointer: `~` is `~0`, `/` is `~1`."""
    return token.replace("~", "~0").replace("/", "~1")


def split_pointer(pointer: str) -> list[str]:
    """Return the unescaped tokens of `pointer`; a leading `#` is allowed."""
    tokens = pointer.removeprefix("#").split("/")[1:]
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def check(text: str) -> None:
    """Raise `ValueError` if `text`, which a person wrote, is no pointer."""
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is no JSON pointer; one begins with a slash, such as /data/id")


def get_at(document: object, pointer: str) -> object:
    """Return the value at `pointer`, or `MISSING`."""
    return get_by_tokens(document, _split_cached(pointer))


@lru_cache(maxsize=4096)
def _split_cached(pointer: str) -> tuple[str, ...]:
    return tuple(split_pointer(pointer))


def get_by_tokens(document: object, tokens: Iterable[str]) -> object:
    """Return the value that `tokens` lead to, or `MISSING`."""
    for token in tokens:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and token.isdecimal() and int(token) < len(document):
            document = document[int(token)]
        else:
            return MISSING
    return document


def set_at(document: object, pointer: str, value: object) -> None:
    """Set the value at `pointer` in place; its parent must exist, as an object or array."""
    *parents, last = _split_cached(pointer)
    parent = get_by_tokens(document, parents)
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and last.isdecimal() and int(last) < len(parent):
        parent[int(last)] = value
    else:
        raise LookupError(f"nothing at {pointer!r} to set")
