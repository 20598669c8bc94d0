"""`judge` against tests/vectors/deliveries.yaml, and against whatever else there may be."""

import base64
import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openapi.document import Contract
from openapi.loading import load
from openapi.pointer import get, put, split
from openapi.signature import sign
from webhook_sink.delivery import Delivery
from webhook_sink.verdict import judge

SECRET = "the secret of the vectors"
FILE = Path(__file__).parent.parent / "vectors" / "deliveries.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
KNOWN = {"name", "method", "body", "bytes", "repeat", "set", "remove", "signed", "signature"}
KNOWN |= {"type", "truncated", "secret", "expect"}


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


def signatures_of(vector: dict[str, Any], body: bytes, contract: Contract) -> list[str]:
    if "signature" in vector:
        value = vector["signature"]
        return value if isinstance(value, list) else [value]
    signed = vector.get("signed", {})
    if signed is False:
        return []
    scheme = contract.events[0].signature
    assert scheme is not None
    scheme = replace(
        scheme,
        encoding=signed.get("encoding", scheme.encoding),
        prefix=signed.get("prefix", scheme.prefix),
    )
    text = signed.get("before", "").encode() + body + signed.get("after", "").encode()
    return [sign(scheme, text, signed.get("with", SECRET))]


def delivery_of(vector: dict[str, Any], contract: Contract) -> Delivery:
    assert set(vector) <= KNOWN
    event = contract.events[0]
    assert event.signature is not None
    body = body_of(vector, contract)
    types = vector.get("type", event.media_type) or []
    pairs = [("content-type", t) for t in (types if isinstance(types, list) else [types])]
    pairs += [(event.signature.header, s) for s in signatures_of(vector, body, contract)]
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


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any], contract: Contract) -> None:
    secret = None if vector.get("secret") is False else SECRET
    verdict = judge(delivery_of(vector, contract), contract, secret)

    expected = vector["expect"]
    assert verdict.signature == expected["signature"]
    wanted = expected.get("findings", [])
    assert [[f.check, f.severity, f.instance] for f in verdict.findings] == [w[:3] for w in wanted]
    for found, pointer in (
        (f, w[3]) for f, w in zip(verdict.findings, wanted, strict=True) if w[3:]
    ):
        assert found.pointer.endswith(pointer)
    known = expected.get("event", True)
    assert verdict.event is (contract.events[0] if known else None)


def test_every_finding_points_into_the_contract_and_shows_no_secret(contract: Contract) -> None:
    for vector in VECTORS:
        for found in judge(delivery_of(vector, contract), contract, SECRET).findings:
            assert split(found.pointer)
            contract.at(found.pointer)
            assert SECRET not in found.message
            assert found.message.isascii()
            assert found.message.isprintable()


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
HEADERS = st.lists(
    st.tuples(st.sampled_from([b"Content-Type", b"webhook-signature"]) | st.binary(), st.binary())
).map(tuple)


@given(
    delivery=st.builds(Delivery, target=st.text(), method=st.text(), headers=HEADERS, body=BODIES),
    secret=st.none() | st.text(),
)
def test_judge_is_total_and_the_same_twice(delivery: Delivery, secret: str | None) -> None:
    verdict = judge(delivery, CONTRACT, secret)
    assert judge(delivery, CONTRACT, secret).findings == verdict.findings
    assert verdict.words.isprintable()
