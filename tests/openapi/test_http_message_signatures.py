"""HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530)."""

import base64
import hashlib
import hmac
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.scheme_contracts import PRIVATE_KEY, signed_contract, write_contract

from hookproof.cli import main
from openapi.loading.loader import parse_contract
from openapi.signatures import content_digest, http_message
from openapi.signatures.ed25519 import NEEDED, NEEDED_TO_SIGN, public_text
from openapi.signatures.http_message import SCHEME, HttpMessageScheme
from openapi.signatures.message import Message
from openapi.signatures.message_components import (
    Component,
    component_value,
    normal_url,
    signature_base,
)
from openapi.signatures.structured_fields import parse_dictionary
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

# Source: RFC 9421, appendix B.1 (keys) and B.2 (test-request).
SHARED = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
PRIVATE_PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
PUBLIC_PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJ"
    "wew==:"
)
REQUEST = Message(
    b'{"hello": "world"}',
    (
        (b"Host", b"example.com"),
        (b"Date", b"Tue, 20 Apr 2021 02:07:55 GMT"),
        (b"Content-Type", b"application/json"),
        (b"Content-Digest", DIGEST.encode()),
        (b"Content-Length", b"18"),
    ),
    url="https://example.com/foo?param=Value&Pet=dog",
)
CREATED = 1_618_884_473
B25_INPUT = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
B25 = "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="
B26_INPUT = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
B26 = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
HMAC = replace(
    SCHEME,
    components=("date", "@authority", "content-type"),
    key_id="test-shared-secret",
    secret_encoding="base64",
)
PAIR = replace(
    SCHEME,
    components=("date", "@method", "@path", "@authority", "content-type", "content-length"),
    key_id="test-key-ed25519",
    hash_name="ed25519",
)


def with_signature(stated: str, signature: str) -> Message:
    return REQUEST.with_headers(
        [("Signature-Input", f"sig={stated}"), ("Signature", f"sig=:{signature}:")]
    )


@pytest.mark.parametrize(
    ("scheme", "stated", "signature", "secrets"),
    [
        (HMAC, B25_INPUT, B25, [SHARED]),
        (PAIR, B26_INPUT, B26, [PRIVATE_PEM, PUBLIC_PEM]),
    ],
    ids=["B.2.5 hmac-sha256", "B.2.6 ed25519"],
)
def test_the_published_signatures(
    scheme: HttpMessageScheme, stated: str, signature: str, secrets: list[str]
) -> None:
    message = with_signature(stated, signature)
    for secret in secrets:
        assert scheme.verify(message, secret, CREATED + 5) is None
        changed = message.with_headers([("Date", "Tue, 20 Apr 2021 02:07:56 GMT")])
        assert "is not the" in str(scheme.verify(changed, secret))
    base = base_of(message, scheme)
    assert base64.b64encode(scheme.sign_base(base, secrets[0])).decode() == signature


def test_the_published_signature_base() -> None:
    # Source: RFC 9421, appendix B.2.5.
    components: list[Component] = [(name, {}) for name in HMAC.components]
    stated = {"created": CREATED, "keyid": "test-shared-secret"}
    assert signature_base(REQUEST, components, stated) == (
        b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        b'"@authority": example.com\n'
        b'"content-type": application/json\n'
        b'"@signature-params": ' + B25_INPUT.encode()
    )


@pytest.mark.parametrize(
    ("name", "parameters", "value"),
    [
        # Source: RFC 9421, sections 2.2.1 to 2.2.8.
        ("@method", {}, "POST"),
        ("@target-uri", {}, "https://www.example.com/path?param=value"),
        ("@authority", {}, "www.example.com"),
        ("@scheme", {}, "https"),
        ("@request-target", {}, "/path?param=value"),
        ("@path", {}, "/path"),
        ("@query", {}, "?param=value"),
        ("@query-param", {"name": "param"}, "value"),
        ("@query-param", {"name": "other"}, None),
        ("@query-param", {}, None),
        ("@status", {}, None),
        ("x-list", {}, "a, b c"),
        ("x-list", {"sf": True}, None),
        ("x-empty", {}, ""),
        ("x-missing", {}, None),
    ],
)
def test_components(name: str, parameters: dict[str, object], value: str | None) -> None:
    headers = ((b"X-List", b" a "), (b"x-list", b"b\r\n c"), (b"X-Empty", b""))
    message = Message(b"", headers, url="HTTPS://WWW.Example.com:443/path?param=value#part")
    assert component_value(message, name, parameters) == value


