"""Criteria of a wait, and the message if no delivery matched. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from openapi.json_pointer import MISSING, check_pointer, get_at
from openapi.schemas.validation import abbreviate
from openapi.strict_json import parse_json
from webhook_sink.delivery import Delivery

WhereClause = Callable[[Delivery], bool] | Mapping[str, object]
"""Predicate of a delivery, or values by their JSON pointer into the payload."""
_MAX_LISTED_DELIVERIES = 20
MAX_COMPARED_DELIVERIES = 100
_MAX_COMPARED_CHARS = 200


class NoSuchDelivery(AssertionError):
    """Raised if no delivery matched before the deadline; the message shows those that arrived."""


@dataclass(frozen=True, slots=True)
class DeliveryCriteria:
    """Criteria of the expected delivery."""

    event: str | None = None
    values: tuple[tuple[str, tuple[object, ...]], ...] = ()
    """JSON pointers into the payload, and the allowed values of each."""
    condition: Callable[[Delivery], bool] | None = None
    filters: tuple[str, ...] = ()
    """Further criteria in words, for the message."""

    def matches_body(self, body: bytes) -> bool:
        """Say whether a payload has the expected values."""
        if not self.values:
            return True
        text = parse_json(body)
        return text.problem is None and all(
            _is_one_of(get_at(text.value, pointer), expected) for pointer, expected in self.values
        )


@dataclass(frozen=True, slots=True)
class UnmatchedDelivery:
    """Delivery that did not match, for the message."""

    id: int
    method: str
    target: str
    event: str | None
    verdict_summary: str
    findings: Sequence[tuple[str, str]]
    """Check and message of each finding."""
    body: bytes


def criteria(
    event: str | None, where: WhereClause | None, known: Collection[str]
) -> DeliveryCriteria:
    """Return the criteria; `ValueError` for an unknown event or an invalid pointer."""
    if event is not None and event not in known:
        raise ValueError(f"unknown event {event!r}; the contract has {known}")
    if where is None or not isinstance(where, Mapping):
        return DeliveryCriteria(event, condition=where)
    for pointer in where:
        check_pointer(pointer)
    return DeliveryCriteria(event, tuple((pointer, (value,)) for pointer, value in where.items()))


def timeout_message(
    criteria: DeliveryCriteria,
    count: int,
    unmatched: Sequence[UnmatchedDelivery],
    timeout: float,
    url: str,
    after: int,
) -> str:
    """Return the message that no delivery matched within `timeout` seconds.

    `count` deliveries arrived after the id `after`; `unmatched` has the last of them, at most
    `MAX_COMPARED_DELIVERIES`, oldest first.
    """
    text = f"no delivery{_describe_criteria(criteria)} within {timeout:g} s at {url}; "
    since = f" after delivery {after}" if after else ""
    if not unmatched:
        return f"{text}0 arrived{since}: check that the sender uses this URL"
    lines = [f"{text}{count} arrived{since}, the last of them:"]
    for one in unmatched[-_MAX_LISTED_DELIVERIES:]:
        name = one.event or "no known event"
        lines.append(f"  {one.id} {one.method} {one.target!a} {name}: {one.verdict_summary}")
        lines.extend(f"    {check}: {message}" for check, message in one.findings[:5])
    return "\n".join([*lines, *_describe_nearest(criteria, unmatched)])


def _describe_criteria(criteria: DeliveryCriteria) -> str:
    event = f" of {criteria.event}" if criteria.event else ""
    values = [f"{p or 'the root'} = {_join_values(expected)}" for p, expected in criteria.values]
    having = " and ".join([*values, *criteria.filters])
    condition = " that satisfies `where`" if criteria.condition else ""
    return event + (f" with {having}" if having else "") + condition


def _describe_nearest(
    criteria: DeliveryCriteria, unmatched: Sequence[UnmatchedDelivery]
) -> list[str]:
    """Return lines about the delivery with the most similar values, if values are expected."""
    if not criteria.values:
        return []

    def nearness(one: UnmatchedDelivery) -> tuple[bool, float, int]:
        payload = parse_json(one.body).value
        similarity = sum(
            _similarity(get_at(payload, place), values) for place, values in criteria.values
        )
        return criteria.event in (None, one.event), similarity, one.id

    one = max(unmatched, key=nearness)
    payload = parse_json(one.body).value
    lines = [f"the closest is delivery {one.id}:"]
    if criteria.event not in (None, one.event):
        lines.append(f"  its event is {one.event or 'unknown'}, not {criteria.event}")
    for place, values in criteria.values:
        found = get_at(payload, place)
        if not _is_one_of(found, values):
            shown = "missing" if found is MISSING else abbreviate(found)
            lines.append(f"  {place or 'the root'} is {shown}, not {_join_values(values)}")
    return lines


def _similarity(found: object, expected: tuple[object, ...]) -> float:
    if found is MISSING:
        return 0.0
    if _is_one_of(found, expected):
        return 1.0
    shown = abbreviate(found, _MAX_COMPARED_CHARS)
    return max(
        0.9 * SequenceMatcher(None, shown, abbreviate(v, _MAX_COMPARED_CHARS)).ratio()
        for v in expected
    )


def _join_values(values: tuple[object, ...]) -> str:
    return " or ".join(abbreviate(value) for value in values)


def _is_one_of(found: object, expected: tuple[object, ...]) -> bool:
    return found is not MISSING and any(_json_equal(found, value) for value in expected)


def _json_equal(one: object, other: object) -> bool:
    """Compare as JSON values: true is not a number, and a tuple is an array."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_json_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_json_equal, one, other))
    return one == other
