"""The JSON API over the deliveries; docs/sink-api.md lists what there is.

Errors are `{"message": "..."}`: 400 for a parameter that cannot be, 404 for a delivery that is not
there, 503 for a store that fails.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import answer
from webhook_sink.api.parameters import LARGEST_ID, filter_of, number, seconds, span_of
from webhook_sink.api.services import Parts
from webhook_sink.delivery import Delivery
from webhook_sink.protocol import wire_of
from webhook_sink.storage.store import Store, StoreError
from webhook_sink.verdicts.filter import Filter

_MOST = 1000
_log = logging.getLogger("hookproof.sink")


class Api:
    """The endpoints over one store."""

    def __init__(self, parts: Parts) -> None:
        """Answer about the deliveries of `parts`."""
        self._parts = parts
        self._store = parts.store
        self._search = parts.search
        self._showing = parts.showing
        self._ailing = ""

    def healthz(self, _: Request) -> Response:
        """Say that the sink works: it can read, and it can store.

        Strangers may ask this: only the log says why it does not, each reason once.
        """
        try:
            self._store.totals()
            self._store.check()
        except StoreError as error:
            if str(error) != self._ailing:
                self._ailing = str(error)
                _log.error("healthz answers 503: %s", error)
            return answer({"message": "deliveries cannot be stored; the log says why"}, 503)
        self._ailing = ""
        return answer({"status": "ok"})

    def list(self, request: Request) -> Response:
        """Answer with summaries, and where to go on."""
        wanted = filter_of(request, self._parts.events)
        limit = number(request, "limit", 100, 1, _MOST)
        page = self._search.page(wanted, span_of(request), limit)
        shown = self._showing.summaries(page.ids)
        totals = self._store.totals()
        return answer(
            {
                "deliveries": shown,
                "next": page.next,
                "total": totals.count,
                "removed": totals.removed,
                "unjudged": max(totals.count - self._parts.judging.index.count(), 0),
                "events": self._parts.events,
                "paths": self._parts.judging.index.paths(),
                "now": time.time(),
            }
        )

    def get(self, request: Request) -> Response:
        """Answer with one delivery."""
        return answer(self._showing.full(delivery_of(request, self._store)))

    def clear(self, _: Request) -> Response:
        """Remove everything."""
        removed = self._store.clear()
        self._parts.removed()
        return answer({"removed": removed})

    async def wait(self, request: Request) -> Response:
        """Answer with the first match, or 204 at the deadline."""
        after = number(request, "after", 0, 0, LARGEST_ID)
        wanted = filter_of(request, self._parts.events)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds(request, "timeout", 30.0)
        stopping = wire_of(request.scope).stopping
        await request.body()  # after which only a disconnect can still come
        while True:
            match, after = await run_in_threadpool(self._first, wanted, after)
            if match is not None:
                return answer(match)
            waits = [
                asyncio.ensure_future(self._parts.arrivals.beyond(after)),
                asyncio.ensure_future(stopping.wait()),
                asyncio.ensure_future(request.receive()),
            ]
            left = max(end - loop.time(), 0)
            done, _ = await asyncio.wait(waits, timeout=left, return_when="FIRST_COMPLETED")
            for wait in waits:
                wait.cancel()
            if stopping.is_set():
                raise HTTPException(503, "the sink stops")
            if waits[0] not in done:
                return Response(status_code=204)

    def _first(self, wanted: Filter, after: int) -> tuple[Mapping[str, object] | None, int]:
        """Return a view of the first match after the id `after`, and up to which id was looked."""
        found, looked = self._search.first(wanted, after)
        return (None if found is None else self._showing.full(found)), looked


def delivery_of(request: Request, store: Store) -> Delivery:
    """Return the delivery that the path names; 404 if there is none."""
    chosen = min(request.path_params["id"], LARGEST_ID)
    delivery = store.get(chosen)
    if delivery is None:
        raise HTTPException(404, f"there is no delivery {chosen}")
    return delivery
