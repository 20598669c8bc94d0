"""What a sender may have signed in place of what it should: each with a name, likely ones first."""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice, product

from openapi.formats import instant
from openapi.signature import BODY, SignatureScheme, content
from openapi.strict_json import parse
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import (
    Content,
    edges,
    recoded,
    unpacked,
    wrapped,
)
from webhook_sink.signature_diagnosis.json_dialects import LIKELY, serialised

LARGEST = 64 * 1024
"""Bytes. Of a larger body only the likeliest mistakes are tried."""
_LARGE = 8 * 1024
"""Bytes. A larger body is serialised anew in the likeliest ways alone."""
_MEMBERS = 12
_DEEPEST = 64
_LONGEST = 200
"""Bytes of an identity or a time that may stand in a header."""
_FEW = 3
"""So many identities and times are tried."""
_STAMP = re.compile(rb"\d{10}(?:\d{3}){0,3}")


def contents(scheme: SignatureScheme, delivery: Delivery, values: list[bytes]) -> Iterator[Content]:
    """Yield each that is not the right one, once; `values` are those of headers with signatures."""
    # By their hashes: all of them together may be large.
    seen = {hash(content(scheme, delivery.headers, delivery.body))}
    for name, made in chain(likely(scheme, delivery, values), _others(scheme, delivery)):
        if hash(made) not in seen:
            seen.add(hash(made))
            yield name, made


def likely(scheme: SignatureScheme, delivery: Delivery, values: list[bytes]) -> Iterator[Content]:
    """Yield the body with other ends, and with other things before or behind it."""
    if scheme.signs != BODY:
        yield "the body alone", delivery.body
    yield from _placed(scheme, delivery, edges(delivery.body))
    yield from _placed(scheme, delivery, unpacked(delivery))
    yield from _renamed(scheme, delivery)
    yield from dated(delivery, values)


def _placed(
    scheme: SignatureScheme, delivery: Delivery, bodies: Iterator[Content]
) -> Iterator[Content]:
    """Yield what would be signed if the body were another."""
    for name, body in bodies:
        if scheme.signs == BODY:
            yield name, body
        else:
            words = f"{scheme.signs}, {{body}} being {name}"
            yield words, content(scheme, delivery.headers, body)


def _renamed(scheme: SignatureScheme, delivery: Delivery) -> Iterator[Content]:
    """Yield what is right but for the names of the headers that are signed with the body."""
    if scheme.id_header is None or scheme.timestamp_header is None:
        return
    short = [(n, v) for n, v in delivery.headers if len(v) <= _LONGEST]
    names = [pair for pair in short if pair[0].lower().endswith(b"-id")][:_FEW]
    stamps = [pair for pair in short if _STAMP.fullmatch(pair[1])][:_FEW]
    for (name, identity), (stamp, time) in product(names, stamps):
        pairs = ((scheme.id_header.encode(), identity), (scheme.timestamp_header.encode(), time))
        words = f"{{id}} being that of {shown(name)}, {{timestamp}} that of {shown(stamp)}"
        yield f"{scheme.signs}, {words}", content(scheme, pairs, delivery.body)


def shown(name: bytes) -> str:
    """Return the name of a header for a sentence."""
    return ascii(name[:60].decode("latin-1"))


def _others(scheme: SignatureScheme, delivery: Delivery) -> Iterator[Content]:
    if len(delivery.body) > LARGEST:
        return
    yield from _placed(scheme, delivery, recoded(delivery.body))
    yield from _placed(scheme, delivery, wrapped(delivery.body))
    known = parse(delivery.body)
    if known.problem is None and known.depth <= _DEEPEST:
        most = LIKELY if len(delivery.body) > _LARGE else None
        yield from _placed(scheme, delivery, _serialised(known.value, most))
        yield from _placed(scheme, delivery, _parts(known.value))


def _serialised(value: object, most: int | None) -> Iterator[Content]:
    for name, text in islice(serialised(value), most):
        yield f"the body serialised anew, {name}", _utf8(text)
    yield "the payload as Python prints it", _utf8(str(value))


def dated(delivery: Delivery, values: list[bytes]) -> Iterator[Content]:
    """Yield the body with an identity, a time or an address before it, as other dialects have."""
    body = delivery.body
    short = [(n.lower(), v.strip()) for n, v in delivery.headers if len(v) <= _LONGEST]
    stamps = _stamps([v for _, v in short], values)
    names = [v for n, v in short if n.endswith(b"-id")][:_FEW]
    for name, stamp in product(names, stamps):
        what = "the identity, the time and the body, with dots between (Standard Webhooks)"
        yield what, b".".join((name, stamp, body))
        yield "the identity, the time and the body", name + stamp + body
    for stamp in stamps:
        yield "the time, a dot and the body", stamp + b"." + body
        yield "v0, the time and the body, with colons between", b":".join((b"v0", stamp, body))
        yield "the time, a colon and the body", stamp + b":" + body
        yield "the time and the body, on lines of their own", stamp + b"\n" + body
        yield "the time and the body", stamp + body
        yield "the body, a dot and the time", body + b"." + stamp
        yield "the body and the time", body + stamp
    for name in names:
        yield "the identity, a dot and the body", name + b"." + body
        yield "the identity and the body", name + body
    target = delivery.target.encode("latin-1", "replace")
    method = delivery.method.encode(errors="replace")
    yield "the path and the body", target + body
    yield "the method, the path and the body", method + target + body
    what = "the method, the path and the body, on lines of their own"
    yield what, b"\n".join((method, target, body))
    for host in delivery.values("Host")[:1]:
        for scheme in (b"http://", b"https://"):
            yield "the URL and the body", scheme + host + target + body


def _stamps(headers: list[bytes], values: list[bytes]) -> list[bytes]:
    """Return what could be a time: among the headers, and within the signature's own."""
    found = [v for v in headers if _STAMP.fullmatch(v)][:_FEW]
    found += [v for v in headers if instant(v.decode("latin-1")) is not None][:_FEW]
    found += [m[1] for value in values for m in re.finditer(rb"\bt=(\d{1,16})", value)][:_FEW]
    seconds = [v[:10] for v in found if len(v) > 10 and v.isdigit()]
    return list(dict.fromkeys(found + seconds))


def _parts(value: object) -> Iterator[Content]:
    """Yield what stands inside of the payload, where that alone was signed."""
    if isinstance(value, str):
        yield "the text inside of the JSON string", _utf8(value)
        return
    members = list(value.items())[:_MEMBERS] if isinstance(value, dict) else []
    for key, member in members:
        name = "a member of the payload" if len(key) > _LONGEST else f"{key!a} alone"
        if isinstance(member, str):
            yield name, _utf8(member)
        for separators, escaped in product(((",", ":"), (", ", ": ")), (False, True)):
            text = json.dumps(member, separators=separators, ensure_ascii=escaped)
            yield name, _utf8(text)


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
