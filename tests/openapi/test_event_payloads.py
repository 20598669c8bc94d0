"""Payload of a new event: fresh ids and times that satisfy the schema."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from support.processes import SHARED

from openapi.contract import Contract, Event
from openapi.event_payloads import fresh_payload
from openapi.loading.loader import load_contract, parse_contract

AT = 1_900_000_000.25
DATA = SHARED.parent / "data"
PLAIN = """
openapi: 3.1.0
info: {title: Plain, version: "1"}
webhooks:
  sold:
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Sold"}
            examples:
              one:
                value:
                  id: evt_1
                  kind: sold
                  created: 1700000000
                  occurred_at: "2024-01-01T00:00:00.123Z"
                  expiresAt: "2024-01-01T00:00:00Z"
                  owner: 7f1d3c52-9d0b-4f0e-8a77-94bb6fca0a01
                  sequence: {id: 5}
                  data:
                    id: 01HF7YAT00000000000000ABCD
                    owner: 7f1d3c52-9d0b-4f0e-8a77-94bb6fca0a01
                    name: Rex
                    item: {id: kept-as-it-is}
                    at: 2024-01-01
      responses: {"200": {description: Ok.}}
  bare:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [id, text]
              properties:
                id: {type: string, format: uuid}
                text: {type: string}
                time: {type: string, format: date-time}
      responses: {"200": {description: Ok.}}
components:
  schemas:
    Sold:
      type: object
      required: [id, kind, data]
      properties:
        id: {type: string, pattern: "^evt_[a-z0-9]+$"}
        kind: {const: sold}
        sequence: {type: object, properties: {id: {type: integer, minimum: 1, maximum: 9}}}
        owner: {type: string, format: uuid}
        data:
          type: object
          properties:
            id: {type: string, pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}
            owner: {type: string, format: uuid}
"""


@pytest.fixture(scope="module")
def plain() -> Contract:
    return parse_contract("plain.yaml", PLAIN)


def event_of(contract: Contract, name: str) -> Event:
    return next(event for event in contract.events if event.name == name)


def payload(contract: Contract, name: str, seed_text: str = "one", at: float = AT) -> Any:
    return fresh_payload(contract, event_of(contract, name), seed_text, at)


def test_the_same_seed_text_gives_the_same_payload(plain: Contract) -> None:
    assert payload(plain, "sold") == payload(plain, "sold")
    assert payload(plain, "bare") == payload(plain, "bare")


def test_ids_are_fresh_in_the_form_of_the_example(plain: Contract) -> None:
    made = [payload(plain, "sold", str(seed)) for seed in range(200)]
    assert len({one["id"] for one in made}) == 200
    assert len({one["data"]["id"] for one in made}) == 200
    assert all(re.fullmatch("evt_[0-9]{16}", one["id"]) for one in made)
    assert all(plain.schema(event_of(plain, "sold").schema).is_valid(one) for one in made)
    assert {one["sequence"]["id"] for one in made} == {1, 2, 3, 4, 6, 7, 8, 9}, (
        "the schema bounds this id"
    )


def test_equal_ids_remain_equal_and_other_values_remain(plain: Contract) -> None:
    made = payload(plain, "sold")
    assert made["owner"] == made["data"]["owner"] != "7f1d3c52-9d0b-4f0e-8a77-94bb6fca0a01"
    assert made["data"]["name"] == "Rex"
    assert made["data"]["item"] == {"id": "kept-as-it-is"}
    assert made["kind"] == "sold"


def test_times_of_the_event_are_now(plain: Contract) -> None:
    made = payload(plain, "sold")
    assert made["created"] == 1_900_000_000
    assert made["occurred_at"] == "2030-03-17T17:46:40.250Z"
    assert made["expiresAt"] == "2024-01-01T00:00:00Z"
    assert made["data"]["at"] == "2024-01-01", "a date is no time"
    assert payload(plain, "bare")["time"] == "2030-03-17T17:46:40Z"


def test_the_example_of_the_contract_does_not_change(plain: Contract) -> None:
    before = json.dumps(event_of(plain, "sold").examples)
    payload(plain, "sold")
    assert json.dumps(event_of(plain, "sold").examples) == before


@pytest.mark.parametrize(
    "contract",
    [
        pytest.param(load_contract(), id="shipped"),
        *(
            pytest.param(load_contract(DATA / name), id=name)
            for name in ("dispatch.yaml", "orders.yaml", "parcels.yaml", "workshop.yaml")
        ),
    ],
)
def test_payloads_are_valid_and_have_fresh_unique_values(contract: Contract) -> None:
    for event in contract.events:
        one, two = (fresh_payload(contract, event, seed, AT) for seed in ("one", "two"))
        assert contract.schema(event.schema).violations(one) == ()
        assert one != two or not event.trigger.get("unique"), event.name
        if any(name.source.in_request_body for name in event.names) and event.objects is None:
            assert event.is_named_in(one)


def test_the_shipped_event_says_when_it_is_sent() -> None:
    contract = load_contract()
    made = fresh_payload(contract, contract.events[0], "one", AT)
    sent = datetime.fromisoformat(made["triggeredAt"])
    assert sent == datetime.fromtimestamp(AT, UTC)
    assert made["data"]["createdAt"] == made["triggeredAt"]


def test_each_event_of_a_batch_is_fresh() -> None:
    contract = load_contract(DATA / "dispatch.yaml")
    batches = [event for event in contract.events if event.objects is not None]
    assert batches
    for event in batches:
        one, two = (fresh_payload(contract, event, seed, AT) for seed in ("one", "two"))
        assert one != two
