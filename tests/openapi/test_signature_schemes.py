"""Signature schemes with a name: each signs and verifies, and every part of a message counts."""

from dataclasses import replace

import pytest

from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES
from openapi.signatures.scheme import SignatureScheme

AT = 1_700_000_000
BODY, HEADERS = b'{"id":"evt_1"}', ((b"Content-Type", b"application/json"),)
URL = "https://receiver.example/hooks?team=7"


def sent(scheme: SignatureScheme) -> Message:
    """Return the message without a signature, with the URL that the scheme needs."""
    message = Message(BODY, HEADERS, url=URL)
    return message.with_url(scheme.delivery_url(message))


def signed(scheme: SignatureScheme, *secrets: str, at: float = AT) -> Message:
    message = sent(scheme)
    return message.with_headers(scheme.signed_headers(message, secrets, "msg_1", at))


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_verifies_what_it_signs_and_nothing_else(scheme: SignatureScheme) -> None:
    secret = scheme.make_secret("0123456789abcdef0123456789abcdef")
    other = scheme.other_secret(secret)
    message = signed(scheme, secret)
    assert scheme.secret_problem(secret) is None
    assert scheme.secret_problem(other) is None
    assert scheme.verify(message, secret, AT) is None
    assert scheme.verify(message, other, AT) is not None
    assert scheme.verify(replace(message, body=message.body + b"\n"), secret, AT) is not None
    for name in scheme.header_names():
        pairs = tuple(pair for pair in message.headers if pair[0].decode() != name)
        without = scheme.verify(replace(message, headers=pairs), secret, AT)
        assert without == f"there is no {name} header"
        changed = message.with_headers([(name, "1")])
        assert scheme.verify(changed, secret, AT) is not None


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_timestamp_is_signed_and_has_a_tolerance(scheme: SignatureScheme) -> None:
    secret = scheme.make_secret("0123456789abcdef0123456789abcdef")
    message = sent(scheme)
    headers = scheme.signed_headers(message, secret, "msg_1", AT)
    fresh = message.with_headers(scheme.with_timestamp(headers, AT + 1))
    if not scheme.has_timestamp:
        assert scheme.tolerance is None
        assert fresh == message.with_headers(headers)
        return
    assert scheme.tolerance is not None
    assert "is not the" in str(scheme.verify(fresh, secret, AT))
    for apart in (-scheme.tolerance - 1, scheme.tolerance + 1):
        message = signed(scheme, secret)
        assert "differs from the arrival" in str(scheme.verify(message, secret, AT + apart))
        assert scheme.verify(message, secret) is None


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_one_valid_signature_of_several_is_enough(scheme: SignatureScheme) -> None:
    secret = scheme.make_secret("0123456789abcdef0123456789abcdef")
    other, third = scheme.other_secret(secret), scheme.other_secret(scheme.other_secret(secret))
    if not scheme.has_several_signatures:
        with pytest.raises(ValueError, match="only one signature"):
            signed(scheme, other, secret)
        return
    assert scheme.verify(signed(scheme, other, secret), secret, AT) is None
    assert scheme.verify(signed(scheme, secret, other), secret, AT) is None
    assert scheme.verify(signed(scheme, other, third), secret, AT) is not None
