"""`hookproof deliveries wait`: print the first matching delivery, or list the others."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from types import SimpleNamespace

from hookproof.output import print_remark
from openapi.contract import Json
from openapi.finding import locate
from webhook_sink.client import MAX_WAIT_S, QueryParameters, SinkClient
from webhook_sink.wait_for import DeliveryCriteria, UnmatchedDelivery, timeout_message

_RECENT_S = 60.0
"""Age above which a remark says that the delivery may belong to an earlier test."""
_MAX_LISTED_DELIVERIES = 20
_PAGE_SIZE = 1000


def wait_for_delivery(sink: SinkClient, options: SimpleNamespace) -> Json | None:
    """Return the first matching delivery; on timeout return None and list the others on stderr.

    A remark on stderr says if the delivery is so old that it may belong to an earlier test.
    """
    end = monotonic() + options.timeout
    filters = options.filters
    criteria = DeliveryCriteria(
        filters["event"], _accepted_values(options.where), filters=tuple(_describe_filters(filters))
    )
    newest, page = sink.newest({}, 1)
    if options.begin == "now":
        after = max((one["id"] for one in newest), default=0)
    else:
        after = options.after or 0
    found = _first_match(sink, criteria, {**filters, "after": after}, end)
    if found is None:
        count, unmatched = _list_arrived(sink, after)
        print_remark(timeout_message(criteria, count, unmatched, options.timeout, sink.url, after))
    elif options.after is None and page["now"] - found["received_at"] > _RECENT_S:
        age = page["now"] - found["received_at"]
        print_remark(
            f"delivery {found['id']} arrived {age:.0f} s before the wait; to skip it, pass --after "
            "or --from now"
        )
    return found


def _first_match(
    sink: SinkClient, criteria: DeliveryCriteria, parameters: QueryParameters, end: float
) -> Json | None:
    """Return the first matching delivery, or None at the time `end`."""
    while True:
        left = min(max(end - monotonic(), 0.0), MAX_WAIT_S)
        found = sink.wait(parameters, left)
        if found is not None and criteria.matches_body(_decode_body(found)):
            return found
        if found is not None:
            parameters = {**parameters, "after": found["id"]}
        elif monotonic() >= end:
            return None


def _accepted_values(
    places: Iterable[tuple[str, str]],
) -> tuple[tuple[str, tuple[object, ...]], ...]:
    """Return the accepted values of each pointer: the text itself, and the text parsed as JSON."""
    return tuple((pointer, tuple(_interpretations(text))) for pointer, text in places)


def _interpretations(text: str) -> Iterator[object]:
    yield text
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        return


def _describe_filters(filters: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the filters except the event as text."""
    for name, value in filters.items():
        if value and name != "event":
            yield f"{name} {value!r}"


def _list_arrived(sink: SinkClient, after: int) -> tuple[int, list[UnmatchedDelivery]]:
    """Return the number of deliveries after the id `after`, and the newest, oldest first."""
    parameters = {"newest": 1, "limit": _PAGE_SIZE, "after": after}
    page = sink.page(parameters)
    last = [one["id"] for one in page["deliveries"][:_MAX_LISTED_DELIVERIES]]
    count = len(page["deliveries"])
    while page["next"] is not None:
        page = sink.page({**parameters, "before": page["next"]})
        count += len(page["deliveries"])
    return count, [_to_arrived(sink.delivery(number)) for number in reversed(last)]


def _to_arrived(data: Json) -> UnmatchedDelivery:
    findings = [
        (str(found["check"]), locate(str(found["message"]), found["instance"]))
        for found in data["findings"]
    ]
    named = (str(data["method"]), str(data["target"]), data["event"], str(data["verdict"]))
    return UnmatchedDelivery(data["id"], *named, findings, _decode_body(data))


def _decode_body(data: Json) -> bytes:
    return base64.b64decode(data["body"]["base64"])
