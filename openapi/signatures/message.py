"""Message: the parts of an HTTP request that a signature may cover. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

Headers = Iterable[tuple[bytes, bytes]]
"""Names and values of headers, in raw bytes."""


@dataclass(frozen=True, slots=True)
class Message:
    """Request that is signed, or whose signature is verified."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    method: str = "POST"
    url: str = ""
    """Absolute URL as the sender has it; empty: unknown."""

    def header_values(self, name: str | None) -> list[bytes]:
        """Return the values of all headers called `name`, case-insensitively; of None, nothing.

        White space around a value is not a part of it (RFC 9110, section 5.5).
        """
        wanted = name.lower().encode("latin-1", "replace") if name else None
        return [value.strip(b" \t") for key, value in self.headers if key.lower() == wanted]

    def with_url(self, url: str) -> Self:
        """Return the message with another URL."""
        return replace(self, url=url)

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> Self:
        """Return the message with these headers in place of those of the same names."""
        added = tuple(
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in headers
        )
        replaced = {name.lower() for name, _ in added}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in replaced)
        return replace(self, headers=(*kept, *added))
