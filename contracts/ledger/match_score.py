"""Match score of an event and a request. Pure."""

from contracts.ledger.facts import UNIQUE_STRING_KIND, EventFacts, ExchangeFacts
from contracts.model.correlators import IDENTITY_KIND, MARK_PATTERN
from contracts.model.unique_values import DIGITS_PATTERN

MIN_SCORE = 5
"""Score from which an event and a request may belong together."""
_EQUAL, _IDENTITY, _ELSEWHERE, _UNMARKED, _NEAR_SET = 8, 6, 6, 5, 4
"""Points of a value that the run made, of one that the service made, of a mark or an instant
anywhere in the payload, of a text that other requests may have too, and of a set that differs by
one item."""


def match_score(request: ExchangeFacts, event: EventFacts) -> int:
    """Return the sum of the points for all values that the event shares with the request.

    An event that arrived before the request scores 0. The mark in the URL of a callback decides
    alone.
    """
    if event.received_at < request.started_at:
        return 0
    if event.url_marks:
        return MIN_SCORE if request.mark in event.url_marks else 0
    total = 0
    marked = False
    for place, meaning, timestamp_text in request.meanings:
        received = event.meanings.get(place)
        if received == meaning:
            total += _points(place[0], meaning)
            marked = marked or place[0] == UNIQUE_STRING_KIND
        elif place[0] == "instant" and timestamp_text in event.seconds:
            total += _ELSEWHERE
        elif isinstance(received, frozenset) and isinstance(meaning, frozenset):
            total += _NEAR_SET * (len(received ^ meaning) == 1)
    if not marked and (request.mark in event.marks or request.digits in event.digits):
        total += _ELSEWHERE
    return total


def _points(kind: str, value: object) -> int:
    """Return the points for an equal value.

    What the service made may be wrong in the payload; what the run made is not elsewhere, unless a
    case needs a certain text. A duplicate has the mark of another request.
    """
    if kind == IDENTITY_KIND:
        return _IDENTITY
    if kind == UNIQUE_STRING_KIND and isinstance(value, str):
        is_marked = MARK_PATTERN.search(value) or DIGITS_PATTERN.search(value)
        return _EQUAL if is_marked else _UNMARKED
    return _EQUAL
