"""Event sender for tests: sends events of a contract to a receiver, and returns its responses."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any

from hookproof.sending.http_client import HttpReply, send_together
from hookproof.sending.prepared_event import (
    EventChanges,
    PreparedEvent,
    UnsendableEvent,
    find_event,
    prepare_event,
)
from openapi.contract import Contract
from webhook_sink.destination import Destination, parse_destination

Json = Any
DEFAULT_TIMEOUT_S = 15.0
_NO_VALUES: Mapping[str, Json] = {}


@dataclass(frozen=True, slots=True)
class EventResponse:
    """Response of a receiver to one delivery of an event, and what was sent."""

    event: str
    status: int | None
    """Status; None if no complete head arrived, for the reason in `error`."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """Body, up to 64 KiB."""
    seconds: float
    """Seconds until the response was read."""
    error: str | None
    """Reason for a missing or incomplete response, or None."""
    url: str
    method: str
    sent_headers: tuple[tuple[str, str], ...] = field(repr=False)
    sent_body: bytes = field(repr=False)
    prepared: PreparedEvent = field(repr=False)
    """Event, to send it again."""
    is_sent: bool = True
    """Whether there was a connection."""
    is_truncated: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx and the response is complete."""
        return self.status is not None and 200 <= self.status < 300 and self.error is None

    @property
    def text(self) -> str:
        """Body as UTF-8; other bytes are escaped."""
        return self.body.decode(errors="backslashreplace")

    def json(self) -> Json:
        """Return the body as JSON; raise `ValueError` if it is not JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return the value of the first header `name`, case-insensitively, or None."""
        named = (value for key, value in self.headers if key.lower() == name.lower())
        return next(named, None)


class EventSender:
    """Sender of the events of one contract."""

    def __init__(
        self,
        contract: Contract,
        secret: str | None = None,
        to: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_S,
        public_url: str | None = None,
    ) -> None:
        """Sign with `secret`, send to the URL `to` by default, wait `timeout` for each response.

        `public_url` is the URL by which other senders reach the receiver, for signatures that
        cover it.
        """
        self._contract = contract
        self._secret = secret
        self._to = to
        self._timeout = timeout
        self._public_url = public_url

    def send(
        self,
        event: str,
        *,
        set: Mapping[str, Json] = _NO_VALUES,  # noqa: A002 - as the option of the command
        fault: str | Sequence[str] = (),
        data: bytes | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        age: float = 0.0,
        to: str | None = None,
    ) -> EventResponse:
        """Send a new event `event`, signed, and return the response.

        `set` maps pointers into the payload to values, `fault` names faults of the mock, and
        `data` replaces the payload. `headers` replace headers after signing. `age` is the age of
        the event in seconds. Of several requests, which some faults send, return the response to
        the last. Raise `ValueError` if the event cannot be sent so, and `ConnectionError` if there
        is no connection to the receiver.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        url = to or self._to
        if url is None:
            raise ValueError("no URL to send to: pass to=URL")
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        faults = (fault,) if isinstance(fault, str) else tuple(fault)
        changes = EventChanges(set, data, faults, tuple(pairs))
        at = time.time() - age
        try:
            found = find_event(self._contract, event)
            prepared = prepare_event(
                self._contract, found, changes, token_hex(16), at, self._secret
            )
            responses = self._deliver(prepared, url, at)
        except UnsendableEvent as error:
            raise ValueError(str(error)) from None
        return _last(responses)

    def send_again(self, response: EventResponse, *, age: float = 0.0) -> EventResponse:
        """Send the event of `response` again, with the same id and payload, signed again."""
        __tracebackhide__ = True
        at = time.time() - age
        return _last(self._deliver(response.prepared, response.url, at))

    def _deliver(self, prepared: PreparedEvent, url: str, at: float) -> list[EventResponse]:
        return deliver(
            prepared,
            url,
            self._secret,
            at,
            timeout_s=self._timeout,
            public_url=self._public_url,
        )


def _last(responses: Sequence[EventResponse]) -> EventResponse:
    """Return the response to the last delivery; `ConnectionError` without a connection."""
    __tracebackhide__ = True
    last = responses[-1]
    if not last.is_sent:
        raise ConnectionError(last.error)
    return last


def deliver(
    prepared: PreparedEvent,
    url: str,
    secret: str | None,
    at: float,
    *,
    copies: int = 1,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    public_url: str | None = None,
) -> list[EventResponse]:
    """Send one attempt of an event and return the responses: `copies` of it at the same time.

    Several requests of one attempt follow each other. A signature that covers the URL is for
    `public_url`, followed by the path, by default for `url`. `UnsendableEvent` for a wrong URL.
    """
    try:
        destination = _with_path(parse_destination(url), prepared.event.path)
    except ValueError as error:
        raise UnsendableEvent(str(error)) from None
    signed_url = (public_url or destination.origin).rstrip("/") + (destination.path or "/")
    signed_url += "" if destination.query is None else f"?{destination.query}"
    responses = []
    for request in prepared.requests(secret, signed_url, at):
        # Some schemes sign by a parameter of the query.
        query = request.url.partition("?")[2] or None
        try:
            replies = _run(replace(destination, query=query), [request] * copies, timeout_s)
        except ValueError as error:
            raise UnsendableEvent(str(error)) from None
        responses += [
            EventResponse(
                prepared.event.name,
                reply.status,
                reply.headers,
                reply.body,
                reply.seconds,
                reply.error,
                url,
                request.method,
                request.headers,
                request.body,
                prepared,
                reply.is_sent,
                reply.is_truncated,
            )
            for reply in replies
        ]
    return responses


def _with_path(destination: Destination, path: str | None) -> Destination:
    """Return the destination; without a path in its URL, with that of the event."""
    return replace(destination, path=path) if path and not destination.path else destination


def _run(destination: Destination, requests: Sequence[Any], timeout_s: float) -> list[HttpReply]:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(send_together(destination, requests, timeout_s))
    # A test in an event loop waits for another loop in a thread.
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, send_together(destination, requests, timeout_s))
        return found.result()
