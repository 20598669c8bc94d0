"""Request head of a forward: that of the delivery, without hop-by-hop headers. Pure."""

import re
from collections.abc import Iterator

from webhook_sink.delivery import Delivery
from webhook_sink.destination import Destination
from webhook_sink.end_to_end_headers import has_body, hop_by_hop_names

_ABSOLUTE_FORM = re.compile(r"[a-z][a-z0-9+.-]*://[^/?]*", re.I)


class CannotForward(ValueError):
    """Raised for a delivery that cannot be forwarded, with the reason in one sentence."""


def request_head(delivery: Delivery, destination: Destination) -> bytes:
    """Return request line, headers and empty line; raise `CannotForward`."""
    if delivery.truncated:
        raise CannotForward("it exceeds the size limit, so its body is incomplete")
    target = request_target(delivery, destination).encode("latin-1")
    line = b"%s %s HTTP/1.1" % (delivery.method.encode("latin-1"), target)
    if not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~\x80-\xff]+ HTTP/1\.1", line):
        raise CannotForward("its request line has characters that cannot be sent")
    lines = [line, *(name + b": " + value for name, value in _headers(delivery, destination))]
    if any(re.search(rb"[\r\n\x00]", line) for line in lines):
        raise CannotForward("one of its headers has a line break, which cannot be sent")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def request_target(delivery: Delivery, destination: Destination) -> str:
    """Return path and query of the destination; each defaults to that of the delivery."""
    if delivery.method == "CONNECT":
        raise CannotForward("it requests a tunnel (CONNECT)")
    target = _ABSOLUTE_FORM.sub("", delivery.target, count=1)
    path, mark, query = target.partition("?")
    if destination.query is not None:
        mark, query = "?", destination.query
    return (destination.path or path or "/") + mark + query


def redacted_request_url(delivery: Delivery, destination: Destination) -> str:
    """Return the URL of the request without the query values of the destination."""
    redacted_url = destination.redacted_url.removeprefix(destination.origin)
    try:
        target = request_target(delivery, destination)
    except CannotForward:
        return destination.origin + redacted_url
    path, mark, query = target.partition("?")
    if destination.query is not None:
        query = redacted_url.partition("?")[2]
    return destination.origin + path + mark + query


def _headers(delivery: Delivery, destination: Destination) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers; Host and Content-Length keep their position in the delivery."""
    hop_by_hop = hop_by_hop_names(delivery.headers)
    connection_headers = {
        b"host": destination.authority.encode(),
        b"content-length": b"%d" % len(delivery.body),
    }
    if not delivery.header_values("host"):
        yield b"Host", connection_headers.pop(b"host")
    for name, value in delivery.headers:
        lower = name.lower()
        if lower in connection_headers:
            yield name, connection_headers.pop(lower)
        elif lower not in hop_by_hop:
            yield name, value
    if b"content-length" in connection_headers and has_body(delivery):
        yield b"Content-Length", connection_headers[b"content-length"]
    yield b"Connection", b"close"
