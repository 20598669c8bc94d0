"""Contents that a sender may have signed instead of the right one, likely ones first. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, product

from openapi.schemas.formats import date_time_to_ns
from openapi.signatures.generic_hmac import BODY_TEMPLATE, HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.scheme import SignatureScheme
from openapi.signatures.twilio import TwilioScheme
from openapi.strict_json import parse_json
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import (
    NamedContent,
    charset_variants,
    decompressed_variants,
    edge_variants,
    encoded_variants,
    to_utf8,
)
from webhook_sink.signature_diagnosis.json_dialects import LIKELY_COUNT, serializations
from webhook_sink.signature_diagnosis.urls import twilio_variants

MAX_VARIED_BODY_BYTES = 64 * 1024
_MAX_FULLY_SERIALIZED_BYTES = 8 * 1024
_MAX_MEMBERS = 12
_MAX_DEPTH = 64
_MAX_HEADER_VALUE_BYTES = 200
_MAX_CANDIDATES = 3
_TIMESTAMP = re.compile(rb"\d{10}(?:\d{3}){0,3}")


OTHER_KEY_OR_CONTENT = "it is computed with another secret, or over "
"""Begin of the explanation that no candidate fits."""


def unexplained(scheme: SignatureScheme) -> str:
    """Return what may differ in a signature that no candidate explains."""
    stated = scheme.signed_parts
    other = "other bytes than the body" if stated == ("body",) else f"another {join_or(stated)}"
    return OTHER_KEY_OR_CONTENT + other


def join_or(names: Sequence[str]) -> str:
    """Return names as `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def content_variants(
    scheme: HmacScheme, delivery: Delivery, values: list[bytes]
) -> Iterator[NamedContent]:
    """Yield distinct wrong contents; `values` are those of signature headers."""
    # Hashes, because the contents together may be large.
    seen = {hash(scheme.signed_content(delivery.message))}
    for name, made in chain(
        likely_variants(scheme, delivery, values), _unlikely_variants(scheme, delivery)
    ):
        if hash(made) not in seen:
            seen.add(hash(made))
            yield name, made


def likely_variants(
    scheme: HmacScheme, delivery: Delivery, values: list[bytes]
) -> Iterator[NamedContent]:
    """Yield the body with other ends, prefixes and suffixes."""
    if scheme.content_template != BODY_TEMPLATE:
        yield "the body alone", delivery.body
    if isinstance(scheme, TwilioScheme):
        yield from twilio_variants(scheme, delivery)
    yield from _with_body(scheme, delivery, edge_variants(delivery.body))
    yield from _with_body(scheme, delivery, decompressed_variants(delivery))
    yield from _with_other_headers(scheme, delivery)
    yield from timestamped_variants(delivery, values)


def _with_body(
    scheme: HmacScheme, delivery: Delivery, bodies: Iterator[NamedContent]
) -> Iterator[NamedContent]:
    """Yield the signed content for each variant of the body."""
    for name, body in bodies:
        if scheme.content_template == BODY_TEMPLATE:
            yield name, body
        else:
            words = f"{scheme.signed_part}, where {{body}} is {name}"
            yield words, scheme.signed_content(replace(delivery.message, body=body))


def _with_other_headers(scheme: HmacScheme, delivery: Delivery) -> Iterator[NamedContent]:
    """Yield the signed content with id and timestamp from other headers."""
    if scheme.id_header is None or scheme.timestamp_header is None:
        return
    short = [(n, v) for n, v in delivery.headers if len(v) <= _MAX_HEADER_VALUE_BYTES]
    names = [pair for pair in short if pair[0].lower().endswith(b"-id")][:_MAX_CANDIDATES]
    stamps = [pair for pair in short if _TIMESTAMP.fullmatch(pair[1])][:_MAX_CANDIDATES]
    for (name, identity), (stamp, time) in product(names, stamps):
        pairs = ((scheme.id_header.encode(), identity), (scheme.timestamp_header.encode(), time))
        words = (
            f"{{id}} is from {quoted_header_name(name)} "
            f"and {{timestamp}} from {quoted_header_name(stamp)}"
        )
        yield (
            f"{scheme.content_template}, where {words}",
            scheme.signed_content(Message(delivery.body, pairs)),
        )


def quoted_header_name(name: bytes) -> str:
    """Return the name of a header for an explanation."""
    return ascii(name[:60].decode("latin-1"))


def _unlikely_variants(scheme: HmacScheme, delivery: Delivery) -> Iterator[NamedContent]:
    if len(delivery.body) > MAX_VARIED_BODY_BYTES:
        return
    yield from _with_body(scheme, delivery, charset_variants(delivery.body))
    yield from _with_body(scheme, delivery, encoded_variants(delivery.body))
    known = parse_json(delivery.body)
    if known.problem is None and known.depth <= _MAX_DEPTH:
        most = LIKELY_COUNT if len(delivery.body) > _MAX_FULLY_SERIALIZED_BYTES else None
        yield from _with_body(scheme, delivery, _serialization_variants(known.value, most))
        yield from _with_body(scheme, delivery, _payload_parts(known.value))


def _serialization_variants(value: object, most: int | None) -> Iterator[NamedContent]:
    for name, text in islice(serializations(value), most):
        yield f"the re-serialised body, {name}", to_utf8(text)
    yield "the str of the payload in Python", to_utf8(str(value))


def timestamped_variants(delivery: Delivery, values: list[bytes]) -> Iterator[NamedContent]:
    """Yield the body combined with id, timestamp or URL, as other signature schemes do."""
    body = delivery.body
    short = [
        (n.lower(), v.strip()) for n, v in delivery.headers if len(v) <= _MAX_HEADER_VALUE_BYTES
    ]
    stamps = _timestamps([v for _, v in short], values)
    names = [v for n, v in short if n.endswith(b"-id")][:_MAX_CANDIDATES]
    for name, stamp in product(names, stamps):
        what = "the id, the timestamp and the body, joined by dots (Standard Webhooks)"
        yield what, b".".join((name, stamp, body))
        yield "the id, the timestamp and the body", name + stamp + body
    for stamp in stamps:
        yield "the timestamp, a dot and the body", stamp + b"." + body
        yield "v0, the timestamp and the body, joined by colons", b":".join((b"v0", stamp, body))
        yield "the timestamp, a colon and the body", stamp + b":" + body
        yield "the timestamp and the body, on separate lines", stamp + b"\n" + body
        yield "the timestamp and the body", stamp + body
        yield "the body, a dot and the timestamp", body + b"." + stamp
        yield "the body and the timestamp", body + stamp
    for name in names:
        yield "the id, a dot and the body", name + b"." + body
        yield "the id and the body", name + body
    target = delivery.target.encode("latin-1", "replace")
    method = delivery.method.encode(errors="replace")
    yield "the path and the body", target + body
    yield "the method, the path and the body", method + target + body
    what = "the method, the path and the body, on separate lines"
    yield what, b"\n".join((method, target, body))
    for host in delivery.header_values("Host")[:1]:
        for scheme in (b"http://", b"https://"):
            yield "the URL and the body", scheme + host + target + body


def _timestamps(headers: list[bytes], values: list[bytes]) -> list[bytes]:
    """Return values that may be timestamps, from headers and from signatures."""
    found = [v for v in headers if _TIMESTAMP.fullmatch(v)][:_MAX_CANDIDATES]
    found += [v for v in headers if date_time_to_ns(v.decode("latin-1")) is not None][
        :_MAX_CANDIDATES
    ]
    found += [m[1] for value in values for m in re.finditer(rb"\bt=(\d{1,16})", value)][
        :_MAX_CANDIDATES
    ]
    seconds = [v[:10] for v in found if len(v) > 10 and v.isdigit()]
    return list(dict.fromkeys(found + seconds))


def _payload_parts(value: object) -> Iterator[NamedContent]:
    """Yield parts of the payload."""
    if isinstance(value, str):
        yield "the text of the JSON string", to_utf8(value)
        return
    members = list(value.items())[:_MAX_MEMBERS] if isinstance(value, dict) else []
    for key, member in members:
        name = "a member of the payload" if len(key) > _MAX_HEADER_VALUE_BYTES else f"{key!a} alone"
        if isinstance(member, str):
            yield name, to_utf8(member)
        for separators, escaped in product(((",", ":"), (", ", ": ")), (False, True)):
            text = json.dumps(member, separators=separators, ensure_ascii=escaped)
            yield name, to_utf8(text)
