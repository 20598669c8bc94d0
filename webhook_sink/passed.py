"""A delivery passed on to a receiver, and what the receiver said."""

from dataclasses import dataclass
from typing import Literal

from webhook_sink.delivery import Headers

Why = Literal["forward", "resend"]


@dataclass(frozen=True, slots=True)
class Passed:
    """One attempt to pass a delivery on."""

    id: int
    """Counts from 1; 0 until a store has given it."""
    delivery_id: int
    why: Why
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
