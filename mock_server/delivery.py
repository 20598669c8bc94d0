"""A delivery as it stands on the wire, and what it is made from, anew for every attempt. Pure."""

from dataclasses import dataclass

from openapi.document import Event
from openapi.signature import signed_headers

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
