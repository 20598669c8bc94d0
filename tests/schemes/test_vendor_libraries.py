"""Signature schemes against the libraries of their vendors, in both directions."""

import time
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vendor_libraries import LIBRARIES, VendorCalls, VendorLibrary

from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES, build_scheme
from openapi.signatures.scheme import SignatureScheme

pytestmark = pytest.mark.integration

URL = "https://receiver.example/hooks?team=7"
BODIES = {
    "application/json": '{"object": "event",  "note": "caf\u00e9 \u20ac", "list": [1.0, 2]}\n',
    "application/x-www-form-urlencoded": "To=%2B1555&Body=caf%C3%A9+%26+more&To=%2B1444&Empty=",
}


@pytest.fixture
def calls(library: VendorLibrary, request: pytest.FixtureRequest) -> VendorCalls:
    process: VendorCalls = request.getfixturevalue(library.registry.lower())
    return process


@pytest.fixture
def scheme(library: VendorLibrary) -> SignatureScheme:
    stated = {"scheme": library.scheme, **library.stated}
    return build_scheme(stated, SCHEMES[library.scheme].header, "")


def secret_pair(scheme: SignatureScheme, seed: int) -> tuple[str, str]:
    """Return the secret of the sender and that of the receiver."""
    if scheme.algorithm != "ed25519":
        secret = scheme.make_secret(f"{seed:032x}")
        return secret, secret
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def messages(library: VendorLibrary, scheme: SignatureScheme) -> list[Message]:
    """Return an unsigned message of each media type, with the URL that the scheme needs."""
    made = [
        Message(BODIES[name].encode(), ((b"Content-Type", name.encode()),), url=URL)
        for name in library.media_types
    ]
    return [message.with_url(scheme.delivery_url(message)) for message in made]


def call_of(library: VendorLibrary, message: Message, secret: str) -> dict[str, Any]:
    """Return the arguments of a call."""
    headers = {name.decode(): value.decode() for name, value in message.headers}
    return {
        "secret": secret,
        "headers": headers,
        "body": message.body.decode(),
        "url": message.url,
        "id": "msg_1",
        "at": int(time.time()),
        "key_id": library.stated.get("key-id", ""),
        "algorithm": library.stated.get("algorithm", ""),
    }


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_it_accepts_what_we_sign_and_nothing_else(
    library: VendorLibrary, scheme: SignatureScheme, calls: VendorCalls
) -> None:
    (ours, theirs), (_, other) = secret_pair(scheme, 1), secret_pair(scheme, 2)
    for unsigned in messages(library, scheme):
        headers = scheme.signed_headers(unsigned, ours, "msg_1", time.time())
        message = unsigned.with_headers(headers)
        changed = replace(message, body=message.body.replace(b"caf", b"Caf"))
        assert changed.body != message.body
        assert calls.call(library, "verify", **call_of(library, message, theirs)) is True
        assert calls.call(library, "verify", **call_of(library, message, other)) is False
        if library.registry == "PyPI" or library.scheme != "http-message-signatures":
            assert calls.call(library, "verify", **call_of(library, changed, theirs)) is False
        else:  # the library does not read Content-Digest, which covers the body
            digest = replace(changed, headers=()).with_headers(
                scheme.signed_headers(changed, ours, "msg_1", 0)
            )
            (value,) = digest.header_values("Content-Digest")
            swapped = changed.with_headers([("Content-Digest", value.decode())])
            assert calls.call(library, "verify", **call_of(library, swapped, theirs)) is False


@pytest.mark.parametrize("library", [one for one in LIBRARIES if one.signs], ids=str)
def test_we_accept_what_it_signs_and_nothing_else(
    library: VendorLibrary, scheme: SignatureScheme, calls: VendorCalls
) -> None:
    (theirs, ours), (_, other) = secret_pair(scheme, 1), secret_pair(scheme, 2)
    for unsigned in messages(library, scheme):
        sent = unsigned
        if library.registry == "npm" and library.scheme == "http-message-signatures":
            # The library does not write Content-Digest.
            made = dict(scheme.signed_headers(unsigned, theirs, "", 0))
            sent = unsigned.with_headers([("Content-Digest", made["Content-Digest"])])
        headers = calls.call(library, "sign", **call_of(library, sent, theirs))
        message = sent.with_headers(headers.items())
        changed = replace(message, body=message.body.replace(b"caf", b"Caf"))
        assert scheme.verify(message, ours, time.time()) is None
        assert scheme.verify(changed, ours, time.time()) is not None
        assert scheme.verify(message, other, time.time()) is not None


@pytest.mark.parametrize("library", [one for one in LIBRARIES if one.accepts_several], ids=str)
def test_it_accepts_one_valid_signature_of_several(
    library: VendorLibrary, scheme: SignatureScheme, calls: VendorCalls
) -> None:
    secrets = [secret_pair(scheme, seed)[0] for seed in (1, 2)]
    for unsigned in messages(library, scheme):
        headers = scheme.signed_headers(unsigned, secrets, "msg_1", time.time())
        message = unsigned.with_headers(headers)
        for secret in secrets:
            assert calls.call(library, "verify", **call_of(library, message, secret)) is True
        third = secret_pair(scheme, 3)[1]
        assert calls.call(library, "verify", **call_of(library, message, third)) is False


@pytest.mark.parametrize(
    "library", [one for one in LIBRARIES if SCHEMES[one.scheme].has_timestamp], ids=str
)
def test_it_refuses_a_stale_delivery(
    library: VendorLibrary, scheme: SignatureScheme, calls: VendorCalls
) -> None:
    assert scheme.tolerance is not None
    ours, theirs = secret_pair(scheme, 1)
    for unsigned in messages(library, scheme):
        at = time.time() - scheme.tolerance - 60
        message = unsigned.with_headers(scheme.signed_headers(unsigned, ours, "msg_1", at))
        assert "differs from the arrival" in str(scheme.verify(message, ours, time.time()))
        assert calls.call(library, "verify", **call_of(library, message, theirs)) is False
