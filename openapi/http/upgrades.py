"""Upgrade offers such as h2c: ignore the offer and parse the body of the request.

httptools stops after the head of such a request and assumes that another protocol follows. Clients
that offer h2c with a POST (Java's and curl's do) send its body in HTTP/1.1.
"""

from collections.abc import Callable

import httptools

Headers = list[tuple[bytes, bytes]]
_FRAMING_HEADERS = (b"content-length", b"transfer-encoding")


def new_parser(callbacks: object) -> httptools.HttpRequestParser:
    """Return a request parser with uvicorn's settings; it calls those of `callbacks` that exist."""
    parser = httptools.HttpRequestParser(callbacks)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def framing_headers(headers: Headers) -> Headers:
    """Return the headers that frame the body, empty without a body."""
    return [(name, value) for name, value in headers if name in _FRAMING_HEADERS and value != b"0"]


def parser_at_body(callbacks: object, stated: Headers) -> httptools.HttpRequestParser:
    """Return a parser that has parsed a head with the framing headers `stated`."""
    later = _DeferredCallbacks(callbacks)
    parser = new_parser(later)
    lines = [name + b": " + value for name, value in stated]
    parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *lines, b"", b""]))
    later.is_forwarding = True
    return parser


class _DeferredCallbacks:
    """Parser callbacks that are forwarded once `is_forwarding` is set."""

    def __init__(self, callbacks: object) -> None:
        self._to = callbacks
        self.is_forwarding = False

    def __getattr__(self, name: str) -> Callable[..., None]:
        callback = getattr(self._to, name)
        return lambda *given: callback(*given) if self.is_forwarding else None
