"""Response reader: parses a receiver's response as it arrives, up to a limit. No I/O."""

from dataclasses import dataclass

import h11

from webhook_sink.delivery import Headers

MAX_RESPONSE_BODY_BYTES = 64 * 1024
"""Maximum of a response body; the sink does not read the rest."""
_MAX_RESPONSE_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ForwardResponse:
    """Response of a receiver, or the part of it that arrived."""

    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False
    """Whether the body or its end is missing."""
    error: str | None = None
    """Reason for a missing or incomplete response."""


class ResponseReader:
    """Incremental parser of one response."""

    def __init__(self, method: str) -> None:
        """Expect the response to a request with this method; a response to HEAD has no body."""
        self._parser = h11.Connection(
            h11.CLIENT, max_incomplete_event_size=_MAX_RESPONSE_HEAD_BYTES
        )
        # h11 needs a request first, and rejects some bytes that the real request may have.
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "receiver")]))
        self._parser.send(h11.EndOfMessage())
        self._head: h11.Response | None = None
        self._body = b""
        self._complete = False

    def feed(self, data: bytes) -> str | None:
        """Parse further bytes; empty bytes mean the end of the connection.

        Return an error in one sentence, "" if the response is complete or exceeds the limit, or
        None if the response needs more bytes.
        """
        try:
            self._parser.receive_data(data)
            while (event := self._parser.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Response):
                    self._head = event
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > MAX_RESPONSE_BODY_BYTES:
                        return ""
                elif isinstance(event, h11.EndOfMessage):
                    self._complete = True
                    return ""
        except h11.RemoteProtocolError as error:
            if not data:
                return "the connection ended before the response was complete"
            return f"the response is not HTTP/1.1: {error}"[:200]
        return None

    def response(self, error: str | None) -> ForwardResponse:
        """Return the response so far; `error` is the reason if it is not complete."""
        if self._head is None:
            return ForwardResponse(error=error)
        return ForwardResponse(
            self._head.status_code,
            tuple(self._head.headers.raw_items()),
            self._body[:MAX_RESPONSE_BODY_BYTES],
            truncated=not self._complete,
            error=error,
        )
