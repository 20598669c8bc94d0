"""Match score of an event and a request. Pure."""

from contracts.ledger.facts import UNIQUE_STRING_KIND, EventFacts, ExchangeFacts
from contracts.model.correlators import IDENTITY_KIND

MIN_SCORE = 3
"""Score from which an event and a request may belong together."""


def match_score(request: ExchangeFacts, event: EventFacts) -> int:
    """Return the sum of 4 per equal correlator, 3 per identity, mark or instant, 2 per near set.

    A near set differs by one item. An event that arrived before the request scores 0. The mark in
    the URL of a callback decides alone.
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
            # What the service made may be wrong in the payload; what the run made is not elsewhere.
            total += 3 if place[0] == IDENTITY_KIND else 4
            marked = marked or place[0] == UNIQUE_STRING_KIND
        elif place[0] == "instant" and timestamp_text in event.seconds:
            total += 3
        elif isinstance(received, frozenset) and isinstance(meaning, frozenset):
            total += 2 * (len(received ^ meaning) == 1)
    if not marked and (request.mark in event.marks or request.digits in event.digits):
        total += 3
    return total
