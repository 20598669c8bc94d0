"""One request as it came: bytes and header pairs, nothing joined, sorted or decoded."""

from dataclasses import dataclass


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
    headers: tuple[tuple[bytes, bytes], ...]
    """In the order and the case they came in, repeated ones apart."""
    body: bytes
    """Without the framing of `Transfer-Encoding: chunked`, otherwise untouched."""
    truncated: bool
    """Whether the body went on beyond what was kept."""
    remote: str
    """Address and port of the sender's end of the connection."""
    status: int
    """What was answered; 0 until that is settled."""

    def values(self, name: str) -> tuple[bytes, ...]:
        """Return the value of every header called `name`, whatever its case."""
        wanted = name.lower().encode("latin-1")
        return tuple(value for key, value in self.headers if key.lower() == wanted)
