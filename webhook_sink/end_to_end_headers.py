"""End-to-end headers of a delivery (RFC 9110, section 7.6.1): what a copy carries. Pure."""

from webhook_sink.delivery import Delivery, Headers

_HOP_BY_HOP_NAMES = frozenset(
    b"connection content-length expect host http2-settings keep-alive te trailer "
    b"transfer-encoding upgrade".split()
)


def end_to_end_headers(delivery: Delivery) -> Headers:
    """Return the headers in order, but for those of the connection, which has ended."""
    hop_by_hop = hop_by_hop_names(delivery.headers)
    return tuple(
        (name, value) for name, value in delivery.headers if name.lower() not in hop_by_hop
    )


def hop_by_hop_names(headers: Headers) -> frozenset[bytes]:
    """Return the names in lower case of those headers that are not about what was sent over it."""
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
    """Say whether there was a body, be it of no bytes."""
    stated = delivery.header_values("content-length") or delivery.header_values("transfer-encoding")
    return bool(delivery.body or stated)


def copy_limitations(delivery: Delivery) -> list[str]:
    """Return what a copy of the delivery cannot carry, each in one sentence."""
    found = []
    if delivery.truncated:
        found.append(f"only the first {len(delivery.body)} bytes of the body were kept")
    return found
