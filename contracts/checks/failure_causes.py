"""Causes of 5xx responses: what the failing requests have, and no accepted request.

A cause has a stable text, the same in every run: it names a place and a property of the value.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from contracts.expectations.ambiguity import REUSED_NAME_PHASES
from contracts.expectations.expectation import Expectation, expected_response
from contracts.ledger.ledger import Ledger
from contracts.model import case as phases
from contracts.model.exchange import Exchange, Request
from contracts.model.unique_values import MARK_PREFIX
from openapi.json_pointer import is_array_index, walk_values
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import abbreviate, type_name

NO_COMMON_CAUSE = "no common cause"
"""Cause of failures of requests that have nothing which accepted requests lack."""
ANY_INVALID = "any invalid request"
_MAX_VALUE_CHARACTERS = 40
_MIN_CASES = 3
"""Number of failures that a property must explain if others have no explanation."""
_MOST = 0.9
_TEXT_FEATURES: Mapping[str, re.Pattern[str]] = {
    "U+0000": re.compile("\0"),
    "a control character": re.compile("[\x01-\x1f\x7f-\x9f]"),
    "half of a surrogate pair": re.compile("[\ud800-\udfff]"),
    "a character beyond U+FFFF": re.compile("[\U00010000-\U0010ffff]"),
    "a character outside Latin-1": re.compile("[^\0-\xff]"),
    "a character outside ASCII": re.compile("[^\0-\x7f]"),
    "a quote": re.compile("['\"]"),
    "a backslash": re.compile(r"\\"),
    "a percent sign": re.compile("%"),
    "markup": re.compile("[<>&]"),
    "white space at an end": re.compile(r"^\s|\s$"),
    "an empty text": re.compile(r"^\Z"),
}


@dataclass(frozen=True)
class FailureCauses:
    """Causes of the failures of one run."""

    ledger: Ledger
    failures: Sequence[Exchange]
    """Exchanges with a 5xx."""
    _known: dict[int, tuple[frozenset[str], Mapping[str, int]]] = field(default_factory=dict)

    def find(self, exchange: Exchange) -> str:
        """Return the cause of one of the `failures`."""
        features, sizes = self._properties(exchange)
        for cause in self._shared_causes:
            if cause in features or (cause in sizes and sizes[cause] > self._accepted[1][cause]):
                return cause
        stated = _stated_cause(self._expected(exchange))
        if stated in ("valid", "free") or (self._is_intermittent and self._is_rare(stated)):
            return NO_COMMON_CAUSE
        is_invalid = self._expected(exchange).kind == "invalid"
        return ANY_INVALID if is_invalid and self._fails_for_all_invalid else stated

    def describe(self, cause: str) -> str:
        """Return the text of a cause for a message; empty if there is none to tell."""
        if cause in self._accepted[1]:
            return f"{cause} (over {self._accepted[1][cause]}, the most that was accepted)"
        known = cause in self._shared_causes or cause == NO_COMMON_CAUSE
        return cause if known else ""  # Else it is a keyword that the request breaks.

    def _expected(self, exchange: Exchange) -> Expectation:
        return expected_response(self.ledger.contract, exchange.request, exchange.started)

    def _properties(self, exchange: Exchange) -> tuple[frozenset[str], Mapping[str, int]]:
        number = exchange.request.number
        if number not in self._known:
            self._known[number] = (
                frozenset(_features(exchange.request)),
                dict(_sizes(exchange.request)),
            )
        return self._known[number]

    @cached_property
    def _valid_failures(self) -> Sequence[Exchange]:
        return [e for e in self.failures if self._expected(e).kind in ("valid", "free")]

    @cached_property
    def _accepted(self) -> tuple[frozenset[str], Mapping[str, int]]:
        """Properties of the accepted requests: all features, and the largest of each size."""
        features: set[str] = set()
        largest: dict[str, int] = {}
        for exchange, status in self.ledger.answered_exchanges:
            if _is_accepted(exchange, status):
                found, sizes = self._properties(exchange)
                features |= found
                for name, size in sizes.items():
                    largest[name] = max(size, largest.get(name, 0))
        return frozenset(features), largest

    @cached_property
    def _shared_causes(self) -> Sequence[str]:
        """Properties that no accepted request has, and that explain failures of valid requests.

        The one that explains the most failures is the first.
        """
        if not self._accepted[0]:
            return ()
        unexplained = {e.request.number: self._candidates(e) for e in self._valid_failures}
        causes: list[str] = []
        while True:
            counts = Counter(c for candidates in unexplained.values() for c in candidates)
            least = 1 if all(unexplained.values()) else _MIN_CASES
            best = max(counts, key=lambda c: (counts[c], -_rank(c), c), default=None)
            if best is None or counts[best] < least:
                return causes
            causes.append(best)
            unexplained = {n: c for n, c in unexplained.items() if best not in c}

    def _candidates(self, exchange: Exchange) -> frozenset[str]:
        features, sizes = self._properties(exchange)
        accepted, largest = self._accepted
        longer = {name for name, size in sizes.items() if size > largest.get(name, size)}
        return frozenset((features - accepted) | longer)

    @cached_property
    def _is_intermittent(self) -> bool:
        """Return whether requests fail that differ in nothing from accepted ones."""
        return bool(self._accepted[0]) and any(
            not self._candidates(exchange) for exchange in self._valid_failures
        )

    @cached_property
    def _tried(self) -> Counter[str]:
        return Counter(
            _stated_cause(self._expected(exchange))
            for exchange, _ in self.ledger.answered_exchanges
        )

    @cached_property
    def _failed(self) -> Counter[str]:
        return Counter(_stated_cause(self._expected(exchange)) for exchange in self.failures)

    def _is_rare(self, stated: str) -> bool:
        """Return whether few requests of this kind fail, or too few were sent to tell."""
        failed = self._failed[stated]
        return failed < _MIN_CASES or failed < self._tried[stated] / 2

    @cached_property
    def _fails_for_all_invalid(self) -> bool:
        """Return whether nearly every invalid request fails, whatever it breaks."""
        invalid = [
            status
            for exchange, status in self.ledger.answered_exchanges
            if self._expected(exchange).kind == "invalid"
        ]
        failed = sum(status >= 500 for status in invalid)
        return len(invalid) > 1 and failed >= _MOST * len(invalid)


def _is_accepted(exchange: Exchange, status: int) -> bool:
    """Return whether the service handled the request completely; duplicates may be rejected."""
    match exchange.request.phase:
        case phases.CONCURRENT_PHASE:
            return 300 <= status < 500  # the others of a group may fail because one is accepted
        case phases.DUPLICATE_PHASE:
            return status < 500
    return status < 300


def _stated_cause(expected: Expectation) -> str:
    """Return the constraint that the request breaks or the rejection that covers it, or a kind."""
    if expected.problem is not None:
        return "not JSON"
    if expected.violations:
        return expected.violations[0].pointer
    return expected.allowed_rejections[0].pointer if expected.kind == "free" else expected.kind


def _rank(cause: str) -> int:
    """Return the place of a kind of cause in the order in which equal ones are preferred."""
    if cause in (_BODY_SIZE, _DEPTH):
        return 4
    if cause.startswith((_LONGER, _MORE)):
        return 3
    return 0 if cause.startswith(tuple(_TEXT_FEATURES)) else 1 if " at " in cause else 2


_BODY_SIZE, _DEPTH = "more bytes in the body", "deeper nesting"
_LONGER, _MORE = "a longer text", "more items"


def _sizes(request: Request) -> Iterator[tuple[str, int]]:
    """Yield the sizes of the body, of its texts and of its lists, each by its cause."""
    yield _BODY_SIZE, len(request.body)
    yield _DEPTH, request.json.depth
    largest: dict[str, int] = {}
    for pointer, value in _values(request):
        if isinstance(value, str | list):
            word = _LONGER if isinstance(value, str) else _MORE
            name = f"{word} at {_place(pointer)}"
            largest[name] = max(len(value), largest.get(name, 0))
    yield from largest.items()


def _features(request: Request) -> Iterator[str]:
    """Yield what the body, its values, the parameters and the media type have."""
    yield f"the media type {request.media_type}"
    if request.phase in REUSED_NAME_PHASES:
        yield "the values of another request"
        yield f"the values of another request ({request.description})"
    body = request.json
    if body.has_byte_order_mark:
        yield "a byte order mark"
    if body.has_duplicate_keys:
        yield "a property twice"
    if body.has_non_finite_numbers:
        yield "a number that is not finite"
    for key, text in request.parameter_overrides.items():
        yield f"the parameter {key} {'missing' if text is None else f'= {abbreviate(text)}'}"
    places = set()
    for pointer, value in _values(request):
        where = _place(pointer)
        places.add(where)
        yield f"{type_name(value)} at {where}"
        for feature in _value_features(value):
            yield f"{feature} at {where}"
    if places:
        yield from (f"nothing at {name}" for name in _top_level_names(request) - places)


def _values(request: Request) -> Iterator[tuple[str, object]]:
    """Yield pointer and value of each value in the body; none if it is not JSON."""
    body = request.json
    return walk_values(body.value) if body.problem is None else iter(())


def _value_features(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text_features(value)
    elif isinstance(value, list):
        if not value:
            yield "no items"
        if len({abbreviate(item) for item in value}) < len(value):
            yield "an item twice"
    elif isinstance(value, bool) or value is None:
        yield f"the value {abbreviate(value)}"
    elif isinstance(value, int | float):
        if value < 0:
            yield "a negative number"
        if isinstance(value, float) and not value.is_integer():
            yield "a fraction"
        yield f"the value {abbreviate(value)}"


def _text_features(value: str) -> Iterator[str]:
    yield from (name for name, pattern in _TEXT_FEATURES.items() if pattern.search(value))
    if date_time_to_ns(value) is not None:
        if not value.endswith("Z"):
            yield "an offset other than Z"
        if "." in value:
            yield "a fraction of a second"
        if not "1900" <= value < "9999":
            yield f"a date of the year {value[:4]}"
    elif len(value) <= _MAX_VALUE_CHARACTERS and MARK_PREFIX not in value:
        yield f"the value {abbreviate(value)}"


def _top_level_names(request: Request) -> set[str]:
    return {f"/{place.request.split('/')[1]}" for place in request.correlators if place.request}


def _place(pointer: str) -> str:
    tokens = ("*" if is_array_index(token) else token for token in pointer.split("/"))
    return "/".join(tokens) or "the top"
