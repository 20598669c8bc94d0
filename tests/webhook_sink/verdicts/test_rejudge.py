"""Re-judge (POST deliveries/{id}/judge) with another secret or contract; nothing is stored."""

import base64
import hmac
import json
import re
from typing import Any

import pytest
from support.sink import RunningSink, StartSink

from openapi.contract import Contract
from openapi.loading.loader import default_contract_path

pytestmark = pytest.mark.integration

ADMIN_PATH, OTHER = "the secret of the sink", "the secret of the sender"
TEXT = default_contract_path().read_text(encoding="utf-8")


def _event(contract: Contract) -> bytes:
    return json.dumps(contract.events[0].examples[0]).encode()


def _rejudge(client: RunningSink, number: int = 1, **given: object) -> Any:
    address = f"{client.sink.url}/_hookproof/api/deliveries/{number}/judge"
    return client.http.post(address, json=given)


def _send(client: RunningSink, body: bytes) -> None:
    value = base64.b64encode(hmac.digest(OTHER.encode(), body, "sha256")).decode()
    client.post(body, **{"Content-Type": "application/json", "Webhook-Signature": value})


def test_another_secret_gives_another_verdict_and_is_not_stored(
    start: StartSink, contract: Contract
) -> None:
    with start(secret=ADMIN_PATH) as client:
        _send(client, _event(contract))
        before = client.api("api/deliveries/1").json()
        rejudged = _rejudge(client, secret=OTHER).json()
        empty = _rejudge(client, secret="", contract=None).json()
        after = client.api("api/deliveries/1").json()
    assert (before["signature"], before["verdict_kind"]) == ("invalid", "violation")
    assert (rejudged["signature"], rejudged["verdict_kind"]) == ("valid", "conforms")
    assert (rejudged["violations"], rejudged["findings"]) == (0, [])
    assert {**rejudged, **{key: before[key] for key in ("findings", "findings_total")}}.keys() == (
        before.keys()
    )
    assert empty == after == before
    assert not [one for one in (ADMIN_PATH, OTHER) if one in json.dumps([before, rejudged, after])]


def test_rejudges_an_old_delivery_with_a_newer_contract(
    start: StartSink, contract: Contract
) -> None:
    name = contract.events[0].name
    newer = (
        TEXT.replace(f"{name}:", "token.made:")
        .replace(f"const: {name}", "const: token.made")
        .replace(f"event: {name}", "event: token.made")
    )
    with start(secret=OTHER) as client:
        _send(client, _event(contract))
        _send(client, _event(contract).replace(name.encode(), b"token.made"))
        verdicts = [_rejudge(client, number, contract=newer).json() for number in (1, 2)]
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
            "contract:6:10 (/openapi): openapi is 4",
        ),
        ({"contract": "[" * 500}, "contract:1:201: nested deeper than 200"),
        ({"contract": "\ud800"}, "contract must be a string"),
        ({"contract": ["x"]}, "contract must be a string, or null"),
        ({"secret": 5}, "secret must be a string, or null"),
        ({"secret": "\udc80"}, "secret must be a string"),
        ({"secrets": "x"}, 'unknown field "secrets"; the fields are secret and contract'),
    ],
)
def test_rejects_an_invalid_contract_or_secret(
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


def test_rejects_a_deeply_nested_contract(start: StartSink) -> None:
    with start() as client:
        client.post()
        url = f"{client.sink.url}/_hookproof/api/deliveries/1/judge"
        refused = client.http.post(url, content=json.dumps({"contract": "[" * 50_000}))
    assert refused.status_code == 400
    # libyaml 0.2.6 stops at its own depth limit, in a later column.
    message = refused.json()["message"]
    assert re.fullmatch(r"contract:1:\d+: nested deeper than 200", message), message


def test_rejects_an_invalid_body_or_an_unknown_delivery(start: StartSink) -> None:
    with start() as client:
        client.post()
        address = f"{client.sink.url}/_hookproof/api/deliveries/1/judge"
        statuses = [
            client.http.post(address, content=content).status_code
            for content in (b"", b"[]", b"{", b"[" * 100_000, b"\xff", b" " * 1024 * 1024 + b"{}")
        ]
        missing = _rejudge(client, 7).status_code
    assert statuses == [200, 400, 400, 400, 400, 413]
    assert missing == 404


def test_rejects_an_unsuitable_secret_without_quoting_it(start: StartSink) -> None:
    hexed = TEXT.replace("secret-encoding: utf-8", "secret-encoding: hex")
    assert hexed != TEXT
    with start() as client:
        client.post()
        refused = _rejudge(client, contract=hexed, secret="not hex at all")
    assert refused.status_code == 400
    assert "a key in hex" in refused.json()["message"]
    assert "not hex at all" not in refused.text
