"""Signatures of Standard Webhooks by a key pair: version `v1a`."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hookproof.cli import main
from openapi.signatures import ed25519
from openapi.signatures.message import Message
from openapi.signatures.scheme import secret_problem
from openapi.signatures.standard_webhooks import SCHEME
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

# Source: svix-webhooks, server/svix-server/src/worker.rs, test_asymmetric_key_signing; the public
# key is in the README of the server.
PRIVATE = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
SIGNATURE = (
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)
IDENTITY, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
MESSAGE = Message(b'{"test": 2432232314}')
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = ed25519.write_private_key(bytes(range(32)))


def signed(*secrets: str) -> Message:
    return MESSAGE.with_headers(SCHEME.signed_headers(MESSAGE, secrets, IDENTITY, AT))


def test_the_published_signature() -> None:
    assert dict(SCHEME.signed_headers(MESSAGE, PRIVATE, IDENTITY, AT)) == {
        "webhook-id": IDENTITY,
        "webhook-timestamp": str(AT),
        "webhook-signature": SIGNATURE,
    }
    short = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
    assert ed25519.public_text(short) == ed25519.public_text(PRIVATE) == PUBLIC
    for secret in (PRIVATE, PUBLIC, short):
        assert SCHEME.verify(signed(PRIVATE), secret, AT) is None


def test_a_header_has_signatures_of_both_versions() -> None:
    both = signed(SHARED, OTHER, PRIVATE)
    for secret in (SHARED, PUBLIC, ed25519.public_text(OTHER)):
        assert SCHEME.verify(both, secret, AT) is None
        other = SCHEME.other_secret(secret)
        assert "is not the" in str(SCHEME.verify(both, other, AT))
    assert str(SCHEME.verify(both, PUBLIC, AT + 301)).startswith("webhook-timestamp differs")


@pytest.mark.parametrize("secret", [PRIVATE, PUBLIC])
def test_each_part_of_the_content_counts(secret: str) -> None:
    message = signed(PRIVATE)
    complaint = "webhook-signature is not the ed25519 of {id}.{timestamp}.{body} under the key"
    for changed in (
        replace(message, body=message.body + b" "),
        message.with_headers([("webhook-id", "msg_2")]),
        message.with_headers([("webhook-timestamp", str(AT + 1))]),
        message.with_headers([("webhook-signature", SIGNATURE[:-4] + "AA==")]),
        message.with_headers([("webhook-signature", SIGNATURE.removeprefix("v1a,"))]),
        message.with_headers([("webhook-signature", "v1a,\xff")]),
    ):
        assert SCHEME.verify(changed, secret, AT) == complaint
    assert SCHEME.verify(MESSAGE, secret, AT) == "there is no webhook-signature header"


@pytest.mark.parametrize("secret", [PRIVATE, PUBLIC, OTHER])
def test_another_secret_has_the_same_form(secret: str) -> None:
    other = SCHEME.other_secret(secret)
    assert other[:5] == secret[:5]
    assert other != secret
    assert SCHEME.secret_problem(other) is None


@pytest.mark.parametrize(
    "secret",
    [
        "whsk_",
        "whsk_%",
        "whpk_" + "A" * 40,
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlaaaaaaaaaaAJ6p9lMicMFs6Kvg==",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n",
        pytest.param(
            generate_private_key(SECP256R1())
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode(),
            id="a key of another kind",  # a new one in each process, so it cannot name the test
        ),
    ],
)
def test_a_text_that_is_no_key_is_a_problem(secret: str) -> None:
    assert SCHEME.secret_problem(secret) == ed25519.NEEDED
    assert secret_problem([SCHEME], secret) == (
        f"the webhook secret does not fit this contract: it needs {ed25519.NEEDED}"
    )
    # Such a secret counts as text, so that nothing raises.
    assert SCHEME.verify(signed(PRIVATE), secret, AT) is not None
    assert dict(SCHEME.signed_headers(MESSAGE, secret, IDENTITY, AT))


def test_a_public_key_verifies_only() -> None:
    assert SCHEME.secret_problem(PUBLIC) is None
    assert SCHEME.secret_problem(PUBLIC, signs=True) == ed25519.NEEDED_TO_SIGN
    assert SCHEME.secret_problem(PRIVATE, signs=True) is None


def test_keys_in_pem() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    assert SCHEME.verify(signed(private), public, AT) is None
    assert SCHEME.verify(signed(private), OTHER, AT) is None
    assert SCHEME.secret_problem(public, signs=True) == ed25519.NEEDED_TO_SIGN


def explanation(message: Message, *secrets: str) -> str | None:
    delivery = Delivery(1, AT, "POST", "/", message.headers, message.body, False, "", 0)
    return explain_signature(SCHEME, delivery, secrets)


def renamed(message: Message, name: str) -> Message:
    pairs = ((name.encode() if n == b"webhook-signature" else n, v) for n, v in message.headers)
    return replace(message, headers=tuple(pairs))


def test_explains_a_wrong_signature_by_a_key_pair() -> None:
    good, reordered = signed(PRIVATE), Message(b'{"test":2432232314}')
    over = reordered.with_headers(SCHEME.signed_headers(reordered, PRIVATE, IDENTITY, AT))
    raw = ed25519.read_key(PRIVATE)
    assert raw is not None
    alone = "v1a," + SIGNATURE[4:]
    assert explanation(good, OTHER) == (
        "it is computed with another secret, or over another id, timestamp or body"
    )
    assert explanation(good, OTHER, PUBLIC) == (
        "it is computed with the second of the 2 configured secrets"
    )
    assert explanation(replace(over, body=MESSAGE.body), PUBLIC) == (
        "it is computed over {id}.{timestamp}.{body}, where {body} is the re-serialised body, "
        "without spaces"
    )
    hexadecimal = raw.sign(f"{IDENTITY}.{AT}.".encode() + MESSAGE.body).hex()
    for value, reason in (
        (f"v1a,{hexadecimal}", "its encoding is hex, not base64"),
        (SIGNATURE.removeprefix("v1a,"), "it lacks the prefix 'v1a,'"),
        (alone.replace("v1a,", "v1,"), "it has the prefix 'v1,'"),
    ):
        changed = good.with_headers([("webhook-signature", value)])
        assert str(explanation(changed, PUBLIC)).startswith(reason)
    assert explanation(renamed(good, "x-signature"), PUBLIC) == (
        "the signature is in 'x-signature'"
    )


def test_explains_that_the_version_is_another_one() -> None:
    assert explanation(signed(SHARED), PUBLIC) == (
        "it has only signatures of v1 (hmac-sha256), and the secret is a key of v1a (ed25519)"
    )
    assert explanation(signed(PRIVATE), SHARED) == (
        "it has only signatures of v1a (ed25519), and the secret is the shared key of v1"
    )


@pytest.fixture
def _no_cryptography(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Behave as an installation without the extra."""
    ed25519.read_key.cache_clear()
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    yield
    ed25519.read_key.cache_clear()


@pytest.mark.usefixtures("_no_cryptography")
def test_a_command_says_which_package_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    contract = tmp_path_factory.mktemp("contract") / "contract.yaml"
    contract.write_text(CONTRACT, encoding="utf-8")
    body = contract.with_name("body")
    body.write_bytes(MESSAGE.body)
    sign = ["signature", "sign", str(body), "--contract", str(contract)]
    assert main([*sign, "--webhook-secret", PRIVATE]) == 2
    shown = capsys.readouterr().err
    assert shown == (
        "hookproof: an ed25519 key needs the package cryptography: install hookproof[signatures]\n"
    )
    assert main([*sign, "--webhook-secret", SHARED]) == 0


CONTRACT = """
openapi: 3.1.0
info: {title: Signed, version: "1"}
webhooks:
  made:
    post:
      security: [{seal: []}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: received}}
components:
  securitySchemes:
    seal:
      type: apiKey
      in: header
      name: webhook-signature
      x-hookproof-signature: {scheme: standard-webhooks}
"""