def test_an_url_has_one_form() -> None:
    assert normal_url("http://Host:80") == "http://host/"
    assert normal_url("https://host:80/a") == "https://host:80/a"
    assert component_value(Message(b"", url="https://host/a"), "@query", {}) == "?"
    assert component_value(Message(b""), "@target-uri", {}) is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (DIGEST, None),
        (content_digest.write_digest(REQUEST.body), None),
        (content_digest.write_digest(REQUEST.body, "sha-512") + ", md5=:AA==:", None),
        ("sha-256=:AAAA:", "Content-Digest is not the sha-256 of the body"),
        (f"{DIGEST}, sha-256=:AAAA:", "Content-Digest is not the sha-256 of the body"),
        ("md5=:AA==:", "Content-Digest has neither sha-256 nor sha-512"),
        ("sha-256=AAAA", "Content-Digest has no byte sequence for sha-256"),
        ("sha-256:", "Content-Digest is not a dictionary"),
        ("", "Content-Digest is not a dictionary"),
    ],
)
def test_the_digest_of_the_body(value: str, problem: str | None) -> None:
    found = content_digest.digest_problem([value.encode()], REQUEST.body)
    assert (found is None) if problem is None else str(found).startswith(problem)


PLAIN = Message(
    b'{"a":1}', ((b"Content-Type", b"application/json"),), url="https://x.example/hooks?a=1"
)
SECRET, OTHER = "a shared secret of the tests", "another secret of the tests"


def signed(*secrets: str, at: float = CREATED, scheme: HttpMessageScheme = SCHEME) -> Message:
    return PLAIN.with_headers(scheme.signed_headers(PLAIN, secrets or (SECRET,), "", at))


def stated_in(message: Message) -> str:
    return b"".join(message.header_values("Signature-Input")).decode()


def test_several_signatures_have_their_labels() -> None:
    message = signed(OTHER, SECRET, scheme=replace(SCHEME, label="hook"))
    stated = parse_dictionary(message.header_values("Signature"))
    assert list(stated or ()) == ["hook", "hook-2"]
    assert SCHEME.verify(message, SECRET, CREATED) is None
    assert SCHEME.verify(message, OTHER, CREATED) is None
    # A receiver may get the signatures in several lines.
    first, second = signed(OTHER), signed(SECRET, scheme=replace(SCHEME, label="b"))
    lines = tuple(p for p in second.headers if p[0] in (b"Signature", b"Signature-Input"))
    assert SCHEME.verify(replace(first, headers=(*first.headers, *lines)), SECRET) is None


def changed_input(old: str, new: str) -> Message:
    message = signed()
    assert old in stated_in(message)
    return message.with_headers([("Signature-Input", stated_in(message).replace(old, new))])


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (PLAIN, "there is no Signature header"),
        (replace(signed(), body=b'{"a":2}'), "Content-Digest is not the sha-256 of the body"),
        (signed().with_url("https://x.example/hooks?a=2"), "Signature is not the hmac-sha256 of"),
        (signed().with_url(""), "the URL of the delivery is unknown"),
        (replace(signed(), method="PUT"), "Signature is not the hmac-sha256 of its components"),
        (signed().with_headers([("Content-Type", "text/plain")]), "Signature is not the hmac-"),
        (signed(OTHER), "Signature is not the hmac-sha256 of its components under the secret"),
        (changed_input("hmac-sha256", "ed25519"), "alg of sig1 is not hmac-sha256"),
        (changed_input(' "content-digest"', ""), "sig1 does not cover content-digest"),
        (changed_input('"@method" ', '"@method" "date" '), "sig1 covers 'date', which the deliv"),
        (changed_input('"@method" ', '"@method";req '), "sig1 does not cover @method"),
        (changed_input(f"created={CREATED};", ""), "Signature is not the hmac-sha256"),
        (changed_input("sig1=", "sig2="), "Signature has no byte sequence for sig2"),
        (changed_input("sig1=(", "sig1="), "Signature-Input is not a dictionary"),
        (signed().with_headers([("Signature", "sig1=abc")]), "Signature has no byte sequence"),
        (signed().with_headers([("Signature", "abc=")]), "Signature is not a dictionary"),
        (signed(at=CREATED - 301), "created of sig1 differs from the arrival by 301 s; the tol"),
        (signed(at=CREATED * 1000), "created of sig1 is not in Unix seconds but in milliseconds"),
    ],
)
def test_each_change_is_refused_and_named(message: Message, problem: str) -> None:
    assert str(SCHEME.verify(message, SECRET, CREATED)).startswith(problem)


