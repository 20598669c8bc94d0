"""Deliveries API: list, get, wait and clear; docs/sink-api.md lists the endpoints.

Errors are `{"message": "..."}`: 400 for an invalid parameter, 404 for an unknown delivery, 503 if
the store fails.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import api_response
from webhook_sink.api.parameters import (
    FILTER_PARAMETERS,
    MAX_ID,
    parse_filter,
    parse_id_range,
    parse_integer,
    parse_seconds,
    reject_repeated_parameters,
    reject_unknown_parameters,
)
from webhook_sink.api.services import Services
from webhook_sink.delivery import Delivery
from webhook_sink.notifications import wait_for_any
from webhook_sink.protocol import get_connection_info
from webhook_sink.storage.store import Store, StoreError
from webhook_sink.verdicts.filter import DeliveryFilter
from webhook_sink.verdicts.search import IdRange

_MAX_PAGE_SIZE = 1000
_MAX_PAGE_BYTES = 4 * 1024 * 1024
"""Size of bodies above which a page of judged deliveries ends."""
_log = logging.getLogger("hookproof.sink")


class DeliveriesApi:
    """Endpoints for the deliveries of one store."""

    def __init__(self, services: Services) -> None:
        """Read the deliveries of `services`."""
        self._services = services
        self._store = services.store
        self._search = services.search
        self._presenter = services.presenter
        self._last_health_error = ""

    def healthz(self, _: Request) -> Response:
        """Return 200 if the store can be read and written, otherwise 503.

        The endpoint needs no token, so only the log has the reason; it has each reason once.
        """
        try:
            self._store.totals()
            self._store.check()
        except StoreError as error:
            if str(error) != self._last_health_error:
                self._last_health_error = str(error)
                _log.error("healthz returns 503: %s", error)
            return api_response({"message": "deliveries cannot be stored; see the log"}, 503)
        self._last_health_error = ""
        return api_response({"status": "ok"})

    def list(self, request: Request) -> Response:
        """Return a page of summaries."""
        delivery_filter = parse_filter(request, self._services.events)
        limit = parse_integer(request, "limit", 100, 1, _MAX_PAGE_SIZE)
        page = self._search.page(delivery_filter, parse_id_range(request), limit)
        summaries = self._presenter.summaries(page.ids)
        totals = self._store.totals()
        return api_response(
            {
                "deliveries": summaries,
                "next": page.next,
                "total": totals.count,
                "removed": totals.removed,
                "unjudged": max(totals.count - self._services.verdict_worker.index.count(), 0),
                "events": self._services.events,
                "paths": self._services.verdict_worker.index.paths(),
                "now": time.time(),
            }
        )

    def get(self, request: Request) -> Response:
        """Return one delivery."""
        return api_response(self._presenter.full(get_delivery_or_404(request, self._store)))

    def judged(self, request: Request) -> Response:
        """Return many deliveries at once, oldest first, with bodies and the sink's findings."""
        after = parse_integer(request, "after", 0, 0, MAX_ID)
        limit = parse_integer(request, "limit", _MAX_PAGE_SIZE, 1, _MAX_PAGE_SIZE)
        ids = self._store.ids(after=after, limit=limit + 1)
        found, size = [], 0
        for delivery in self._store.read(ids[:limit]):
            found.append(self._presenter.judged(delivery))
            size += len(delivery.body)
            if size > _MAX_PAGE_BYTES:
                break
        last = found[-1]["id"] if found else after
        is_last_page = not ids or last == ids[-1]
        return api_response(
            {"deliveries": found, "next": None if is_last_page else last, "now": time.time()}
        )

    def clear(self, request: Request) -> Response:
        """Remove all deliveries, or those that a list with the same parameters has."""
        reject_unknown_parameters(request, (*FILTER_PARAMETERS, "after", "before"))
        reject_repeated_parameters(request)
        delivery_filter = parse_filter(request, self._services.events)
        id_range = parse_id_range(request)
        if delivery_filter == DeliveryFilter() and id_range == IdRange(before=MAX_ID):
            removed = self._store.clear()
        else:
            removed = self._remove(delivery_filter, id_range)
        self._services.removed()
        return api_response({"removed": removed})

    def _remove(self, delivery_filter: DeliveryFilter, id_range: IdRange) -> int:
        newest = max(self._store.ids(limit=1, newest_first=True), default=0)
        stored_now = replace(id_range, before=min(id_range.before or MAX_ID, newest + 1))
        removed = 0
        for ids in self._search.pages(delivery_filter, stored_now):
            removed += self._store.remove(ids)
            self._services.verdict_worker.index.remove(ids)
        self._store.shrink()
        return removed

    async def wait(self, request: Request) -> Response:
        """Return the first match, or 204 at the deadline."""
        after = parse_integer(request, "after", 0, 0, MAX_ID)
        delivery_filter = parse_filter(request, self._services.events)
        loop = asyncio.get_running_loop()
        end = loop.time() + parse_seconds(request, "timeout", 30.0)
        stopping = get_connection_info(request.scope).stopping
        await request.body()  # from then on `receive` returns only a disconnect
        while True:
            match, after = await run_in_threadpool(self._first, delivery_filter, after)
            if match is not None:
                return api_response(match)
            arrived, *_ = await wait_for_any(
                self._services.arrivals.wait_async(after),
                stopping.wait(),
                request.receive(),
                timeout=max(end - loop.time(), 0),
            )
            if stopping.is_set():
                raise HTTPException(503, "the sink is stopping")
            if not arrived:
                return Response(status_code=204)

    def _first(
        self, delivery_filter: DeliveryFilter, after: int
    ) -> tuple[Mapping[str, object] | None, int]:
        """Return the first match after the id `after` as JSON, and the last searched id."""
        announced = self._services.arrivals.last  # read first: these are stored, or were removed
        found, searched = self._search.first(delivery_filter, after)
        if found is None:
            return None, max(searched, announced)
        return self._presenter.full(found), searched


def get_delivery_or_404(request: Request, store: Store) -> Delivery:
    """Return the delivery that the path names; 404 if there is none."""
    delivery_id = min(request.path_params["id"], MAX_ID)
    delivery = store.get(delivery_id)
    if delivery is None:
        raise HTTPException(404, f"there is no delivery {delivery_id}")
    return delivery
