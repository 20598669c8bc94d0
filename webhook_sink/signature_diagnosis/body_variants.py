"""Body variants that a sender may have signed: other line breaks, charsets, encodings. Pure."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

from webhook_sink.delivery import Delivery

NamedContent = tuple[str, bytes]
"""Name in words, and the bytes."""
GZIP_MAGIC = b"\x1f\x8b"
_MAX_DECOMPRESSED_BYTES = 1024 * 1024
_AUTO_DETECT_WBITS = 47
"""Value by which zlib detects the gzip and zlib formats."""
_UTF8_BOM = b"\xef\xbb\xbf"
_FORM_START = re.compile(rb"[\w.%+*\[\]-]{1,200}=")
_MAX_FORM_FIELDS = 5


def edge_variants(body: bytes) -> Iterator[NamedContent]:
    """Yield an empty body, and the body with other ends and line breaks."""
    yield "an empty body", b""
    yield "the body with a newline at its end", body + b"\n"
    yield "the body with a line break (CR LF) at its end", body + b"\r\n"
    yield "the body without the white space around it", body.strip()
    yield "the body with a byte order mark", _UTF8_BOM + body
    yield "the body without its byte order mark", body.removeprefix(_UTF8_BOM)
    yield "the body with LF line breaks", body.replace(b"\r\n", b"\n")
    yield "the body with CR LF line breaks", body.replace(b"\n", b"\r\n")


def decompressed_variants(delivery: Delivery) -> Iterator[NamedContent]:
    """Yield the body before compression, if it is compressed."""
    if not (delivery.body.startswith(GZIP_MAGIC) or delivery.header_values("Content-Encoding")):
        return
    for form in (_AUTO_DETECT_WBITS, -zlib.MAX_WBITS):
        reader = zlib.decompressobj(form)
        try:
            text = reader.decompress(delivery.body, _MAX_DECOMPRESSED_BYTES)
        except zlib.error:
            continue
        if reader.eof:
            yield "the uncompressed body", text


def charset_variants(body: bytes) -> Iterator[NamedContent]:
    """Yield the text of the body in other charsets."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield from _in_utf8(body)
        return
    yield "the body in Latin-1", text.encode("latin-1", "replace")
    yield "the body in Windows-1252", text.encode("cp1252", "replace")
    yield "the body in UTF-16", text.encode("utf-16-le")
    yield "the body in UTF-16, with a byte order mark", b"\xff\xfe" + text.encode("utf-16-le")
    yield "the body in UTF-16, big-endian", text.encode("utf-16-be")
    yield "the body in ASCII", text.encode("ascii", "replace")
    yield "the body in ASCII, without its other characters", text.encode("ascii", "ignore")
    yield "the body encoded twice in UTF-8", body.decode("latin-1").encode()


def _in_utf8(body: bytes) -> Iterator[NamedContent]:
    for charset in ("utf-16", "cp1252", "latin-1"):
        try:
            yield "the body in UTF-8", body.decode(charset).encode()
        except UnicodeError:
            continue


def encoded_variants(body: bytes) -> Iterator[NamedContent]:
    """Yield encodings and digests of any body, and variants of a form."""
    yield "the body in hex", body.hex().encode()
    yield "the body in base64", base64.b64encode(body)
    yield "the SHA-256 of the body", hashlib.sha256(body).digest()
    yield "the SHA-256 of the body in hex", hashlib.sha256(body).hexdigest().encode()
    yield "the repr of the body in Python", repr(body).encode()
    yield "the text [object Object], a JavaScript object converted to a string", b"[object Object]"
    text = body.decode(errors="replace")
    yield "the percent-encoded body", quote(text, safe="!~*'()").encode()
    yield "the body as a JSON string", json.dumps(text).encode()
    yield "the body as a JSON string", json.dumps(text, ensure_ascii=False).encode()
    if is_form(body):
        yield from _form_variants(text)


def is_form(body: bytes) -> bool:
    """Say whether `body` looks form-encoded."""
    return _FORM_START.match(body) is not None


def _form_variants(text: str) -> Iterator[NamedContent]:
    fields = parse_qsl(text, keep_blank_values=True)
    for _, value in fields[:_MAX_FORM_FIELDS]:
        yield "a field of the form", to_utf8(value)
    yield "the percent-decoded form", to_utf8(unquote_plus(text))
    yield "the form with sorted fields", urlencode(sorted(fields), errors="replace").encode()
    for separators in ((",", ":"), (", ", ": ")):
        for escaped in (True, False):
            made = json.dumps(dict(fields), separators=separators, ensure_ascii=escaped)
            yield "the fields of the form as JSON", to_utf8(made)


def to_utf8(text: str) -> bytes:
    """Return `text` in UTF-8; a lone surrogate becomes three bytes."""
    return text.encode(errors="surrogatepass")