def test_a_signature_may_expire_and_must_have_its_key_id() -> None:
    components: list[Component] = [(name, {}) for name in SCHEME.components]
    digested = PLAIN.with_headers([("Content-Digest", content_digest.write_digest(PLAIN.body))])

    def with_parameters(**stated: object) -> Message:
        base = signature_base(digested, components, stated)
        assert base is not None
        value = base64.b64encode(SCHEME.sign_base(base, SECRET)).decode()
        text = base.rpartition(b'"@signature-params": ')[2].decode()
        return digested.with_headers(
            [("Signature-Input", f"s={text}"), ("Signature", f"s=:{value}:")]
        )

    key = replace(SCHEME, key_id="k")
    for message, scheme, problem in (
        (with_parameters(created=CREATED, expires=CREATED + 1), SCHEME, None),
        (with_parameters(created=CREATED, keyid="k"), key, None),
        (
            with_parameters(created=CREATED, expires=CREATED - 9),
            SCHEME,
            "expires of s is 9 s",
        ),
        (with_parameters(created=CREATED, expires="x"), SCHEME, "expires of s is not in Unix"),
        (with_parameters(expires=CREATED + 1), SCHEME, "s has no created"),
        (with_parameters(created=CREATED, keyid="j"), key, "keyid of s is not k"),
        (with_parameters(created=CREATED), key, "keyid of s is not k"),
    ):
        found = scheme.verify(message, SECRET, CREATED)
        assert (found is None) if problem is None else str(found).startswith(problem)


def test_the_contract_states_the_parameters() -> None:
    stated: dict[str, Any] = {"label": "hook", "key-id": "k 1"}
    stated["components"] = ["@path", "content-digest"]
    document = signed_contract(
        "http-message-signatures", algorithm="ed25519", tolerance=60, **stated
    )
    contract = parse_contract("contract", json.dumps(document))
    scheme = contract.events[0].signature
    assert isinstance(scheme, HttpMessageScheme)
    assert (scheme.components, scheme.label, scheme.key_id) == (
        ("@path", "content-digest"),
        "hook",
        "k 1",
    )
    assert (scheme.hash_name, scheme.tolerance) == ("ed25519", 60)
    message = signed(PRIVATE_KEY, scheme=scheme)
    assert stated_in(message) == (
        f'hook=("@path" "content-digest");created={CREATED};alg="ed25519";keyid="k 1"'
    )
    assert scheme.verify(message, public_text(PRIVATE_KEY), CREATED) is None
    assert scheme.verify(replace(message, method="PUT"), public_text(PRIVATE_KEY)) is None


@pytest.mark.parametrize(
    "stated",
    [
        {"components": []},
        {"components": ["@status"]},
        {"components": ["Content-Type"]},
        {"label": "Sig"},
        {"algorithm": "hmac-sha1"},
        {"prefix": "v1"},
    ],
)
def test_a_wrong_parameter_is_an_error_of_the_contract(stated: dict[str, Any]) -> None:
    document = signed_contract("http-message-signatures", **stated)
    contract = parse_contract("contract", json.dumps(document))
    assert [c.pointer for c in contract.complaints if "signature" in c.pointer]


