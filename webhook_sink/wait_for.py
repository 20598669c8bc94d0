"""What is waited for, and what is said where it did not come. Pure: others do the waiting."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from openapi.json_pointer import MISSING, check, get
from openapi.schema_validation import brief
from openapi.strict_json import parse
from webhook_sink.delivery import Delivery

Where = Callable[[Delivery], bool] | Mapping[str, object]
"""A function that says whether a delivery is the one, or values by their place in the payload."""
_SHOWN = 20
LOOKED_AT = 100
"""How many of the last deliveries the nearest is looked for among."""
_COMPARED = 200
"""Characters of a value that are compared to find the nearest."""


class NoSuchDelivery(AssertionError):
    """No delivery matched before the deadline; the message shows what did arrive."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which delivery is waited for."""

    event: str | None = None
    values: tuple[tuple[str, tuple[object, ...]], ...] = ()
    """JSON pointers into the payload, and what may stand at each."""
    condition: Callable[[Delivery], bool] | None = None
    filters: tuple[str, ...] = ()
    """What else it has to have, in words."""

    def is_in(self, body: bytes) -> bool:
        """Say whether a payload has the values."""
        if not self.values:
            return True
        text = parse(body)
        return text.problem is None and all(
            _among(get(text.value, pointer), expected) for pointer, expected in self.values
        )


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is told of a delivery that was not the one."""

    id: int
    method: str
    target: str
    event: str | None
    words: str
    """The verdict."""
    findings: Sequence[tuple[str, str]]
    """Check and message of each."""
    body: bytes


def wanted(event: str | None, where: Where | None, known: Collection[str]) -> Wanted:
    """Return what is waited for; `ValueError` if the event is not `known` or a place is none."""
    if event is not None and event not in known:
        raise ValueError(f"the contract does not know the event {event!r}; it knows {known}")
    if where is None or not isinstance(where, Mapping):
        return Wanted(event, condition=where)
    for pointer in where:
        check(pointer)
    return Wanted(event, tuple((pointer, (value,)) for pointer, value in where.items()))


def missed(
    wanted: Wanted, count: int, arrived: Sequence[Arrived], timeout: float, url: str, after: int
) -> str:
    """Say that nothing came within `timeout` seconds that was wanted, and what came instead.

    `count` arrived after the id `after`; `arrived` are the last `LOOKED_AT` of them, oldest first.
    """
    text = f"no delivery{_words(wanted)} within {timeout:g} s at {url}; "
    since = f" after delivery {after}" if after else ""
    if not arrived:
        return f"{text}0 arrived{since}: are the webhooks sent there?"
    lines = [f"{text}{count} arrived{since}, the last of them:"]
    for one in arrived[-_SHOWN:]:
        name = one.event or "no known event"
        lines.append(f"  {one.id} {one.method} {one.target!a} {name}: {one.words}")
        lines.extend(f"    {check}: {message}" for check, message in one.findings[:5])
    return "\n".join([*lines, *_nearest(wanted, arrived)])


def _words(wanted: Wanted) -> str:
    event = f" of {wanted.event}" if wanted.event else ""
    values = [f"{p or 'its root'} = {_either(expected)}" for p, expected in wanted.values]
    having = " and ".join([*values, *wanted.filters])
    condition = " that satisfies `where`" if wanted.condition else ""
    return event + (f" with {having}" if having else "") + condition


def _nearest(wanted: Wanted, arrived: Sequence[Arrived]) -> list[str]:
    """Return lines about the delivery that has most of the values, if any are asked for."""
    if not wanted.values:
        return []

    def nearness(one: Arrived) -> tuple[bool, float, int]:
        payload = parse(one.body).value
        alike = sum(_likeness(get(payload, place), values) for place, values in wanted.values)
        return wanted.event in (None, one.event), alike, one.id

    one = max(arrived, key=nearness)
    payload = parse(one.body).value
    lines = [f"the nearest is delivery {one.id}:"]
    if wanted.event not in (None, one.event):
        lines.append(f"  its event is {one.event or 'none that is known'}, not {wanted.event}")
    for place, values in wanted.values:
        found = get(payload, place)
        if not _among(found, values):
            stands = "nothing stands" if found is MISSING else f"{brief(found)} stands"
            lines.append(f"  {stands} at {place or 'its root'}, not {_either(values)}")
    return lines


def _likeness(found: object, expected: tuple[object, ...]) -> float:
    if found is MISSING:
        return 0.0
    if _among(found, expected):
        return 1.0
    shown = brief(found, _COMPARED)
    return max(0.9 * SequenceMatcher(None, shown, brief(v, _COMPARED)).ratio() for v in expected)


def _either(values: tuple[object, ...]) -> str:
    return " or ".join(brief(value) for value in values)


def _among(found: object, expected: tuple[object, ...]) -> bool:
    return found is not MISSING and any(_same(found, value) for value in expected)


def _same(one: object, other: object) -> bool:
    """Compare as JSON does: true is no number, and a tuple is an array."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
