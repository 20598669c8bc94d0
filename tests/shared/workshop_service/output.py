"""JSON of responses and webhooks, with the differences of its form."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from workshop_service.dates import rewritten

_DATES: Final = ("memberSince", "createdAt", "updatedAt", "deliverAt", "dueAt")
_NULLABLE: Final = {"customer": ("nickname",), "order": ("note",)}
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "customer": {"status": "active", "tags": [], "newsletter": False, "seats": 0},
    "order": {"gift": False},
    "invoice": {"paid": False, "lines": []},
    "refund": {},
}


def defaults(kind: str) -> Mapping[str, Any]:
    return _DEFAULTS[kind]


def presented(kind: str, value: Mapping[str, Any], has: Callable[[str], bool]) -> dict[str, Any]:
    """Return the properties of a resource as responses show them."""
    shown = dict(value)
    for name in _DATES:
        if name in shown:
            shown[name] = _date(shown[name], has)
    if has("absent-as-null"):
        shown = {**dict.fromkeys(_NULLABLE.get(kind, ())), **shown}
    if has("null-as-absent"):
        shown = {name: one for name, one in shown.items() if one is not None}
    if has("more-properties"):
        shown |= {"_links": {"self": f"/{kind}s/{value['id']}"}, "version": 3, "internal": None}
    if has("reversed-properties"):
        shown = _reversed(shown)
    return shown


def _date(text: str, has: Callable[[str], bool]) -> str:
    if has("dates-with-offset"):
        return rewritten(text, zone="+00:00")
    if has("dates-in-zone"):
        return rewritten(text, minutes=330, zone="+05:30")
    if has("dates-in-microseconds"):
        return rewritten(text, digits=6)
    return text


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(one) for name, one in reversed(value.items())}
    return [_reversed(one) for one in value] if isinstance(value, list) else value


def to_json(value: Any, has: Callable[[str], bool]) -> bytes:
    """Return the JSON text, with numbers in the form of a difference."""
    if has("decimal-point"):
        return _written(value, lambda number: repr(float(number))).encode()
    if has("exponent"):
        return _written(value, _with_exponent).encode()
    return json.dumps(value).encode()


def _with_exponent(number: float) -> str:
    digits, _, exponent = repr(float(number)).partition("e")
    return f"{digits}E{int(exponent or 0):+d}"


def _written(value: Any, number: Callable[[float], str]) -> str:
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{json.dumps(k)}: {_written(v, number)}' for k, v in value.items())}}}"
        )
    if isinstance(value, list):
        return f"[{', '.join(_written(one, number) for one in value)}]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value)
