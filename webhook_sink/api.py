"""The JSON API, for the page and for scripts. It only reads.

- `GET api/deliveries?after=N&limit=N&newest=1`: `{"deliveries": [...], "events": [...], "now": T}`;
  those with an id greater than `after` (0), at most `limit` (100, up to 1000), oldest first.
  `newest=1` takes the newest instead, newest first. `events` are the names that the contract
  knows, `now` is the time at the sink in Unix seconds.
- `GET api/deliveries/{id}`: one delivery with headers, body and findings, or 404.
- `GET api/deliveries/wait?after=N&timeout=S&event=NAME`: 200 with the first delivery whose id is
  greater than `after` (and whose event is NAME), as soon as there is one; 204 when `timeout`
  seconds (30, up to 300) have passed without; 503 when the sink stops.
- `GET healthz`: 200 while the store can be read.

Errors are `{"message": "..."}`: 400 for a parameter that cannot be, 503 for a store that fails.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openapi.validation import brief
from webhook_sink import views
from webhook_sink.arrivals import Arrivals
from webhook_sink.delivery import Delivery
from webhook_sink.store import Store
from webhook_sink.verdict import Verdict
from webhook_sink.wire import wire_of

_MOST = 1000
_LARGEST_ID = 2**63 - 1
_LONGEST = 300.0


class Api:
    """The endpoints over one store."""

    def __init__(
        self,
        store: Store,
        arrivals: Arrivals,
        judge: Callable[[Delivery], Verdict],
        events: Iterable[str],
    ) -> None:
        """`events` are the names that the contract knows."""
        self._store = store
        self._arrivals = arrivals
        self._judge = judge
        self._events = tuple(events)

    @property
    def routes(self) -> Sequence[Route]:
        """Every endpoint, with its place under /_hookproof/."""
        return [
            Route("/healthz", self.healthz),
            Route("/api/deliveries", self.list),
            Route("/api/deliveries/wait", self.wait),
            Route("/api/deliveries/{id:int}", self.get),
        ]

    def healthz(self, _: Request) -> Response:
        """Say that the sink works."""
        self._store.list(limit=1)
        return answer({"status": "ok"})

    def list(self, request: Request) -> Response:
        """Answer with summaries."""
        found = self._store.list(
            after=_number(request, "after", 0, 0, _LARGEST_ID),
            limit=_number(request, "limit", 100, 1, _MOST),
            newest_first=bool(_number(request, "newest", 0, 0, 1)),
        )
        shown = [views.summary(delivery, self._judge(delivery)) for delivery in found]
        return answer({"deliveries": shown, "events": self._events, "now": time.time()})

    def get(self, request: Request) -> Response:
        """Answer with one delivery."""
        number = min(request.path_params["id"], _LARGEST_ID)
        delivery = self._store.get(number)
        if delivery is None:
            raise HTTPException(404, f"there is no delivery {number}")
        return answer(views.full(delivery, self._judge(delivery)))

    async def wait(self, request: Request) -> Response:
        """Answer with the first match, or 204 at the deadline."""
        after = _number(request, "after", 0, 0, _LARGEST_ID)
        event = request.query_params.get("event")
        if event is not None and event not in self._events:
            raise HTTPException(400, f"the contract does not know the event {brief(event)}")
        loop = asyncio.get_running_loop()
        end = loop.time() + _seconds(request, "timeout", 30.0)
        stopping = wire_of(request.scope).stopping
        await request.body()  # after which only a disconnect can still come
        while True:
            match, after = await run_in_threadpool(self._first, after, event)
            if match is not None:
                return answer(match)
            waits = [
                asyncio.ensure_future(self._arrivals.beyond(after)),
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

    def _first(self, after: int, event: str | None) -> tuple[Mapping[str, object] | None, int]:
        """Return a view of the first match after the id `after`, and up to which id was looked."""
        while found := self._store.list(after=after, limit=100):
            for delivery in found:
                after = delivery.id
                verdict = self._judge(delivery)
                if event is None or (verdict.event is not None and verdict.event.name == event):
                    return views.full(delivery, verdict), after
        return None, after


def answer(value: object, status: int = 200) -> Response:
    """Return `value` as a JSON answer in ASCII, which no text in it can break out of."""
    return Response(json.dumps(value), status, media_type="application/json")


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= value <= most:
        raise HTTPException(400, f"{name} is a number from {least} to {most}, not {brief(text)}")
    return value


def _seconds(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _LONGEST:
        raise HTTPException(400, f"{name} is 0 to {_LONGEST:g} seconds, not {brief(text)}")
    return value
