"""What a sender may have signed in place of the raw body: each with a name, likely ones first."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from urllib.parse import parse_qsl

from openapi.json_text import parse
from webhook_sink.delivery import Delivery

Content = tuple[str, bytes]
LARGEST = 64 * 1024
"""Bytes. Of a larger body only the likeliest mistakes are tried."""
_MEMBERS = 12
_DEEPEST = 64
_LONGEST = 200
"""Bytes of an identity or a time that may stand in a header."""
_BOM = b"\xef\xbb\xbf"

_LAYOUTS: Mapping[str, tuple[int | None, tuple[str, str]]] = {
    "without spaces": (None, (",", ":")),
    "with spaces after , and :": (None, (", ", ": ")),
    "indented by 2": (2, (",", ": ")),
    "indented by 4": (4, (",", ": ")),
}


def contents(delivery: Delivery, values: list[bytes]) -> Iterator[Content]:
    """Yield what else than the raw body may have been signed; `values` are those of the header."""
    yield from edges(delivery.body)
    yield from dated(delivery, values)
    if len(delivery.body) > LARGEST:
        return
    yield from _wrapped(delivery.body)
    known = parse(delivery.body)
    if known.problem is None and known.depth <= _DEEPEST:
        yield from _serialised(known.value)
        yield from _parts(known.value)


def edges(body: bytes) -> Iterator[Content]:
    """Yield nothing, and the body with other ends."""
    yield "an empty body", b""
    yield "the body with a newline at its end", body + b"\n"
    yield "the body with a line break (CR LF) at its end", body + b"\r\n"
    yield "the body without the white space around it", body.strip()
    yield "the body with a byte order mark", _BOM + body
    yield "the body without its byte order mark", body.removeprefix(_BOM)
    yield "the body with line breaks as LF", body.replace(b"\r\n", b"\n")
    yield "the body with line breaks as CR LF", body.replace(b"\n", b"\r\n")


def dated(delivery: Delivery, values: list[bytes]) -> Iterator[Content]:
    """Yield the body with an identity, a time or an address before it, as other dialects have."""
    body = delivery.body
    short = [(n.lower(), v.strip()) for n, v in delivery.headers if len(v) <= _LONGEST]
    stamps = [v for _, v in short if re.fullmatch(rb"\d{10}(?:\d{3}){0,3}", v)][:3]
    stamps += [m[1] for value in values for m in re.finditer(rb"\bt=(\d{1,16})", value)][:3]
    names = [v for n, v in short if n.endswith(b"-id")][:3]
    for name, stamp in product(names, stamps):
        what = "the identity, the time and the body, with dots between (Standard Webhooks)"
        yield what, b".".join((name, stamp, body))
    for stamp in stamps:
        yield "the time, a dot and the body", stamp + b"." + body
        yield "v0, the time and the body, with colons between", b":".join((b"v0", stamp, body))
        yield "the time and the body", stamp + body
        yield "the body and the time", body + stamp
    for name in names:
        yield "the identity, a dot and the body", name + b"." + body
    target = delivery.target.encode("latin-1", "replace")
    method = delivery.method.encode(errors="replace")
    yield "the path and the body", target + body
    yield "the method, the path and the body", method + target + body
    for host in delivery.values("Host")[:1]:
        for scheme in (b"http://", b"https://"):
            yield "the URL and the body", scheme + host + target + body


def _wrapped(body: bytes) -> Iterator[Content]:
    yield "the body in hex", body.hex().encode()
    yield "the body in base64", base64.b64encode(body)
    yield "the SHA-256 of the body", hashlib.sha256(body).digest()
    yield "the SHA-256 of the body in hex", hashlib.sha256(body).hexdigest().encode()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    yield "the body as a JSON string", json.dumps(text).encode()
    yield "the body as a JSON string", json.dumps(text, ensure_ascii=False).encode()
    yield "the body in Latin-1", text.encode("latin-1", "replace")
    yield "the body in UTF-16", text.encode("utf-16-le")
    yield "the body in ASCII", text.encode("ascii", "replace")
    yield "the body with its UTF-8 encoded twice", body.decode("latin-1").encode()
    if re.match(rb"[\w.-]+=", body):
        for _, value in parse_qsl(text)[:3]:
            yield "a field of the form", value.encode(errors="replace")


def _serialised(value: object) -> Iterator[Content]:
    """Yield `value` in the ways in which libraries serialise JSON."""
    styles = list(product(_LAYOUTS.items(), (False, True), (False, True)))
    for end, added in ((b"", ""), (b"\n", ", a newline at its end")):
        for (layout, (indent, separators)), ordered, escaped in styles:
            text = json.dumps(
                value,
                indent=indent,
                separators=separators,
                sort_keys=ordered,
                ensure_ascii=escaped,
            )
            name = f"the body serialised anew, {layout}"
            name += ", keys sorted" * ordered + ", escaped to ASCII" * escaped + added
            yield name, _utf8(text) + end
    for escaped in (False, True):
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=escaped)
        name = "the body serialised anew, without spaces, with"
        yield f"{name} \\/ for /", _utf8(text.replace("/", "\\/"))
        for special in ("<>&", "<>&'+"):
            for form in ("\\u{:04x}", "\\u{:04X}"):
                table = {ord(character): form.format(ord(character)) for character in special}
                yield f"{name} the characters of HTML escaped", _utf8(text.translate(table))


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
        for (_, separators), escaped in product(list(_LAYOUTS.values())[:2], (False, True)):
            text = json.dumps(member, separators=separators, ensure_ascii=escaped)
            yield name, _utf8(text)


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
