"""One answer as a value, and the sending of it.

A delivery as it stands on the wire, and what it is made from, anew for every attempt. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Send

from openapi.contract import Event
from openapi.signature import signed_headers

_write = json.JSONEncoder(separators=(",", ":")).encode

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in order (names in lower case, without Content-Length) and body."""

    status: int
    headers: Headers
    body: bytes

    async def send(self, send: Send) -> None:
        """Send the answer to an ASGI server, whole."""
        length = (b"content-length", str(len(self.body)).encode())
        headers = self.headers if self.status == 204 else (*self.headers, length)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(
    status: int, value: object, headers: Headers = (), media_type: str = "application/json"
) -> Answer:
    """Make an answer whose body is `value` as JSON, escaped to ASCII."""
    # Escaped, because a lone surrogate is legal in JSON text and has no UTF-8.
    body = _write(value).encode()
    return Answer(status, ((b"content-type", media_type.encode()), *headers), body)


def rebodied(answer: Answer, value: object) -> Answer:
    """Return the same answer with `value` as its JSON body."""
    headers = tuple(h for h in answer.headers if h[0] != b"content-type")
    return json_answer(answer.status, value, headers)


def header(name: str, value: object) -> tuple[bytes, bytes]:
    """Return a header as it stands in an `Answer`."""
    return name.lower().encode("ascii"), str(value).encode("latin-1", "replace")


def values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Return every value of the header `name` (in lower case), in order."""
    return [value for key, value in headers if key == name]


ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one POST carries."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    attempts: int = ATTEMPTS
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Posting:
    """An event that is to be delivered, however often it takes."""

    event: Event
    body: bytes
    """The payload, before any fault of deliveries."""
    number: int
    """The how-manieth event of this mock, from 1."""
    secret: str
    """What is signed with."""
    identity: str
    """Names the event where its signature covers a name: the same at every attempt."""
    at: float
    """When the attempt is made, in Unix seconds."""


def sealed(posting: Posting, body: bytes) -> Delivery:
    """Return the delivery of these bytes, signed as the event's contract says."""
    headers = [("Content-Type", posting.event.media_type)]
    scheme = posting.event.signature
    if scheme is not None:
        headers += signed_headers(scheme, body, posting.secret, posting.identity, posting.at)
    return Delivery(tuple(headers), body)
