"""Deliveries as received, and attempts to forward them.

Bytes and header pairs are stored as received: nothing is joined, sorted or decoded.
"""

from dataclasses import dataclass
from typing import Any, Literal

from openapi.signatures.message import Message
from openapi.strict_json import parse_json

HANDSHAKE_MARK = " challenge "
"""Text between status and name in the `reply` to a handshake; no step of a script has it there."""
Headers = tuple[tuple[bytes, bytes], ...]
"""Pairs in the order and case received; repeated headers are separate pairs."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a sender, and the reply to it."""

    id: int
    """Counts from 1 in the order of storing; 0 until a store assigns it."""
    received_at: float
    """Time at which the body was complete, in Unix seconds."""
    method: str
    target: str
    """Path and query of the request line; each byte is one Latin-1 character."""
    headers: Headers
    body: bytes
    """Raw body, without the framing of `Transfer-Encoding: chunked`."""
    truncated: bool
    """Whether only the beginning of the body was stored."""
    remote: str
    """Address and port of the sender's end of the connection."""
    status: int
    """Status of the response; 0 until the sink chooses it, and without a response: see `reply`."""
    head_received_at: float = 0.0
    """Time at which the head was complete, in Unix seconds; 0 if unknown."""
    version: str = "1.1"
    """HTTP version."""
    reply: str = ""
    """Step of the reply script, if it is more than a status."""

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

    @property
    def is_handshake(self) -> bool:
        """Whether the sink replied to a challenge: see `webhook_sink.challenges`."""
        return self.reply[3:].startswith(HANDSHAKE_MARK)

    def header_values(self, name: str) -> tuple[bytes, ...]:
        """Return the values of all headers called `name`, case-insensitively."""
        wanted = name.lower().encode("latin-1")
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    @property
    def message(self) -> Message:
        """Request as a signature covers it."""
        return Message(self.body, self.headers, self.method, self.url)

    @property
    def url(self) -> str:
        """URL of the request by its `Host` header; empty without one."""
        host = next(iter(self.header_values("Host")), b"").decode("latin-1")
        return f"http://{host}{self.target}" if host else ""

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
    """Time of sending, in Unix seconds."""
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
    """Reason for a missing or incomplete response, in one sentence."""

    @property
    def outcome(self) -> str:
        """Status or error as text."""
        return str(self.status) if self.status is not None else self.error or "no response"
