"""Reader of a receiver's response, incremental and bounded. No I/O."""

from dataclasses import dataclass

import h11

from webhook_sink.delivery import Headers

MAX_RESPONSE_BODY_BYTES = 64 * 1024
"""Bytes of an answer's body that are kept; the rest is not waited for."""
_MAX_RESPONSE_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ForwardResponse:
    """An answer, or what there is of it."""

    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False
    """Whether the body goes on beyond what is here."""
    error: str | None = None
    """Why there is no answer, or not all of it."""


class ResponseReader:
    """One answer on its way."""

    def __init__(self, method: str) -> None:
        """Expect the answer to a request with this method: that to HEAD has no body."""
        self._parser = h11.Connection(
            h11.CLIENT, max_incomplete_event_size=_MAX_RESPONSE_HEAD_BYTES
        )
        # The parser must know what was asked; what is really sent has bytes that it would refuse.
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "receiver")]))
        self._parser.send(h11.EndOfMessage())
        self._head: h11.Response | None = None
        self._body = b""
        self._complete = False

    def feed(self, data: bytes) -> str | None:
        """Take what came next; no bytes are the end of the connection.

        Return what was wrong with it in a sentence, and empty text if all that is wanted is there;
        None asks for more.
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
                return "the connection was closed before the answer was complete"
            return f"the answer is not HTTP/1.1: {error}"[:200]
        return None

    def response(self, error: str | None) -> ForwardResponse:
        """Return what came; `error` says why there is no more."""
        if self._head is None:
            return ForwardResponse(error=error)
        return ForwardResponse(
            self._head.status_code,
            tuple(self._head.headers.raw_items()),
            self._body[:MAX_RESPONSE_BODY_BYTES],
            truncated=not self._complete,
            error=error,
        )
