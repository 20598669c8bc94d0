"""End-to-end headers of a delivery (RFC 9110, section 7.6.1). Pure."""

import re

from webhook_sink.delivery import Delivery, Headers

UNSENDABLE = re.compile(rb"[\0\r\n]")
_HOP_BY_HOP_NAMES = frozenset(
    b"connection content-length expect host http2-settings keep-alive te trailer "
    b"transfer-encoding upgrade".split()
)


def end_to_end_headers(delivery: Delivery) -> Headers:
    """Return the headers in order, without hop-by-hop headers."""
    hop_by_hop = hop_by_hop_names(delivery.headers)
    return tuple(
        (name, value) for name, value in delivery.headers if name.lower() not in hop_by_hop
    )


def sendable_headers(delivery: Delivery) -> Headers:
    """Return the end-to-end headers without those that no client can send."""
    pairs = end_to_end_headers(delivery)
    return tuple(pair for pair in pairs if not UNSENDABLE.search(b"".join(pair)))


def hop_by_hop_names(headers: Headers) -> frozenset[bytes]:
    """Return the names of hop-by-hop headers among `headers`, in lower case."""
    named = {
        name.strip().lower()
        for key, value in headers
        if key.lower() == b"connection"
        for name in value.split(b",")
    }
    return frozenset(
        lower
        for name, _ in headers
        if (lower := name.lower()) in _HOP_BY_HOP_NAMES | named or lower.startswith(b"proxy-")
    )


def has_body(delivery: Delivery) -> bool:
    """Say whether the request had a body; an empty body counts."""
    framing = delivery.header_values("content-length") or delivery.header_values(
        "transfer-encoding"
    )
    return bool(delivery.body or framing)


def copy_limitations(delivery: Delivery) -> list[str]:
    """Return one sentence for each part that a copy of the delivery lacks."""
    if not delivery.truncated:
        return []
    return [f"the sink stored only the first {len(delivery.body)} bytes of the body"]
