"""No header, URL, body or secret makes a scheme or its explanation raise."""

import random

import pytest
from support.scheme_contracts import PRIVATE_KEY, secret_of

from openapi.signatures.ed25519 import public_text
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

ATOMS = (
    *(b"sig1=(", b'"@method"', b'"@query-param";name="a"', b")", b";created=", b";expires=1"),
    *(b'("x")', b';alg="ed25519"', b"1", b"-5", b"1.5", b"?1", b"@5", b"9" * 20, b":AAAA:"),
    *(b"v1,", b"v1a,", b"t=", b"ts=", b"h1=", b"v1=", b"sha-256=", b"sha-256=:AA==:", b"sha256="),
    *(b'"', b",", b";", b"=", b" ", b"*", b"%ff", b"\xff", b"\x00", b"\r\n"),
    *(b"0" * 64, b"A" * 88, b"a" * 70, b"[", b"]:x", b"http://"),
)
URLS = (
    "",
    "x",
    "//",
    "http://",
    "http://[::1",
    "http://h:99999/",
    "http://h:x/?a",
    "http://é/%zz?%ff",
)
TARGETS = ("/", "/a?b", "*", "", "//[", "//h:9x/", "http://x/y", "/%zz?bodySHA256=1&bodySHA256")
NAMES = ("Content-Type", "Host", "X-Forwarded-Host", "X-Signature", "Signature", "Signature-Input")
TRIES = 250


def bytes_of(rng: random.Random) -> bytes:
    return b"".join(rng.choice(ATOMS) for _ in range(rng.randrange(8)))


@pytest.mark.parametrize("name", SCHEMES)
def test_hostile_deliveries_raise_nothing(name: str) -> None:
    rng, scheme = random.Random(name), SCHEMES[name]
    secrets = (secret_of(name), PRIVATE_KEY, public_text(PRIVATE_KEY), "whsk_", "-----BEGIN x")
    for _ in range(TRIES):
        headers = [
            (header.encode(), bytes_of(rng))
            for header in scheme.header_names()
            for _ in range(rng.choice((0, 1, 1, 1, 2)))
        ]
        headers += [(rng.choice(NAMES).encode(), bytes_of(rng)) for _ in range(2)]
        body, secret = bytes_of(rng), rng.choice(secrets)
        message = Message(body, tuple(headers), url=rng.choice(URLS))
        delivery = Delivery(
            1, 1.0, "POST", rng.choice(TARGETS), message.headers, body, False, "", 0
        )
        assert scheme.verify(message, secret, 1.0) is not None
        assert scheme.verify(delivery.message, secret, 1.0) is not None
        explain_signature(scheme, delivery, (secret, "another secret"))
        signed = scheme.signed_headers(message, secret, "id", 1.0)
        assert scheme.header in dict(signed)
        assert scheme.with_timestamp(signed, 2.0)