def test_secrets() -> None:
    pair = replace(SCHEME, hash_name="ed25519")
    public = public_text(PRIVATE_KEY)
    assert SCHEME.secret_problem("anything") is None
    assert replace(SCHEME, secret_encoding="base64").secret_problem("%") == "a key in base64"
    assert pair.secret_problem("anything") == NEEDED
    assert pair.secret_problem(public) is None
    assert pair.secret_problem(public, signs=True) == NEEDED_TO_SIGN
    for secret in (pair.make_secret("00ff"), PRIVATE_KEY, public):
        other = pair.other_secret(secret)
        assert pair.secret_problem(other) is None
        assert other[:5] == secret[:5]
        assert other != secret
    # Any other text signs and verifies without an error, and is no valid secret.
    for text in ("anything", public):
        message = signed(text, scheme=pair)
        assert pair.verify(message, public) is not None


def explanation(message: Message, *secrets: str, scheme: HttpMessageScheme = SCHEME) -> str | None:
    host = (b"Host", b"x.example")
    target = message.url.partition("x.example")[2]
    delivery = Delivery(
        1, CREATED, message.method, target, (*message.headers, host), message.body, False, "", 0
    )
    behind = replace(scheme, public_url=message.url.partition("x.example")[0] + "x.example")
    return explain_signature(behind, delivery, secrets or (SECRET,))


def forged(content: bytes, key: bytes = SECRET.encode(), algorithm: str = "sha256") -> Message:
    value = base64.b64encode(hmac.digest(key, content, algorithm)).decode()
    return signed().with_headers([("Signature", f"sig1=:{value}:")])


def base_of(message: Message, scheme: HttpMessageScheme = SCHEME) -> bytes:
    stated = scheme.stated_signatures(message)
    assert not isinstance(stated, str)
    return next(scheme.possible_bases(message, stated[0]))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (signed(OTHER), "it is computed with another secret, or over another method, URL, "),
        (signed().with_url("http://x.example/hooks?a=1"), "over the URL with https://"),
        (signed().with_url("https://x.example/hooks/?a=1"), "the URL without the slash at its en"),
        (replace(signed(), method="PUT"), "it is computed over the method POST"),
        (
            signed().with_headers([("Content-Type", "application/json;charset=utf-8")]),
            "it is computed over the content-type application/json",
        ),
        (forged(base_of(signed()) + b"\n"), "over the signature base with a newline at its end"),
        (forged(PLAIN.body), "it is computed over the body alone"),
        (forged(base_of(signed()), algorithm="sha512"), "hmac-sha512, not hmac-sha256"),
        (
            forged(base_of(signed()), hashlib.sha256(SECRET.encode()).digest()),
            "its key is the SHA-256 of the secret",
        ),
        (replace(signed(), body=b"{}"), "None"),
        (signed(at=0), "None"),
    ],
)
def test_explains_a_wrong_signature(message: Message, reason: str) -> None:
    assert reason in str(explanation(message))


def test_explains_other_secrets_and_headers() -> None:
    assert explanation(signed(OTHER), SECRET, OTHER) == (
        "it is computed with the second of the 2 configured secrets"
    )
    pair = replace(SCHEME, hash_name="ed25519")
    other = pair.other_secret(PRIVATE_KEY)
    assert explanation(signed(other, scheme=pair), PRIVATE_KEY, other, scheme=pair) == (
        "it is computed with the second of the 2 configured secrets"
    )
    renamed = tuple(
        (b"X-Signature" if name == b"Signature" else name, value)
        for name, value in signed().headers
    )
    assert explanation(replace(signed(), headers=renamed)) == "the signature is in 'X-Signature'"


def test_a_command_says_which_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "http_sf", None)  # as in an installation without the extra
    contract = write_contract(tmp_path, http_message.SCHEME.name)
    (tmp_path / "body").write_bytes(b"{}")
    options = ["--contract", contract, "--webhook-secret", SECRET, "--public-url", PLAIN.url]
    assert main(["signature", "sign", str(tmp_path / "body"), *options]) == 2
    assert capsys.readouterr().err == (
        "hookproof: an HTTP message signature needs the package http-sf: "
        "install hookproof[signatures]\n"
    )
