"""POST deliveries/{id}/judge: old deliveries by another secret, another contract, kept nowhere."""

import base64
import hmac
import json
import re
from typing import Any

import pytest
from support.sink import RunningSink, StartSink

from openapi.contract import Contract
from openapi.loading.loader import default_contract_path

ADMIN_PATH, OTHER = "the secret of the sink", "the secret of the sender"
TEXT = default_contract_path().read_text(encoding="utf-8")


def _event(contract: Contract) -> bytes:
    return json.dumps(contract.events[0].examples[0]).encode()


def _anew(client: RunningSink, number: int = 1, **given: object) -> Any:
    address = f"{client.sink.url}/_hookproof/api/deliveries/{number}/judge"
    return client.http.post(address, json=given)


def _send(client: RunningSink, body: bytes) -> None:
    value = base64.b64encode(hmac.digest(OTHER.encode(), body, "sha256")).decode()
    client.post(body, **{"Content-Type": "application/json", "Webhook-Signature": value})


def test_another_secret_says_another_verdict_and_nothing_is_kept(
    start: StartSink, contract: Contract
) -> None:
    with start(secret=ADMIN_PATH) as client:
        _send(client, _event(contract))
        before = client.api("api/deliveries/1").json()
        anew = _anew(client, secret=OTHER).json()
        empty = _anew(client, secret="", contract=None).json()
        after = client.api("api/deliveries/1").json()
    assert (before["signature"], before["verdict_kind"]) == ("invalid", "violation")
    assert (anew["signature"], anew["verdict_kind"]) == ("valid", "conforms")
    assert (anew["violations"], anew["findings"]) == (0, [])
    assert {**anew, **{key: before[key] for key in ("findings", "findings_total")}}.keys() == (
        before.keys()
    )
    assert empty == after == before
    assert not [one for one in (ADMIN_PATH, OTHER) if one in json.dumps([before, anew, after])]


def test_a_newer_contract_judges_an_old_delivery(start: StartSink, contract: Contract) -> None:
    name = contract.events[0].name
    newer = (
        TEXT.replace(f"{name}:", "token.made:")
        .replace(f"const: {name}", "const: token.made")
        .replace(f"event: {name}", "event: token.made")
    )
    with start(secret=OTHER) as client:
        _send(client, _event(contract))
        _send(client, _event(contract).replace(name.encode(), b"token.made"))
        verdicts = [_anew(client, number, contract=newer).json() for number in (1, 2)]
        plain = [client.api(f"api/deliveries/{number}").json() for number in (1, 2)]
    assert [verdict["event"] for verdict in verdicts] == [None, "token.made"]
    assert [verdict["event"] for verdict in plain] == [name, None]
    assert verdicts[1]["findings"] == plain[0]["findings"] == []
    assert "which has token.made" in verdicts[0]["findings"][0]["message"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"contract": TEXT.replace("openapi: 3.1.0", "openapi: 4")},
            "contract:6:10 (/openapi): 4 is",
        ),
        ({"contract": "[" * 500}, "contract:1:101: nested deeper than 100"),
        ({"contract": "\ud800"}, "contract must be a string"),
        ({"contract": ["x"]}, "contract must be a string, or null"),
        ({"secret": 5}, "secret must be a string, or null"),
        ({"secret": "\udc80"}, "secret must be a string"),
        ({"secrets": "x"}, 'unknown field "secrets"; the fields are secret and contract'),
    ],
)
def test_what_cannot_be_is_a_sentence(
    start: StartSink, given: dict[str, Any], sentence: str
) -> None:
    with start() as client:
        client.post()
        refused = client.http.post(
            f"{client.sink.url}/_hookproof/api/deliveries/1/judge", content=json.dumps(given)
        )
    assert refused.status_code == 400
    assert refused.json()["message"].startswith(sentence)
    assert refused.json()["message"].isprintable()


def test_a_contract_nested_without_end_is_one_sentence(start: StartSink) -> None:
    with start() as client:
        client.post()
        url = f"{client.sink.url}/_hookproof/api/deliveries/1/judge"
        refused = client.http.post(url, content=json.dumps({"contract": "[" * 50_000}))
    assert refused.status_code == 400
    # libyaml 0.2.6 stops at a depth of its own, further to the right.
    message = refused.json()["message"]
    assert re.fullmatch(r"contract:1:\d+: nested deeper than 100", message), message


def test_rejects_a_malformed_request(start: StartSink) -> None:
    with start() as client:
        client.post()
        address = f"{client.sink.url}/_hookproof/api/deliveries/1/judge"
        statuses = [
            client.http.post(address, content=content).status_code
            for content in (b"", b"[]", b"{", b"[" * 100_000, b"\xff", b" " * 1024 * 1024 + b"{}")
        ]
        missing = _anew(client, 7).status_code
    assert statuses == [200, 400, 400, 400, 400, 413]
    assert missing == 404


def test_a_secret_that_does_not_fit_is_refused_unseen(start: StartSink) -> None:
    hexed = TEXT.replace("secret-encoding: utf-8", "secret-encoding: hex")
    assert hexed != TEXT
    with start() as client:
        client.post()
        refused = _anew(client, contract=hexed, secret="not hex at all")
    assert refused.status_code == 400
    assert "a key in hex" in refused.json()["message"]
    assert "not hex at all" not in refused.text
