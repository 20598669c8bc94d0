"""Decoding: a secret is found in each of its encodings."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from openapi.redaction.decoding import decode_all

SECRET = 'a secret/with "quotes" & more+of it'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET).replace("/", "\\/"),
        "".join(f"\\u{ord(character):04x}" for character in SECRET),
        "".join(f"&#{ord(character)};" for character in SECRET),
        "".join(f"&#x{ord(character):x};" for character in SECRET),
        html.escape(SECRET),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{SECRET}???>>>".encode()).decode().rstrip("="),
        quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
    ids=range(15),
)
def test_finds_an_encoded_secret(text: str) -> None:
    raw = json.dumps({"a": 1, "b": text}).encode() if text.isalnum() else f"[{text}]".encode()
    assert SECRET.encode() in b"\n".join(decode_all(raw))
    assert SECRET.encode() not in b"\n".join(decode_all(raw.replace(text[:8].encode(), b"")))


@given(raw=st.binary())
@settings(deadline=None, derandomize=True, database=None)
def test_decoding_accepts_all_bytes_and_keeps_them(raw: bytes) -> None:
    assert decode_all(raw)[0] == raw
