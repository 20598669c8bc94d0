"""Upgrade offers such as h2c: ignore the offer and parse the body of the request.

httptools stops after the head of such a request and assumes that another protocol follows. Clients
that offer h2c with a POST (Java's and curl's do) send its body in HTTP/1.1.
"""

from typing import Protocol

import httptools

Headers = list[tuple[bytes, bytes]]
_FRAMING_HEADERS = (b"content-length", b"transfer-encoding")


class ParserCallbacks(Protocol):
    """Callbacks of a request parser."""

    def on_message_begin(self) -> None: ...
    def on_url(self, url: bytes) -> None: ...
    def on_header(self, name: bytes, value: bytes) -> None: ...
    def on_headers_complete(self) -> None: ...
    def on_body(self, body: bytes) -> None: ...
    def on_message_complete(self) -> None: ...


def new_parser(callbacks: ParserCallbacks) -> httptools.HttpRequestParser:
    """Return a request parser with uvicorn's settings."""
    parser = httptools.HttpRequestParser(callbacks)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def framing_headers(headers: Headers) -> Headers:
    """Return the headers that frame the body, empty without a body."""
    return [(name, value) for name, value in headers if name in _FRAMING_HEADERS and value != b"0"]


def parser_at_body(callbacks: ParserCallbacks, stated: Headers) -> httptools.HttpRequestParser:
    """Return a parser that has parsed a head with the framing headers `stated`."""
    later = _DeferredCallbacks(callbacks)
    parser = new_parser(later)
    lines = [name + b": " + value for name, value in stated]
    parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *lines, b"", b""]))
    later.is_forwarding = True
    return parser


class _DeferredCallbacks:
    """Parser callbacks that are forwarded once `is_forwarding` is set."""

    def __init__(self, callbacks: ParserCallbacks) -> None:
        self._to = callbacks
        self.is_forwarding = False

    def on_message_begin(self) -> None:
        if self.is_forwarding:
            self._to.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self.is_forwarding:
            self._to.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.is_forwarding:
            self._to.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.is_forwarding:
            self._to.on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._to.on_body(body)

    def on_message_complete(self) -> None:
        self._to.on_message_complete()
