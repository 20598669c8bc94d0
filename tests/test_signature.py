"""Signatures are over bytes: known values, and no input that makes verifying raise."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from openapi.loading import load
from openapi.signature import SignatureScheme, sign, verify

SCHEME = load().events[0].signature
HEX = SignatureScheme("X-Signature", "hmac-sha256", "hex", "sha256=", "")
BODY = b"The quick brown fox jumps over the lazy dog"


def scheme() -> SignatureScheme:
    assert SCHEME is not None
    return SCHEME


def test_known_values() -> None:
    # HMAC-SHA256 with the key "key", as published on many pages about HMAC.
    assert sign(HEX, BODY, "key") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )
    assert sign(scheme(), BODY, "key") == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="


@given(body=st.binary(), secret=st.text(min_size=1))
@settings(deadline=None, derandomize=True, database=None)
def test_what_was_signed_verifies_and_nothing_else(body: bytes, secret: str) -> None:
    value = sign(scheme(), body, secret).encode()
    assert verify(scheme(), [(b"webhook-SIGNATURE", value)], body, secret) is None
    assert verify(scheme(), [(b"webhook-signature", value)], body + b"\n", secret) is not None


@given(value=st.binary(), body=st.binary())
@settings(deadline=None, derandomize=True, database=None)
def test_no_header_makes_verifying_raise(value: bytes, body: bytes) -> None:
    assert verify(scheme(), [(b"Webhook-Signature", value)], body, "secret") is not None


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "there is no Webhook-Signature header"),
        ([(b"Webhook-Signature", b"a"), (b"webhook-signature", b"b")], "there are 2"),
        ([(b"Webhook-Signature", b"AAAA")], "is not the hmac-sha256 of the raw body"),
    ],
)
def test_the_reason_is_said(headers: list[tuple[bytes, bytes]], reason: str) -> None:
    assert reason in str(verify(scheme(), headers, BODY, "key"))
