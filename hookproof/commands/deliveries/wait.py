"""`hookproof deliveries wait`: the first delivery that fits, or what came in its place."""

import argparse
import base64
import json
from collections.abc import Iterator, Mapping
from time import monotonic

from hookproof.options.deliveries import filters_of
from hookproof.output import tell
from openapi.contract import Json
from webhook_sink.client import MAX_WAIT_S, Parameters, SinkClient
from webhook_sink.wait_for import Arrived, Wanted, missed

_RECENT = 60.0
"""Seconds. What came no longer before the wait is most likely what is waited for."""
_TOLD = 20
_PAGE = 1000


def wait(sink: SinkClient, options: argparse.Namespace) -> Json | None:
    """Return the delivery; None, and on stderr what did come, when the time is up.

    On stderr it is also said if the delivery is an old one: it may be that of an earlier try.
    """
    end = monotonic() + options.timeout
    filters = filters_of(options)
    wanted = Wanted(filters["event"], _values(options.where), filters=tuple(_others(filters)))
    newest, page = sink.newest({}, 1)
    if options.begin == "now":
        after = max((one["id"] for one in newest), default=0)
    else:
        after = options.after or 0
    found = _first(sink, wanted, {**filters, "after": after}, end)
    if found is None:
        count, arrived = _arrived(sink, after)
        tell(missed(wanted, count, arrived, options.timeout, sink.url, after))
    elif options.after is None and page["now"] - found["received_at"] > _RECENT:
        age = page["now"] - found["received_at"]
        tell(f"delivery {found['id']} came {age:.0f} s before the wait: see --after and --from")
    return found


def _first(sink: SinkClient, wanted: Wanted, asked: Parameters, end: float) -> Json | None:
    """Return the first delivery that fits, or None at the moment `end`."""
    while True:
        left = min(max(end - monotonic(), 0.0), MAX_WAIT_S)
        found = sink.wait(asked, left)
        if found is not None and wanted.is_in(_body(found)):
            return found
        if found is not None:
            asked = {**asked, "after": found["id"]}
        elif monotonic() >= end:
            return None


def _values(places: list[tuple[str, str]]) -> tuple[tuple[str, tuple[object, ...]], ...]:
    """Return what may stand at each place: the text, or what it means as JSON."""
    return tuple((pointer, tuple(_meanings(text))) for pointer, text in places)


def _meanings(text: str) -> Iterator[object]:
    yield text
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        return


def _others(filters: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the filters beside the event in words."""
    for name, value in filters.items():
        if value and name != "event":
            yield f"{name} {value!r}"


def _arrived(sink: SinkClient, after: int) -> tuple[int, list[Arrived]]:
    """Return how many came after the id `after`, and what is told of the last, oldest first."""
    asked = {"newest": 1, "limit": _PAGE, "after": after}
    page = sink.page(asked)
    last = [one["id"] for one in page["deliveries"][:_TOLD]]
    count = len(page["deliveries"])
    while page["next"] is not None:
        page = sink.page({**asked, "before": page["next"]})
        count += len(page["deliveries"])
    return count, [_told(sink.delivery(number)) for number in reversed(last)]


def _told(data: Json) -> Arrived:
    findings = [(str(found["check"]), str(found["message"])) for found in data["findings"]]
    named = (str(data["method"]), str(data["target"]), data["event"], str(data["verdict"]))
    return Arrived(data["id"], *named, findings, _body(data))


def _body(data: Json) -> bytes:
    return base64.b64decode(data["body"]["base64"])
