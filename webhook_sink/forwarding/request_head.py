"""The head of a request that passes a delivery on: the delivery's, byte for byte. Pure.

Left out or made anew is only what belongs to the connection, and not to what was sent over it.
"""

import re
from collections.abc import Iterator

from webhook_sink.delivery import Delivery
from webhook_sink.destination import Destination
from webhook_sink.end_to_end_headers import has_body, of_the_connection

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://[^/?]*", re.I)


class CannotPass(ValueError):
    """A delivery that cannot be passed on; the sentence says why."""


def head_of(delivery: Delivery, destination: Destination) -> bytes:
    """Return request line and headers up to the empty line; raise `CannotPass`."""
    if delivery.truncated:
        raise CannotPass("it is larger than the limit, so not all of it is there")
    target = target_of(delivery, destination).encode("latin-1")
    line = b"%s %s HTTP/1.1" % (delivery.method.encode("latin-1"), target)
    if not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~\x80-\xff]+ HTTP/1\.1", line):
        raise CannotPass("its request line has characters that cannot be sent")
    lines = [line, *(name + b": " + value for name, value in _headers(delivery, destination))]
    if any(re.search(rb"[\r\n\x00]", line) for line in lines):
        raise CannotPass("a header of it has a line break, which cannot be sent")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def target_of(delivery: Delivery, destination: Destination) -> str:
    """Return the target that the delivery is sent with.

    Path and query are the destination's, each of them the delivery's where that has none.
    """
    if delivery.method == "CONNECT":
        raise CannotPass("it asks for a tunnel (CONNECT)")
    target = _ABSOLUTE.sub("", delivery.target, count=1)
    path, mark, query = target.partition("?")
    if destination.query is not None:
        mark, query = "?", destination.query
    return (destination.path or path or "/") + mark + query


def url_of(delivery: Delivery, destination: Destination) -> str:
    """Return the URL that the delivery is sent to, without values that the destination brings."""
    shown = destination.shown.removeprefix(destination.origin)
    try:
        target = target_of(delivery, destination)
    except CannotPass:
        return destination.origin + shown
    path, mark, query = target.partition("?")
    if destination.query is not None:
        query = shown.partition("?")[2]
    return destination.origin + path + mark + query


def _headers(delivery: Delivery, destination: Destination) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers that are sent; Host and Content-Length where the delivery had them."""
    ended = of_the_connection(delivery.headers)
    anew = {b"host": destination.authority.encode(), b"content-length": b"%d" % len(delivery.body)}
    if not delivery.values("host"):
        yield b"Host", anew.pop(b"host")
    for name, value in delivery.headers:
        lower = name.lower()
        if lower in anew:
            yield name, anew.pop(lower)
        elif lower not in ended:
            yield name, value
    if b"content-length" in anew and has_body(delivery):
        yield b"Content-Length", anew[b"content-length"]
    yield b"Connection", b"close"
