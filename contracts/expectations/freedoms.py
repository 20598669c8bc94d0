"""Allowed rejections that a request falls under. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from contracts.model.correlators import Correlator, find_correlators
from contracts.model.exchange import Request
from openapi.contract import Contract, Json
from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.media_type import parse_media_type
from openapi.runtime_expression import parse_expression
from openapi.strict_json import ParsedJson


def unjudged_places(contract: Contract, request: Request, sent: float) -> frozenset[str]:
    """Return the places in the body at which a freedom that is never judged holds.

    But for those that are to be echoed all the same, once they were accepted.

    What a service makes of such a value (kept, trimmed, dropped) is its own business.
    """
    body = request.json
    if body.problem is not None:
        return frozenset()
    return frozenset(
        parse_expression(freedom["location"]).where
        for _, freedom in value_freedoms(contract, request, body, sent)
        if freedom["severity"] == "none" and not freedom.get("echo-required")
    )


def permission_statuses(
    contract: Contract, request: Request, correlators: Sequence[Correlator]
) -> frozenset[int]:
    """Return the statuses that may refuse permissions which the caller does not hold itself.

    `places` are the operation's correlators after it was learnt what is held; those of the contract
    hold every known permission.
    """
    held = {place.request: frozenset(place.values) for place in correlators}
    statuses: set[int] = set()
    for place in find_correlators(contract, request.operation):
        foreign = frozenset(place.values) - held.get(place.request, frozenset())
        if not foreign:
            continue  # Nothing was learnt: every known permission is held, as far as is known.
        asked = get_at(request.json.value, place.request)
        if not isinstance(asked, list) or not any(item in foreign for item in map(str, asked)):
            continue
        for freedom in request.operation.allowed_rejections:
            if (
                freedom.get("caller-lacks-permission")
                and parse_expression(freedom["location"]).where == place.request
            ):
                statuses |= {int(status) for status in freedom["statuses"]}
    return frozenset(statuses)


def value_freedoms(
    contract: Contract, request: Request, body: ParsedJson, sent: float
) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """Yield each freedom, with its index, that the values in `body` make use of at `sent`."""
    for index, freedom in enumerate(request.operation.allowed_rejections):
        if "location" not in freedom or freedom.get("caller-lacks-permission"):
            continue
        value = get_at(body.value, parse_expression(freedom["location"]).where)
        if value is MISSING:
            continue
        when = join_pointer(
            request.operation.pointer, "x-hookproof-allowed-rejections", index, "schema"
        )
        if not contract.schema(when).is_valid(value):
            continue
        if _is_in_time(freedom.get("seconds-from-now"), value, sent):
            yield index, freedom


def _is_in_time(bounds: Mapping[str, Json] | None, value: object, sent: float) -> bool:
    if bounds is None:
        return True
    moment = date_time_to_ns(value)
    if moment is None:
        return False
    ahead = moment / 1e9 - sent
    return bool(bounds.get("after", ahead - 1) < ahead < bounds.get("before", ahead + 1))


def shape_freedoms(request: Request, body: ParsedJson) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """Yield each freedom, with its index, that only the bytes of `body` show."""
    for index, freedom in enumerate(request.operation.allowed_rejections):
        for name, bound in freedom.get("body", {}).items():
            holds = {
                "duplicate-keys": body.has_duplicate_keys,
                "byte-order-mark": body.has_byte_order_mark,
                "non-finite-number": body.has_non_finite_numbers,
                "deeper-than": isinstance(bound, int) and body.depth > bound,
                "larger-than-bytes": isinstance(bound, int) and body.size > bound,
                "unsupported-media-type": is_other_media_type(request),
            }
            if holds[name]:
                yield index, freedom


def is_other_media_type(request: Request) -> bool:
    """Say whether the operation takes a body, and not of the media type that is stated."""
    if not request.operation.content:
        return False
    stated = parse_media_type((request.media_type or "").encode())
    return stated is None or stated.essence not in request.operation.content
