"""Statuses that the response keys of OpenAPI document: a code, a range such as `4XX`, `default`.

The nearest key wins: the code before its range, the range before `default`. Pure.
"""

from collections.abc import Collection, Iterator
from http import HTTPStatus

DEFAULT_KEY = "default"
USUAL_STATUSES = {
    "valid-request": 200,
    "invalid-request": 400,
    "invalid-credential": 401,
    "insufficient-permission": 403,
    "unknown-resource": 404,
    "duplicate-request": 409,
    "rate-limit-exceeded": 429,
    "server-error": 500,
}
"""Usual status of each cause; the success of a POST has 201 instead."""
_RATE_LIMIT_STATUSES = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def nearest_key(keys: Collection[str], status: int) -> str | None:
    """Return the key of `keys` that documents `status`, or None."""
    known = (str(status), f"{status // 100}XX", DEFAULT_KEY)
    return next((key for key in known if key in keys), None)


def usual_status(cause: str, method: str) -> int:
    """Return the usual status for `cause` of an operation with `method`."""
    if (cause, method) == ("valid-request", "POST"):
        return HTTPStatus.CREATED.value
    return USUAL_STATUSES[cause]


def has_key_status(keys: Collection[str], key: str, cause: str, method: str, status: int) -> bool:
    """Return whether a service may send `status` for the `cause` of the response at `key`.

    A range and `default` cover many statuses, of which only some fit the cause: `default` those of
    the class of the usual status, and a rate limit only 429 and 503.
    """
    if nearest_key(keys, status) != key:
        return False
    if key.isdecimal():
        return True
    if cause == "rate-limit-exceeded" and status not in _RATE_LIMIT_STATUSES:
        return False
    return key != DEFAULT_KEY or status // 100 == usual_status(cause, method) // 100


def key_statuses(keys: Collection[str], key: str, cause: str, method: str) -> Iterator[int]:
    """Yield the statuses for the `cause` of the response at `key`: the usual one first."""
    if key.isdecimal():
        yield int(key)
        return
    usual = usual_status(cause, method)
    for status in (usual, *(known.value for known in HTTPStatus if known != usual)):
        if has_key_status(keys, key, cause, method, status):
            yield status


def first_status(keys: Collection[str], key: str) -> int:
    """Return a status of the response at `key`, whatever its cause."""
    if key.isdecimal():
        return int(key)
    if key == DEFAULT_KEY:
        return 500 if any(other.startswith("2") for other in keys) else 200
    of_its_kind = [known.value for known in HTTPStatus if str(known.value)[0] == key[0]]
    return next((s for s in of_its_kind if nearest_key(keys, s) == key), of_its_kind[0])


def key_text(key: str, cause: str, method: str) -> str:
    """Return the statuses for the `cause` of the response at `key` as text for a message."""
    if key != DEFAULT_KEY:
        return key
    return f"{usual_status(cause, method) // 100}XX ({DEFAULT_KEY})"


def key_order(key: str) -> int:
    """Return the place of a key in the order codes, ranges, `default`."""
    return 0 if key.isdecimal() else 1 if key != DEFAULT_KEY else 2
