"""Sample endpoint: the sink sends a delivery to itself over its own listener.

So the sample takes the way of every delivery: intake, reply script, verdict and forward.
"""

import asyncio
import time

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.contract import Event
from openapi.http.json_api import ADMIN_PATH, api_response
from openapi.schemas.validation import abbreviate
from webhook_sink.api.parameters import reject_unknown_parameters
from webhook_sink.api.services import Services
from webhook_sink.destination import Destination
from webhook_sink.forwarding.http_client import HttpClientProtocol
from webhook_sink.notifications import wait_for_any
from webhook_sink.samples import SAMPLE_HEADER, UnsendableSample, make_sample

_STORE_TIMEOUT_S = 10.0


class SampleApi:
    """Endpoint that sends a sample delivery to its own sink."""

    def __init__(self, services: Services) -> None:
        """Send samples of the events of `services`."""
        self._services = services
        self._store = services.store

    async def send(self, request: Request) -> Response:
        """Send a sample of the event `event`, or of the first one; return the id of the delivery.

        400 for an unknown event, 409 if the sink cannot make a sample, 503 if it is not stored.
        """
        reject_unknown_parameters(request, ("event",))
        event = self._event(request.query_params.get("event"))
        host, port = request.scope["server"]
        destination = Destination("http", host, port)
        secret = next(iter(self._services.secrets), None)
        try:
            sample = await run_in_threadpool(
                make_sample,
                self._services.contract,
                event,
                secret,
                destination.authority,
                time.time(),
            )
        except UnsendableSample as error:
            raise HTTPException(409, str(error)) from None
        newest = await run_in_threadpool(self._store.ids, limit=1, newest_first=True)
        client = HttpClientProtocol(destination, sample.method, sample.raw, _STORE_TIMEOUT_S)
        reply = asyncio.ensure_future(_exchange(client))
        try:
            number = await self._stored_id(sample.mark, max(newest, default=0), reply)
        finally:
            reply.cancel()
        location = {"Location": f"{ADMIN_PATH}api/deliveries/{number}"}
        response = api_response({"id": number}, 201)
        response.headers.update(location)
        return response

    def _event(self, name: str | None) -> Event:
        events = self._services.contract.events
        if not events:
            raise HTTPException(409, "the contract of this sink has no event to send a sample of")
        found = next((event for event in events if name in (None, event.name)), None)
        if found is None:
            raise HTTPException(400, f"unknown event {abbreviate(name)}")
        return found

    async def _stored_id(self, mark: bytes, seen: int, reply: "asyncio.Future[None]") -> int:
        """Return the id of the sample after the id `seen`, once it is stored.

        A reply script may delay the reply, or send none.
        """
        is_over = False
        while True:
            number, seen = await run_in_threadpool(self._find, mark, seen)
            if number is not None:
                return number
            if is_over:
                raise HTTPException(503, "the sample was not stored; see the log of the sink")
            waiting = self._services.arrivals.wait_async(seen)
            _, is_over = await wait_for_any(waiting, asyncio.shield(reply))

    def _find(self, mark: bytes, seen: int) -> tuple[int | None, int]:
        """Return the id of the sample, or None, and the last id that was searched."""
        for number in self._store.ids(seen):
            delivery = self._store.get(number)
            if delivery is not None and mark in delivery.header_values(SAMPLE_HEADER):
                return number, number
            seen = number
        return None, seen


async def _exchange(client: HttpClientProtocol) -> None:
    """Send the sample and wait for the end of the exchange, whatever it is."""
    await client.send()
    await client.response()
