"""Differences of a request from the plain valid request of its operation. Pure."""

import re
from collections.abc import Iterator

from contracts.model.case import (
    CONCURRENT_PHASE,
    DUPLICATE_PHASE,
    ISSUED_PHASE,
    RETRY_PHASE,
)
from contracts.model.exchange import Request
from openapi.json_pointer import MISSING, get_at, join_pointer

_DEPENDENT_PHASES = (ISSUED_PHASE, DUPLICATE_PHASE, CONCURRENT_PHASE, RETRY_PHASE)
_UNREADABLE_DIFFERENCES = 1000
"""A body that is not JSON has more differences than any that is."""


def complexity(request: Request, plain: Request | None) -> tuple[int, int]:
    """Return in how many places `request` differs from `plain`, and the size of another body.

    Unique values do not count, nor does the size of a body that differs only in them.

    Places are: method, credential, media type, each parameter, and each value of the body. A
    request that needs an earlier response differs in one more. Without `plain`, only the size
    counts.
    """
    count = sum(
        (
            request.method != request.operation.method,
            request.credential.kind != "valid",
            _has_other_media_type(request) and bool(request.body),
            request.phase in _DEPENDENT_PHASES,
            len(request.parameter_overrides),
        )
    )
    if plain is None:
        return count, len(request.body)
    if request.json.problem is not None and request.body != plain.body:
        return count + _UNREADABLE_DIFFERENCES, len(request.body)
    places = set(_differing_places(request.json.value, plain.json.value, ""))
    alike = {c.request for c in request.correlators if _is_alike(request, plain, c.request)}
    differing = len(places - alike)
    return count + differing, len(request.body) if differing else 0


def _has_other_media_type(request: Request) -> bool:
    """Return whether the Content-Type differs from that of an ordinary request."""
    if request.content is None or request.content is not request.operation.body:
        return True
    stated = request.media_type or ""
    return stated != request.content.sent and request.content.kind != "multipart"


def _is_alike(request: Request, plain: Request, place: str) -> bool:
    """Return whether the values at a unique place differ only in what makes them unique."""
    value, other = (get_at(one.json.value, place) for one in (request, plain))
    if not isinstance(value, str) or not isinstance(other, str):
        return isinstance(value, list) and isinstance(other, list)
    without_mark = (value.replace(request.mark, ""), other.replace(plain.mark, ""))
    shape, other_shape = (re.sub(r"\d", "0", text) for text in without_mark)
    return shape == other_shape


def _differing_places(value: object, plain: object, place: str) -> Iterator[str]:
    """Yield the pointer of each value that only one side has, or that differs.

    An array differs in one place, whatever its items are.
    """
    if isinstance(value, dict) and isinstance(plain, dict):
        for name in value.keys() | plain.keys():
            below = join_pointer(place, name)
            yield from _differing_places(value.get(name, MISSING), plain.get(name, MISSING), below)
    elif type(value) is not type(plain) or value != plain:
        yield place
