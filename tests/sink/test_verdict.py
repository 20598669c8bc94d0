"""`judge` against tests/vectors/deliveries.yaml, and against whatever else there may be."""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi.document import Contract
from openapi.loading import load
from openapi.pointer import get, put, split
from webhook_sink.delivery import Delivery
from webhook_sink.diagnosis import explain
from webhook_sink.verdict import judge

SECRET = "the secret of the vectors"
FILE = Path(__file__).parent.parent / "vectors" / "deliveries.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
KNOWN = {"name", "method", "body", "bytes", "repeat", "set", "remove", "signed", "signature"}
KNOWN |= {"type", "truncated", "secret", "headers", "expect"}
WAYS = {"with", "algorithm", "plain", "over", "before", "after", "encoding", "prefix", "suffix"}
WAYS |= {"header"}
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "unpadded": lambda digest: base64.b64encode(digest).decode().rstrip("="),
    "hex": lambda digest: digest.hex(),
    "HEX": lambda digest: digest.hex().upper(),
    "base64 of hex": lambda digest: base64.b64encode(digest.hex().encode()).decode(),
    "half": lambda digest: base64.b64encode(digest[: len(digest) // 2]).decode(),
}


def body_of(vector: dict[str, Any], contract: Contract) -> bytes:
    if "bytes" in vector:
        return base64.b64decode(vector["bytes"])
    if "repeat" in vector:
        text, times = vector["repeat"]
        return str(text).encode() * int(times)
    if "body" in vector:
        return str(vector["body"]).encode()
    payload = copy.deepcopy(contract.events[0].examples[0])
    for pointer, value in vector.get("set", {}).items():
        put(payload, pointer, value)
    for pointer in vector.get("remove", ()):
        parent, _, name = pointer.rpartition("/")
        del get(payload, parent)[name]  # type: ignore[attr-defined]
    return json.dumps(payload).encode()


def signatures_of(vector: dict[str, Any], body: bytes) -> list[str]:
    if "signature" in vector:
        value = vector["signature"]
        return value if isinstance(value, list) else [value]
    signed = vector.get("signed", {})
    if signed is False:
        return []
    assert set(signed) <= WAYS
    over = signed["over"].encode() if "over" in signed else body
    text = signed.get("before", "").encode() + over + signed.get("after", "").encode()
    algorithm = signed.get("algorithm", "sha256")
    key = signed.get("with", SECRET).encode()
    plain = hashlib.new(algorithm, text).digest()
    digest = plain if signed.get("plain") else hmac.digest(key, text, algorithm)
    value = ENCODINGS[signed.get("encoding", "base64")](digest)
    return [signed.get("prefix", "") + value + signed.get("suffix", "")]


def delivery_of(vector: dict[str, Any], contract: Contract) -> Delivery:
    assert set(vector) <= KNOWN
    event = contract.events[0]
    assert event.signature is not None
    body = body_of(vector, contract)
    types = vector.get("type", event.media_type) or []
    pairs = [("content-type", t) for t in (types if isinstance(types, list) else [types])]
    header = (vector.get("signed") or {}).get("header", event.signature.header)
    pairs += [(header, s) for s in signatures_of(vector, body)]
    pairs += vector.get("headers", {}).items()
    return Delivery(
        id=1,
        received_at=0.0,
        method=vector.get("method", "POST"),
        target="/",
        headers=tuple((n.encode(), v.encode("latin-1")) for n, v in pairs),
        body=body,
        truncated=vector.get("truncated", False),
        remote="127.0.0.1:1",
        status=200,
    )


def secret_of(vector: dict[str, Any]) -> str | None:
    secret = vector.get("secret", SECRET)
    return None if secret is False else str(secret)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any], contract: Contract) -> None:
    secret = secret_of(vector)
    verdict = judge(delivery_of(vector, contract), contract, secret)

    expected = vector["expect"]
    assert verdict.signature == expected["signature"]
    wanted = expected.get("findings", [])
    assert [[f.check, f.severity, f.instance] for f in verdict.findings] == [w[:3] for w in wanted]
    for found, pointer in (
        (f, w[3]) for f, w in zip(verdict.findings, wanted, strict=True) if w[3:]
    ):
        assert found.pointer.endswith(pointer)
    if "explained" in expected:
        (message,) = (f.message for f in verdict.findings if f.check == "webhook-signature")
        assert message.partition(": ")[2] == (expected["explained"] or "")
    known = expected.get("event", True)
    assert verdict.event is (contract.events[0] if known else None)


def test_every_finding_points_into_the_contract_and_shows_no_secret(contract: Contract) -> None:
    for vector in VECTORS:
        for found in judge(delivery_of(vector, contract), contract, secret_of(vector)).findings:
            assert split(found.pointer)
            contract.at(found.pointer)
            assert (secret_of(vector) or SECRET) not in found.message
            assert found.message.isascii()
            assert found.message.isprintable()


def test_an_explanation_never_holds_the_secret(contract: Contract) -> None:
    scheme = contract.events[0].signature
    assert scheme is not None
    secret = "secret-of-8"
    for body in (b"{}", json.dumps({secret: {"a": 1}}).encode()):
        good = base64.b64encode(hmac.digest(secret.encode(), b'{"a": 1}', "sha256"))
        for name, value in (
            (scheme.header.encode(), secret.encode() + b"=" + good),
            (scheme.header.encode(), good),
            (f"{secret}-Signature".encode(), good),
        ):
            draft = Delivery(1, 0.0, "POST", "/", ((name, value),), body, False, "", 200)
            text = explain(scheme, draft, secret)
            assert text is not None
            assert secret not in text.lower()
            assert good.decode() not in text


def test_a_verdict_in_words(contract: Contract) -> None:
    words = {v["name"]: judge(delivery_of(v, contract), contract, SECRET).words for v in VECTORS}
    assert words["conforming"] == "conforms; signature valid"
    assert words["a property that is only assumed is missing"] == (
        "conforms, 1 warning; signature valid"
    )
    assert words["several at once, each at its place"] == "6 violations; signature invalid"
    assert words["not kept to its end"] == "conforms, 1 warning; signature not checked"


CONTRACT = load()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
BODIES |= JSON.map(
    lambda value: json.dumps({"event": CONTRACT.events[0].name, "data": value}).encode()
)
VALUES = st.binary() | st.sampled_from((10, 16, 20, 32, 64)).map(bytes).map(base64.b64encode)
NAMES = st.sampled_from([b"Content-Type", b"webhook-signature", b"webhook-id"]) | st.binary()
HEADERS = st.lists(st.tuples(NAMES, VALUES)).map(tuple)


@settings(deadline=None)
@given(
    delivery=st.builds(Delivery, target=st.text(), method=st.text(), headers=HEADERS, body=BODIES),
    secret=st.none() | st.text(),
)
def test_judge_is_total_and_the_same_twice(delivery: Delivery, secret: str | None) -> None:
    verdict = judge(delivery, CONTRACT, secret)
    assert judge(delivery, CONTRACT, secret).findings == verdict.findings
    assert verdict.words.isprintable()
