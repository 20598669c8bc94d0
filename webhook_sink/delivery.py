"""Deliveries as received, and attempts to forward them.

Bytes and header pairs are stored as received: nothing is joined, sorted or decoded.
"""

from dataclasses import dataclass
from typing import Any, Literal

from openapi.strict_json import parse_json

Headers = tuple[tuple[bytes, bytes], ...]
"""Pairs in the order and case received; repeated headers are separate pairs."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a sender, and the reply to it."""

    id: int
    """Counts from 1 in the order of storing; 0 until a store assigns it."""
    received_at: float
    """When the body was complete, in Unix seconds."""
    method: str
    target: str
    """Path and query of the request line, each byte one Latin-1 character."""
    headers: Headers
    body: bytes
    """Without the framing of `Transfer-Encoding: chunked`, otherwise untouched."""
    truncated: bool
    """Whether only the beginning of the body was stored."""
    remote: str
    """Address and port of the sender's end of the connection."""
    status: int
    """Status of the response; 0 until it is chosen, and if there is none: see `reply`."""
    head_received_at: float = 0.0
    """When the head was complete, in Unix seconds; 0 if unknown."""
    version: str = "1.1"
    """HTTP version."""
    reply: str = ""
    """Step of the reply script, if it was more than a status."""

    def with_reply(self, number: int, status: int, reply: str) -> "Delivery":
        """Return a copy with id, status and reply; twice as fast as `dataclasses.replace`."""
        return Delivery(
            number,
            self.received_at,
            self.method,
            self.target,
            self.headers,
            self.body,
            self.truncated,
            self.remote,
            status,
            self.head_received_at,
            self.version,
            reply,
        )

    def header_values(self, name: str) -> tuple[bytes, ...]:
        """Return the value of every header called `name`, whatever its case."""
        wanted = name.lower().encode("latin-1")
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def json(self) -> Any:
        """Return the body parsed as JSON; raise `ValueError` if it is not JSON."""
        parsed = parse_json(self.body)
        if parsed.problem is not None:
            raise ValueError(f"the body of delivery {self.id} is not JSON: {parsed.problem}")
        return parsed.value


@dataclass(frozen=True, slots=True)
class DeliveryMetadata:
    """Delivery without headers and body, for lists."""

    id: int
    received_at: float
    method: str
    target: str
    remote: str
    size: int
    """Stored bytes of the body."""
    truncated: bool
    status: int
    reply: str


ForwardAction = Literal["forward", "resend"]


@dataclass(frozen=True, slots=True)
class ForwardAttempt:
    """One forward or resend of a delivery, and the receiver's response."""

    id: int
    """Counts from 1; 0 until a store assigns it."""
    delivery_id: int
    action: ForwardAction
    """`forward`: the sink forwards every delivery; `resend`: a user requested this one."""
    url: str
    at: float
    """When it was sent, in Unix seconds."""
    seconds: float
    """Seconds until the response was read, or the attempt failed."""
    status: int | None
    """Status of the response; None without a response."""
    headers: Headers
    """Headers of the response."""
    body: bytes
    """Body of the response, up to a limit."""
    truncated: bool
    """Whether the body or its end is missing."""
    error: str | None
    """Why there is no complete response, in one sentence."""

    @property
    def outcome(self) -> str:
        """Status or error as text."""
        return str(self.status) if self.status is not None else self.error or "no answer"
