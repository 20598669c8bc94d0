"""Deliveries as they come, as server-sent events.

- `delivery`: its summary; the event's id is the delivery's, so that a client that was away goes on
  where it was.
- `changed`: `{"id": N}`, of which more is known now.
- `reload`: more came, or went, than is told one by one; the list has it.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from webhook_sink.api.parameters import LARGEST_ID, filter_of, number
from webhook_sink.api.services import Parts
from webhook_sink.protocol import wire_of
from webhook_sink.verdicts.filter import Filter
from webhook_sink.verdicts.search import Span

_MOST = 500
"""How many new deliveries are told one by one."""
_HEARTBEAT = 15.0
_ROUND = 0.05
"""Seconds between two looks at what came: many deliveries share one."""


class Stream:
    """The endpoint over one store."""

    def __init__(self, parts: Parts) -> None:
        """Tell of the deliveries of `parts`."""
        self._parts = parts
        self._search = parts.search
        self._showing = parts.showing

    async def answer(self, request: Request) -> Response:
        """Answer with events until the client or the sink ends it."""
        wanted = filter_of(request, self._parts.events)
        after = number(request, "after", 0, 0, LARGEST_ID)
        last = request.headers.get("last-event-id", "")
        if last.isascii() and last.isdecimal():
            after = max(after, min(int(last[:19]), LARGEST_ID))
        stopping = wire_of(request.scope).stopping
        return StreamingResponse(
            self._told(wanted, after, stopping),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _told(
        self, wanted: Filter, after: int, stopping: asyncio.Event
    ) -> AsyncIterator[str]:
        seen = self._parts.news.arrivals.last
        yield "retry: 1500\n: deliveries follow\n\n"
        while not stopping.is_set():
            text, after = await run_in_threadpool(self._fresh, wanted, after)
            for change in self._parts.news.since(seen):
                seen = change.number
                text += _event(
                    "reload" if change.delivery_id is None else "changed", change.delivery_id
                )
            if text:
                yield text
            came = await self._wait(after, seen, stopping)
            if not came:
                yield ": still here\n\n"
            await asyncio.sleep(_ROUND)

    def _fresh(self, wanted: Filter, after: int) -> tuple[str, int]:
        """Return events of what came after the id `after`, and up to which id that is."""
        came = self._parts.store.ids(after, limit=_MOST + 1)
        if len(came) > _MOST:
            newest = self._parts.store.ids(limit=1, newest_first=True)
            return _event("reload", None, max(newest, default=after)), max(newest, default=after)
        if not came:
            return "", after
        found: list[int] = []
        span = Span(after, came[-1] + 1)
        while True:
            page = self._search.page(wanted, span, _MOST)
            found += page.ids
            if page.next is None:
                break
            span = span.beyond(page.next)
        text = "".join(
            f"id: {shown['id']}\nevent: delivery\ndata: {json.dumps(shown)}\n\n"
            for shown in self._showing.summaries(found)
        )
        return text + f"id: {came[-1]}\n\n", came[-1]

    async def _wait(self, after: int, seen: int, stopping: asyncio.Event) -> bool:
        """Return as soon as there is something to tell, or it is time for a sign of life."""
        waits = [
            asyncio.ensure_future(self._parts.arrivals.beyond(after)),
            asyncio.ensure_future(self._parts.news.arrivals.beyond(seen)),
            asyncio.ensure_future(stopping.wait()),
        ]
        try:
            done, _ = await asyncio.wait(waits, timeout=_HEARTBEAT, return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()
        return bool(done)


def _event(name: str, delivery_id: int | None, last: int | None = None) -> str:
    place = "" if last is None else f"id: {last}\n"
    data = "{}" if delivery_id is None else json.dumps({"id": delivery_id})
    return f"{place}event: {name}\ndata: {data}\n\n"
