"""Messages: a response, an event, and the webhook request of one attempt."""

import json
from dataclasses import dataclass, replace
from json.encoder import (  # type: ignore[attr-defined] # docs/internals.md
    c_make_encoder,
    encode_basestring_ascii,
)

from starlette.types import Send

from openapi.contract import Event
from openapi.http.complete_response import send_response
from openapi.signatures.message import Message
from openapi.strict_json import parse_json

# `json.JSONEncoder.encode` makes this encoder for each value, which takes as long as to encode it.
_encode_parts = c_make_encoder(
    None, json.JSONEncoder().default, encode_basestring_ascii, None, ":", ",", False, False, True
)
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status, headers in order (lower-case names, without Content-Length) and body."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> object:
        """Value of the body; None for a body that is not JSON."""
        return parse_json(self.body).value if self.body else None

    async def send(self, send: Send) -> None:
        """Send the complete response to an ASGI server."""
        await send_response(send, self.status, self.headers, self.body)


def json_response(
    status: int, value: object, headers: Headers = (), media_type: str = "application/json"
) -> HttpResponse:
    """Return a response whose body is `value` as JSON, escaped to ASCII."""
    # A lone surrogate is legal in JSON text but has no UTF-8 encoding.
    body = "".join(_encode_parts(value, 0)).encode()
    return HttpResponse(status, ((b"content-type", media_type.encode()), *headers), body)


def with_json_body(response: HttpResponse, value: object) -> HttpResponse:
    """Return the response with `value` as its JSON body."""
    headers = tuple(h for h in response.headers if h[0] != b"content-type")
    return json_response(response.status, value, headers)


def encode_header(name: str, value: object) -> tuple[bytes, bytes]:
    """Return a header as an `HttpResponse` stores it."""
    return name.lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace")


MAX_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """Webhook request of one attempt."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    max_attempts: int = MAX_ATTEMPTS
    method: str = "POST"
    url: str = ""
    """URL to post to; a signature may cover it, and its scheme may add to it."""

    @property
    def message(self) -> Message:
        """Request as a signature covers it."""
        raw = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in self.headers)
        return Message(self.body, raw, self.method, self.url)

    def with_header(self, name: str, value: str | None) -> "WebhookRequest":
        """Return the request with `value` as its only header `name`; None removes the header."""
        others = tuple(h for h in self.headers if h[0] != name)
        return replace(self, headers=others if value is None else (*others, (name, value)))


@dataclass(frozen=True, slots=True)
class EventMessage:
    """Event to be delivered, in one or more attempts."""

    event: Event
    body: bytes
    """Payload before the delivery faults."""
    number: int
    """Number of the event in this mock, from 1."""
    secret: str
    """Signing secret."""
    webhook_id: str
    """Event id for signatures that cover an id; the same for each attempt."""
    at: float
    """Time of the attempt in Unix seconds."""
    url: str = ""
    """URL of the receiver, for signatures that cover it."""


def build_signed_request(event_message: EventMessage, body: bytes) -> WebhookRequest:
    """Return a webhook request with `body`, signed with the event's signature scheme."""
    event = event_message.event
    headers = [("Content-Type", event.content.sent)]
    headers += [
        (name.source.where, str(name.values[0]))
        for name in event.names
        if name.source.part == "header"
    ]
    scheme = event_message.event.signature
    request = WebhookRequest(tuple(headers), body, method=event.method, url=event_message.url)
    if scheme is None:
        return request
    request = replace(request, url=scheme.delivery_url(request.message))
    signed = scheme.signed_headers(
        request.message, event_message.secret, event_message.webhook_id, event_message.at
    )
    return replace(request, headers=(*request.headers, *signed))
