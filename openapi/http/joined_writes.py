"""Transport that sends the head of a response and the first part of its body in one write.

uvicorn writes them one after the other, and uvloop makes a system call of each write. Of the time
that a small response takes, a system call is a tenth.
"""

import asyncio
from typing import Any

_RESPONSE_HEAD = b"HTTP/1.1 "


class JoinedWrites:
    """Transport that holds a head until the next write, at most until the next turn of the loop.

    Everything but writing and closing is that of the transport behind it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to `transport`."""
        self._transport = transport
        self._loop = loop
        self.is_closing = transport.is_closing  # called for each response
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` after what is held; hold it if it begins like a head."""
        if self._held:
            data, self._held = self._held + data, b""
        elif data.startswith(_RESPONSE_HEAD):
            self._held = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Close after what is held was sent."""
        self._flush()
        self._transport.close()

    def write_eof(self) -> None:
        """Close the writing half after what is held was sent."""
        self._flush()
        self._transport.write_eof()

    def _flush(self) -> None:
        if self._held:
            data, self._held = self._held, b""
            self._transport.write(data)
