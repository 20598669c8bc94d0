"""Correct receiver: authenticates a delivery, reads its payload, and applies each event once."""

import base64
import hmac
import json
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from receivers.python.schemes import Headers, Scheme

KNOWN_TYPES = {"invoice.paid", "invoice.voided", "personalAccessToken.created"}


class RefusedError(Exception):
    """Delivery that the sender did not sign, or not at a fitting time."""


class InvalidPayloadError(Exception):
    """Signed body that is not an event of the contract."""


@dataclass(frozen=True)
class Request:
    """HTTP request, read whole."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Response:
    """HTTP response; a dictionary or list as content is sent as JSON."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """Event of a delivery."""

    id: str
    type: str
    time: datetime
    object_id: str
    payload: dict[str, Any]


class Book:
    """State of each object by its newest event, the ids of handled events, and a count.

    `effects` is the number of events that changed the state.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.handled: set[str] = set()
        self.states: dict[str, tuple[datetime, str]] = {}
        self.effects = 0

    def change(self, event: Event) -> None:
        """Set the state of an object to that after `event`."""
        with self.lock:
            self.states[event.object_id] = (event.time, event.type)
            self.effects += 1

    def is_outdated(self, event: Event) -> bool:
        """Return whether the state follows from an event later than `event`."""
        known = self.states.get(event.object_id)
        return known is not None and event.time < known[0]


class Receiver:
    """Receiver of the deliveries of one sender."""

    tolerance_s = 300

    def __init__(self, secret: str, scheme: Scheme) -> None:
        self.secret = secret
        self.scheme = scheme
        self.key = scheme.key(secret)
        self.book = Book()

    def respond(self, request: Request) -> Response | None:
        """Return the response to a request; None closes the connection without one."""
        if request.path == "/effects" and request.method == "GET":
            return Response(200, str(self.book.effects))
        if request.path == "/invoices" and request.method == "GET":
            with self.book.lock:
                return Response(200, {key: kind for key, (_, kind) in self.book.states.items()})
        if request.path != "/webhooks":
            return Response(404, {"error": "not found"})
        if request.method != "POST":
            return self.other_method(request)
        return self.receive(request)

    def other_method(self, request: Request) -> Response | None:
        """Return the response to a request that is not a POST."""
        return Response(405, {"error": "method not allowed"}, {"Allow": "POST"})

    def receive(self, request: Request) -> Response | None:
        """Return the response to a delivery."""
        try:
            self.authenticate(request)
        except RefusedError as refused:
            return self.refused(request, refused)
        try:
            event = self.read(request)
        except InvalidPayloadError as invalid:
            return Response(400, {"error": str(invalid)})
        return self.accepted(event)

    # The signature

    def authenticate(self, request: Request) -> None:
        """Raise an error unless the sender has signed the delivery, a short time ago."""
        given = self.given_signatures(request.headers)
        content = self.signed_content(request.headers, request.body)
        if not self.is_signed(content, given):
            raise RefusedError("no valid signature")
        if not self.is_fresh(request.headers):
            raise RefusedError("timestamp too far from now")

    def header(self, headers: Headers, name: str) -> str:
        """Return the value of a required header."""
        value = headers.get(name)
        if value is None:
            raise RefusedError(f"no header {name}")
        return value

    def given_signatures(self, headers: Headers) -> list[str]:
        """Return the signatures of a version that is known, without the prefix."""
        value = self.header(headers, self.scheme.signature_header)
        prefix = self.scheme.prefix
        return [part.removeprefix(prefix) for part in value.split() if part.startswith(prefix)]

    def signed_content(self, headers: Headers, body: bytes) -> bytes:
        """Return the bytes that the sender signs."""
        if self.scheme.id_header is None or self.scheme.timestamp_header is None:
            return body
        event_id = self.header(headers, self.scheme.id_header)
        timestamp = self.header(headers, self.scheme.timestamp_header)
        return f"{event_id}.{timestamp}.".encode("latin-1") + body

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        """Return whether one of the signatures is valid."""
        expected = self.signature(content).encode()
        return any(hmac.compare_digest(expected, one.encode("latin-1")) for one in given)

    def signature(self, content: bytes) -> str:
        """Return the valid signature of `content`."""
        return base64.b64encode(hmac.digest(self.key, content, "sha256")).decode()

    def is_fresh(self, headers: Headers) -> bool:
        """Return whether the timestamp, if the scheme has one, is within the tolerance."""
        if self.scheme.timestamp_header is None:
            return True
        text = self.header(headers, self.scheme.timestamp_header)
        if not re.fullmatch("[0-9]{1,12}", text):
            raise RefusedError("invalid timestamp")
        return self.is_within_tolerance(int(text) - time.time())

    def is_within_tolerance(self, ahead: float) -> bool:
        """Return whether a timestamp is acceptable that is `ahead` of now, in seconds."""
        return abs(ahead) <= self.tolerance_s

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        """Return the response to a delivery without a valid signature."""
        return Response(401, {"error": str(error)})

    # The payload

    def read(self, request: Request) -> Event:
        """Return the event of a signed request."""
        payload = self.parsed(request.body)
        if not isinstance(payload, dict):
            raise InvalidPayloadError("the payload is not an object")
        kind, moment = (
            payload.get(name) for name in (self.scheme.type_property, self.scheme.time_property)
        )
        data = payload.get("data")
        object_id = data.get("id") if isinstance(data, dict) else None
        if not (isinstance(kind, str) and isinstance(moment, str) and isinstance(object_id, str)):
            raise InvalidPayloadError("the payload lacks a property")
        event_id = f"{kind}:{object_id}"
        if self.scheme.id_header is not None:
            event_id = request.headers.get(self.scheme.id_header) or event_id
        return Event(event_id, kind, self.moment(moment), object_id, payload)

    def parsed(self, body: bytes) -> Any:
        """Return the parsed JSON of a body."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidPayloadError("the body is not JSON") from None

    def moment(self, text: str) -> datetime:
        """Return the date that `text` names."""
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidPayloadError("invalid date") from None
        return read if read.tzinfo else read.replace(tzinfo=UTC)

    # The event

    def accepted(self, event: Event) -> Response | None:
        """Return the response to a valid delivery."""
        if event.type not in KNOWN_TYPES:
            return self.unknown(event)
        self.handle(event)
        return self.success()

    def unknown(self, event: Event) -> Response | None:
        """Return the response to an event of an unknown type."""
        return self.success()

    def success(self) -> Response:
        """Return the response to an accepted delivery."""
        return Response(200, {"received": True})

    def handle(self, event: Event) -> None:
        """Apply an event unless that has happened before."""
        with self.book.lock:
            if event.id in self.book.handled:
                return
            self.book.handled.add(event.id)
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Change the state, unless a later event has done so."""
        if not self.book.is_outdated(event):
            self.book.change(event)
