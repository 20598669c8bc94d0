"""Allowed rejections that a request falls under. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

from contracts.model.correlators import Correlator, find_correlators
from contracts.model.exchange import Request
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.media_type import parse_media_type
from openapi.runtime_expression import parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import Schema
from openapi.strict_json import ParsedJson

IndexedRejection = tuple[int, Mapping[str, Json]]
"""Index and entry of `x-hookproof-allowed-rejections`."""


def unjudged_places(contract: Contract, request: Request, sent: float) -> frozenset[str]:
    """Return the body places with a value that the harness does not judge.

    An allowed rejection of severity `none` covers the value: a service may store, trim or drop it.
    Entries with `echo-required` are left out, because an accepted value must be echoed.
    """
    return frozenset(
        parse_expression(rejection["location"]).where
        for _, rejection in rejections_by_value(contract, request, sent)
        if rejection["severity"] == "none" and not rejection.get("echo-required")
    )


def permission_statuses(
    contract: Contract, request: Request, correlators: Sequence[Correlator]
) -> frozenset[int]:
    """Return the statuses that may reject a permission which the run's credential lacks.

    `correlators` are those of the operation, limited to the permissions that the run found out to
    have. The correlators of the contract have every known permission.
    """
    held = {place.request: frozenset(place.values) for place in correlators}
    statuses: set[int] = set()
    for place in find_correlators(contract, request.operation):
        foreign = frozenset(place.values) - held.get(place.request, frozenset())
        if not foreign:
            continue  # The run has every known permission, or did not find out which.
        asked = get_at(request.json.value, place.request)
        if not isinstance(asked, list) or not any(item in foreign for item in map(str, asked)):
            continue
        for rejection in request.operation.allowed_rejections:
            if (
                rejection.get("caller-lacks-permission")
                and parse_expression(rejection["location"]).where == place.request
            ):
                statuses |= {int(status) for status in rejection["statuses"]}
    return frozenset(statuses)


_KNOWN: WeakKeyDictionary[Request, dict[float, tuple[IndexedRejection, ...]]] = WeakKeyDictionary()
"""Rejections by request and time of sending, because several checks ask for them."""


def rejections_by_value(
    contract: Contract, request: Request, sent: float
) -> tuple[IndexedRejection, ...]:
    """Return each allowed rejection, with its index, that covers a value of the body at `sent`.

    A body that is not JSON has no value.
    """
    known = _KNOWN.setdefault(request, {})
    if sent not in known:
        problem = request.json.problem
        known[sent] = tuple(_find_by_value(contract, request, sent)) if problem is None else ()
    return known[sent]


def _find_by_value(contract: Contract, request: Request, sent: float) -> Iterator[IndexedRejection]:
    body = request.json
    for stated in _value_rejections(contract, request.operation):
        value = get_at(body.value, stated.place)
        if value is MISSING or not stated.schema.is_valid(value):
            continue
        if _is_in_time(stated.rejection.get("seconds-from-now"), value, sent):
            yield stated.index, stated.rejection


@dataclass(frozen=True, slots=True)
class _ValueRejection:
    """Allowed rejection of a value of the body."""

    index: int
    rejection: Mapping[str, Json]
    place: str
    """Pointer of the value in the body."""
    schema: Schema
    """Schema of the covered values."""


@lru_cache(maxsize=256)
def _value_rejections(contract: Contract, operation: Operation) -> tuple[_ValueRejection, ...]:
    listed = join_pointer(operation.pointer, "x-hookproof-allowed-rejections")
    return tuple(
        _ValueRejection(
            index,
            rejection,
            parse_expression(rejection["location"]).where,
            contract.schema(join_pointer(listed, index, "schema")),
        )
        for index, rejection in enumerate(operation.allowed_rejections)
        if "location" in rejection and not rejection.get("caller-lacks-permission")
    )


def _is_in_time(bounds: Mapping[str, Json] | None, value: object, sent: float) -> bool:
    if bounds is None:
        return True
    moment = date_time_to_ns(value)
    if moment is None:
        return False
    ahead = moment / 1e9 - sent
    return bool(bounds.get("after", ahead - 1) < ahead < bounds.get("before", ahead + 1))


def rejections_by_bytes(request: Request, body: ParsedJson) -> Iterator[IndexedRejection]:
    """Yield each allowed rejection, with its index, that covers the bytes of `body`."""
    for index, rejection in enumerate(request.operation.allowed_rejections):
        for name, bound in rejection.get("body", {}).items():
            if _covers_bytes(name, bound, request, body):
                yield index, rejection


def _covers_bytes(name: str, bound: Json, request: Request, body: ParsedJson) -> bool:
    match name:
        case "duplicate-keys":
            return body.has_duplicate_keys
        case "byte-order-mark":
            return body.has_byte_order_mark
        case "non-finite-number":
            return body.has_non_finite_numbers
        case "deeper-than":
            return isinstance(bound, int) and body.depth > bound
        case "larger-than-bytes":
            return isinstance(bound, int) and body.size > bound
        case "unsupported-media-type":
            return is_other_media_type(request)
        case _:
            raise ValueError(f"{name!r} is no property of a body")


def is_other_media_type(request: Request) -> bool:
    """Return whether the request states a media type that the operation does not document."""
    if not request.operation.content:
        return False
    stated = parse_media_type((request.media_type or "").encode())
    return stated is None or request.content is None
