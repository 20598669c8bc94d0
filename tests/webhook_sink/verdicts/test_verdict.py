"""Function `judge` with tests/vectors/deliveries.yaml and with random deliveries."""

import base64
import gzip
import hmac
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.delivery_vectors import SECRET, VECTORS, contract_of, delivery_of, event_of, secrets_of
from support.parcels import parcels_contract

from openapi.contract import Contract
from openapi.json_pointer import split_pointer
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature
from webhook_sink.verdicts.verdict import judge


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_judges_a_vector(vector: dict[str, Any]) -> None:
    contract = contract_of(vector)
    verdict = judge(delivery_of(vector), contract, secrets_of(vector))

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
    assert verdict.event is (event_of(vector) if known else None)


def test_the_signature_of_another_scheme_is_not_called_missing(contract: Contract) -> None:
    headers = ((b"Content-Type", b"application/json"), (b"Stripe-Signature", b"t=1,v1=00"))
    vector = next(one for one in VECTORS if one["expect"]["signature"] == "missing")
    delivery = replace(delivery_of(vector), headers=headers)
    for secrets in ((), secrets_of(vector)):
        verdict = judge(delivery, contract, secrets)
        assert verdict.signature == "other-scheme"
        assert verdict.summary.endswith("signature of another scheme")
    without = replace(delivery, headers=headers[:1])
    assert judge(without, contract, ()).signature == "missing"


def test_findings_point_into_the_contract_and_contain_no_secret() -> None:
    for vector in VECTORS:
        contract = contract_of(vector)
        for found in judge(delivery_of(vector), contract, secrets_of(vector)).findings:
            assert split_pointer(found.pointer)
            contract.at(found.pointer)
            assert not [one for one in (SECRET, *secrets_of(vector)) if one in found.message]
            assert found.message.isascii()
            assert found.message.isprintable()


def test_an_explanation_never_contains_a_secret(contract: Contract) -> None:
    scheme = contract.events[0].signature
    assert scheme is not None
    secret, other = "secret-of-8", "secret-of-8-and-more"
    for body in (b"{}", json.dumps({secret: {"a": 1}}).encode()):
        good = base64.b64encode(hmac.digest(secret.encode(), b'{"a": 1}', "sha256"))
        for name, value in (
            (scheme.header.encode(), secret.encode() + b"=" + good),
            (scheme.header.encode(), good),
            (f"{secret}-Signature".encode(), good),
            (f"{other}-Signature".encode(), good),
            (scheme.header.encode(), other.encode() + b"=" + good),
        ):
            draft = Delivery(1, 0.0, "POST", "/", ((name, value),), body, False, "", 200)
            for secrets in ((secret,), (secret, other), (other, secret)):
                text = explain_signature(scheme, draft, secrets)
                assert text is not None
                assert secret not in text.lower()
                assert other not in secrets or "and-more" not in text
                assert good.decode() not in text


def test_summarises_a_verdict(contract: Contract) -> None:
    shipped = [vector for vector in VECTORS if "of" not in vector]
    words = {v["name"]: judge(delivery_of(v), contract, SECRET).summary for v in shipped}
    assert words["conforming"] == "conforms; signature valid"
    assert words["a property that is only assumed is missing"] == (
        "conforms, 1 warning; signature valid"
    )
    assert words["several at once, each at its place"] == "6 violations; signature invalid"
    assert words["not kept to its end"] == "conforms, 1 warning; signature not checked"


CONTRACT = load_contract()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
BODIES |= JSON.map(
    lambda value: json.dumps({"event": CONTRACT.events[0].name, "data": value}).encode()
)
BODIES |= st.binary().map(gzip.compress)
BODIES |= st.dictionaries(st.text(min_size=1), st.text()).map(lambda form: urlencode(form).encode())
VALUES = st.binary() | st.sampled_from([b"1700000000", b"2026-04-20T13:11:35Z", b"v1,AAAA"])
VALUES |= st.sampled_from((10, 16, 20, 32, 64)).map(bytes).map(base64.b64encode)
KNOWN = [b"Content-Type", b"webhook-signature", b"X-Signature", b"svix-id"]
KNOWN += [b"webhook-id", b"webhook-timestamp", b"Content-Encoding", b"Host"]
NAMES = st.sampled_from(KNOWN) | st.binary()
HEADERS = st.lists(st.tuples(NAMES, VALUES)).map(tuple)


@settings(deadline=None)
@given(
    delivery=st.builds(Delivery, target=st.text(), method=st.text(), headers=HEADERS, body=BODIES),
    contract=st.sampled_from([CONTRACT, parcels_contract()]),
    secrets=st.none() | st.text() | st.lists(st.text(), max_size=12),
)
def test_judge_accepts_every_delivery_and_is_deterministic(
    delivery: Delivery, contract: Contract, secrets: str | list[str] | None
) -> None:
    verdict = judge(delivery, contract, secrets)
    assert judge(delivery, contract, secrets).findings == verdict.findings
    assert verdict.summary.isprintable()
    unexplained = judge(delivery, contract, secrets, with_reason=False)
    assert unexplained.summary == verdict.summary
    assert [replace(found, message="") for found in unexplained.findings] == [
        replace(found, message="") for found in verdict.findings
    ]
