"""Decoding of bytes, because a leaked secret may be encoded."""

import binascii
import html
import re
from urllib.parse import unquote_to_bytes

MAX_DECODED_BYTES = 256 * 1024
"""Size of the prefix that is decoded."""
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_HEX_RUN = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
_JSON_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def decode_all(raw: bytes) -> bytes:
    """Return `raw` and every decoding of it and its parts, one line each.

    The decodings: URL encoding, JSON escapes, HTML character references, base64 (both alphabets)
    and hex.
    """
    begin = raw[:MAX_DECODED_BYTES]
    found = [raw]
    if b"%" in begin:
        found.append(unquote_to_bytes(begin.replace(b"+", b" ")))
        found.append(unquote_to_bytes(begin))
    if b"\\" in begin:
        found.append(_JSON_ESCAPE.sub(_unescape_json, begin))
    if b"&" in begin:
        found.append(html.unescape(begin.decode(errors="replace")).encode(errors="replace"))
    for text in tuple(found):
        found += [_decode_base64(run) for run in _BASE64_RUN.findall(text)]
        found += [bytes.fromhex(run.decode()) for run in _HEX_RUN.findall(text)]
    return b"\n".join(found)


def _unescape_json(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode(errors="replace") if match[1] else match[2]


def _decode_base64(run: bytes) -> bytes:
    text = run.translate(_STANDARD_ALPHABET)
    # A length of 4n + 1 is impossible in base64: the last character is not part of it.
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""
