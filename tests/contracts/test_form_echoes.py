"""Events of requests with a form: nested texts, texts that OpenAPI leaves open, equal names."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.checks.payloads import echo
from contracts.judgement import Judgement
from contracts.ledger.ledger import (
    JudgedDelivery,
    Ledger,
    Reconciliation,
    group_deliveries,
)
from contracts.ledger.matching import reconcile
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import judge

DOCUMENT = """
openapi: 3.1.0
info: {title: Customers, version: "1"}
paths:
  /customers:
    post:
      operationId: create
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              properties:
                name: {type: string}
                metadata: {type: object, additionalProperties: {type: string}}
                free: {type: object}
            encoding:
              metadata: {style: deepObject, explode: true}
              free: {style: deepObject, explode: true}
      responses:
        "200":
          description: Created.
          content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}
webhooks:
  created:
    post:
      x-hookproof-trigger:
        operation: create
        echoes:
        - {from: $response.body#/id, to: /id, correlator: identity}
        - {from: $request.body#/name, to: /name, correlator: unique-string}
        - {from: $request.body#/metadata, to: /metadata, default: {}}
        - {from: $request.body#/free, to: /free, default: {}}
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: Received.}}
"""
VALID = Credential("valid", "accepted")


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    file = tmp_path / "customers.yaml"
    file.write_text(DOCUMENT)
    return load_contract(file)


def created(contract: Contract, *forms: str) -> list[Exchange]:
    """Return an exchange for each form, one second apart, with the ids id0, id1 and so on."""
    operation = contract.operation("create")
    places = find_correlators(contract, operation)
    fresh = UniqueValues("abc123", 1, datetime(2027, 1, 1, tzinfo=UTC))
    made = []
    for at, form in enumerate(forms):
        case = Case("probe: form", "a form", form.encode(), "application/x-www-form-urlencoded")
        request = build_request(contract, operation, places, case, fresh.next(), VALID)
        body = json.dumps({"id": f"id{at}"}).encode()
        made.append(Exchange(request, ReceivedResponse(200, (), body), None, at, at + 0.5))
    return made


def ledger_of(
    contract: Contract, exchanges: list[Exchange], payloads: list[dict[str, Any]]
) -> Ledger:
    """Return the ledger of a run whose events all arrive two minutes after its requests."""
    received = []
    for number, payload in enumerate(payloads, 1):
        body = json.dumps(payload).encode()
        head = ((b"Content-Type", b"application/json"),)
        delivery = Delivery(number, 120.0 + number, "POST", "/", head, body, False, "", 200)
        received.append(JudgedDelivery(delivery, judge(delivery, contract, None)))
    places = {o.id: find_correlators(contract, o) for o in contract.operations}
    events = group_deliveries(received, [place for some in places.values() for place in some])
    matched: Reconciliation = reconcile(contract, exchanges, events, places, "abc123")
    return Ledger(
        contract,
        Settings("http://127.0.0.1:8000", run_id="abc123", seed=1),
        tuple(exchanges),
        deliveries=tuple(received),
        reconciliation=matched,
        undecided=(),
        stop_reason=None,
        correlators=places,
    )


def failures(ledger: Ledger) -> list[Judgement]:
    return [one for one in echo(ledger) if one.finding is not None]


@pytest.mark.parametrize(
    ("form", "payload", "wrong"),
    [
        ("metadata[order]=6735", {"metadata": {"order": "6735"}}, False),
        ("metadata[order]=6735", {"metadata": {"order": "6736"}}, True),
        ("metadata=", {"metadata": {}}, False),
        ("free[order]=6735", {"free": {"order": "6735"}}, False),
        ("free[order]=6735", {"free": {"order": 6735}}, False),
        ("free[order]=6735", {"free": {"order": "6736"}}, True),
    ],
)
def test_nested_texts_are_compared_by_what_they_may_mean(
    contract: Contract, form: str, payload: dict[str, Any], wrong: bool
) -> None:
    (exchange,) = created(contract, f"name=some&{form}")
    payload = {"id": "id0", "name": "some", "metadata": {}, "free": {}, **payload}
    assert bool(failures(ledger_of(contract, [exchange], [payload]))) is wrong


def test_an_identity_counts_more_than_a_text_that_several_requests_have(
    contract: Contract,
) -> None:
    first, second = created(contract, "other=1", "name=Jenny")
    payload = {"id": "id0", "name": "Jenny"}
    ledger = ledger_of(contract, [first, second], [payload, {"id": "id1", "name": "Jenny"}])
    pairs = [
        (e.request.number, event.first.delivery.id) for e, event in ledger.reconciliation.pairs
    ]
    assert sorted(pairs) == [(first.request.number, 1), (second.request.number, 2)]
