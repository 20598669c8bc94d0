"""Records of the store: a delivery as received, and an attempt to forward one.

Bytes and header pairs are kept as received: nothing is joined, sorted or decoded.
"""

from dataclasses import dataclass
from typing import Any, Literal

from openapi.strict_json import parse_json

Headers = tuple[tuple[bytes, bytes], ...]
"""In the order and the case they came in, repeated ones apart."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender sent, and the status that it was answered with."""

    id: int
    """Counts from 1 in the order of storing; 0 until a store has given it."""
    received_at: float
    """When the body was complete, in Unix seconds."""
    method: str
    target: str
    """Path and query as they stood in the request line, each byte one Latin-1 character."""
    headers: Headers
    body: bytes
    """Without the framing of `Transfer-Encoding: chunked`, otherwise untouched."""
    truncated: bool
    """Whether the body went on beyond what was kept."""
    remote: str
    """Address and port of the sender's end of the connection."""
    status: int
    """What was answered; 0 until that is settled, and where nothing was: `reply` says how."""
    head_received_at: float = 0.0
    """When the head was complete, in Unix seconds; 0 where that is not known."""
    version: str = "1.1"
    """The version of HTTP."""
    reply: str = ""
    """The step of the script that was followed, where it was more than a status."""

    def with_reply(self, number: int, status: int, reply: str) -> "Delivery":
        """Return it with id, status and reply; as `dataclasses.replace`, in half the time."""
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
        """Return the body as what it means in JSON; `ValueError` says why it is none."""
        text = parse_json(self.body)
        if text.problem is not None:
            raise ValueError(f"the body of delivery {self.id} is not JSON: {text.problem}")
        return text.value


@dataclass(frozen=True, slots=True)
class DeliveryMetadata:
    """What a list needs of a delivery: all that costs little to read."""

    id: int
    received_at: float
    method: str
    target: str
    remote: str
    size: int
    """Bytes of the body that were kept."""
    truncated: bool
    status: int
    reply: str


ForwardAction = Literal["forward", "resend"]


@dataclass(frozen=True, slots=True)
class ForwardAttempt:
    """One attempt to pass a delivery on."""

    id: int
    """Counts from 1; 0 until a store has given it."""
    delivery_id: int
    action: ForwardAction
    """`forward`: every delivery is passed on; `resend`: somebody asked for this one."""
    url: str
    at: float
    """When it was sent, in Unix seconds."""
    seconds: float
    """From then until the answer was read, or given up."""
    status: int | None
    """What the receiver answered; None where it did not."""
    headers: Headers
    """Those of the answer."""
    body: bytes
    """That of the answer, up to a bound."""
    truncated: bool
    """Whether the answer's body went on beyond that."""
    error: str | None
    """Why there was no answer, in one sentence."""

    @property
    def outcome(self) -> str:
        """The status, or the error, as text."""
        return str(self.status) if self.status is not None else self.error or "no answer"
