"""Event stream (server-sent events) of deliveries as they arrive.

- `delivery`: a summary; the id of the event is that of the delivery, so a client that reconnects
  continues where it stopped.
- `changed`: `{"id": N}`, a delivery whose state changed.
- `reload`: too many deliveries changed to send each; load the list again.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from webhook_sink.api.parameters import MAX_ID, parse_filter, parse_integer
from webhook_sink.api.services import Services
from webhook_sink.notifications import wait_for_any
from webhook_sink.protocol import get_connection_info
from webhook_sink.verdicts.filter import DeliveryFilter
from webhook_sink.verdicts.search import IdRange

_MAX_STREAMED_DELIVERIES = 500
_HEARTBEAT_INTERVAL_S = 15.0
_POLL_INTERVAL_S = 0.05
"""Interval in which many deliveries share one poll."""


class EventStream:
    """Endpoint that streams deliveries of one store."""

    def __init__(self, services: Services) -> None:
        """Stream the deliveries of `services`."""
        self._services = services
        self._search = services.search
        self._presenter = services.presenter

    async def stream(self, request: Request) -> Response:
        """Return a response that sends events until the client or the sink ends it."""
        delivery_filter = parse_filter(request, self._services.events)
        after = parse_integer(request, "after", 0, 0, MAX_ID)
        last = request.headers.get("last-event-id", "")
        if last.isascii() and last.isdecimal():
            after = max(after, min(int(last[:19]), MAX_ID))
        stopping = get_connection_info(request.scope).stopping
        return StreamingResponse(
            self._event_stream(delivery_filter, after, stopping),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _event_stream(
        self, delivery_filter: DeliveryFilter, after: int, stopping: asyncio.Event
    ) -> AsyncIterator[str]:
        seen = self._services.change_feed.arrivals.last
        yield "retry: 1500\n: deliveries follow\n\n"
        while not stopping.is_set():
            text, after = await run_in_threadpool(self._new_events, delivery_filter, after)
            for change in self._services.change_feed.changes_since(seen):
                seen = change.number
                text += _format_event(
                    "reload" if change.delivery_id is None else "changed", change.delivery_id
                )
            if text:
                yield text
            if not await self._wait(after, seen, stopping):
                yield ": still here\n\n"
            await asyncio.sleep(_POLL_INTERVAL_S)

    def _new_events(self, delivery_filter: DeliveryFilter, after: int) -> tuple[str, int]:
        """Return events of the deliveries after the id `after`, and the last id among them."""
        announced = self._services.arrivals.last  # read first: these are stored, or were removed
        new_ids = self._services.store.ids(after, limit=_MAX_STREAMED_DELIVERIES + 1)
        if len(new_ids) > _MAX_STREAMED_DELIVERIES:
            newest = max(self._services.store.ids(limit=1, newest_first=True), default=after)
            return _format_event("reload", None, newest), newest
        if not new_ids:
            return "", max(after, announced)
        found: list[int] = []
        id_range = IdRange(after, new_ids[-1] + 1)
        while True:
            page = self._search.page(delivery_filter, id_range, _MAX_STREAMED_DELIVERIES)
            found += page.ids
            if page.next is None:
                break
            id_range = id_range.remaining_after(page.next)
        text = "".join(
            f"id: {summary['id']}\nevent: delivery\ndata: {json.dumps(summary)}\n\n"
            for summary in self._presenter.summaries(found)
        )
        return text + f"id: {new_ids[-1]}\n\n", new_ids[-1]

    async def _wait(self, after: int, seen: int, stopping: asyncio.Event) -> bool:
        """Wait for a change until the next heartbeat is due; say whether there was one."""
        done = await wait_for_any(
            self._services.arrivals.wait_async(after),
            self._services.change_feed.arrivals.wait_async(seen),
            stopping.wait(),
            timeout=_HEARTBEAT_INTERVAL_S,
        )
        return any(done)


def _format_event(name: str, delivery_id: int | None, last_id: int | None = None) -> str:
    id_line = "" if last_id is None else f"id: {last_id}\n"
    data = "{}" if delivery_id is None else json.dumps({"id": delivery_id})
    return f"{id_line}event: {name}\ndata: {data}\n\n"
