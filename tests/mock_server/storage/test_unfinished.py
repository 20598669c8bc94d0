"""Unfinished records: what the next start restores equals what the journal would have had."""

import json

from mock_server.exchange import Hooks, MockExchange, Objection
from mock_server.messages import EventMessage, HttpResponse
from mock_server.storage.records import request_record, restored_request
from mock_server.storage.secret_properties import SecretProperties
from mock_server.webhooks.records import DeliveryRecord, restored_delivery
from openapi.contract import Contract
from openapi.loading.loader import parse_contract
from openapi.redaction import Redaction

SECRET = "a secret of the mock that no record shows"
KEYS = """
openapi: 3.1.0
info: {title: A contract with API keys, version: "1"}
security: [{inHeader: [], inQuery: []}]
paths:
  /things:
    post: {operationId: create, responses: {"201": {description: Created.}}}
components:
  securitySchemes:
    inHeader: {type: apiKey, in: header, name: x-pass}
    inQuery: {type: apiKey, in: query, name: pass}
"""


def test_a_restored_delivery_equals_its_record(contract: Contract) -> None:
    body = json.dumps({"text": "\u00fc \ud83d\ude00", "token": "issued", "key": SECRET}).encode()
    message = EventMessage(contract.events[0], body, 7, "s", "msg_1", 12.5)
    record = DeliveryRecord(
        3, 2, message, 1, (1, "http://127.0.0.1:1"), "http://127.0.0.1:1/hook",
        ("unsigned",), "4xx", False, ("issued", "absent"), len(body), Redaction((SECRET,)),
    )  # fmt: skip
    assert restored_delivery(record.stored(), Redaction((SECRET,))) == record.data()
    assert SECRET not in record.data()["payload"]["text"]
    assert "absent" not in record.stored()


def test_a_restored_request_equals_its_record_without_the_response() -> None:
    contract = parse_contract("keys.yaml", KEYS)
    headers = (
        (b"authorization", b"Bearer of-a-caller"),
        (b"x-pass", b"the-key"),
        (b"x-odd", b"\xff 1"),
        (b"x-odd", b"2"),
    )
    exchange = MockExchange(contract, Hooks(), headers)
    exchange.operation = contract.operations[0]
    exchange.body = b'{"name": "\xc3\xbc\xff"}'
    exchange.response = HttpResponse(201, (), b"{}")
    exchange.objections = (Objection("invalid-request", "too long", "/name", "maxLength"),)
    scope = {"method": "POST", "path": "/things", "query_string": b"a=1&pass=the-key"}
    known = (Redaction(()), SecretProperties(contract))
    record = request_record(4, 12.5, 0.1, scope, exchange, *known)
    restored = restored_request(4, record.stored(), contract.operations, *known)
    assert restored == {**record.data(), "milliseconds": None, "response": None}
    for secret in ("the-key", "of-a-caller"):
        assert secret not in record.stored()
