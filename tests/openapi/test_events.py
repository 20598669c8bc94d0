"""Events of a contract: names, triggers with defaults, callbacks."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.processes import SHARED

from openapi.callback_url import parse_callback_url
from openapi.contract import Contract, Event
from openapi.json_pointer import MISSING
from openapi.loading.loader import load_contract, parse_contract
from openapi.runtime_expression import RuntimeExpression
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict, judge

DISPATCH = load_contract(SHARED.parent / "data" / "dispatch.yaml")
PLAIN = """
openapi: 3.1.0
info: {title: Plain, version: "1"}
webhooks:
  petAdded:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Added"}}}}
      responses: {"200": {description: Ok.}}
  petSold:
    post:
      parameters:
      - {name: X-Topic, in: header, required: true, schema: {const: sold}}
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [kind, pet]
              properties: {kind: {const: sold}, pet: {type: integer}}
      responses: {"200": {description: Ok.}}
components:
  schemas:
    Base:
      type: object
      required: [kind]
      properties: {kind: {type: string}}
    Added:
      allOf:
      - $ref: "#/components/schemas/Base"
      - type: object
        required: [meta]
        properties:
          kind: {enum: [added, imported]}
          meta: {type: object, required: [version], properties: {version: {const: 2}}}
"""


def delivery(body: bytes, headers: Mapping[str, str] | None = None, target: str = "/") -> Delivery:
    given = {"Content-Type": "application/json", **(headers or {})}
    pairs = tuple((name.encode(), value.encode()) for name, value in given.items())
    return Delivery(1, 1000.0, "POST", target, pairs, body, False, "127.0.0.1:1", 200)


def verdict(contract: Contract, *parts: Any, **named: Any) -> Verdict:
    return judge(delivery(*parts, **named), contract, None)


def checks(found: Verdict) -> list[str]:
    return [finding.check for finding in found.findings]


def event(contract: Contract, name: str) -> Event:
    return next(event for event in contract.events if event.name == name)


def test_constants_of_payload_and_headers_tell_webhooks_apart() -> None:
    plain = parse_contract("plain.yaml", PLAIN)
    assert [event.name for event in plain.events] == ["petAdded", "petSold"]
    assert plain.complaints == ()
    added, sold = plain.events
    assert [(n.source.where, n.values) for n in added.names] == [("/kind", ("added", "imported"))]
    assert [(n.source.where, n.values) for n in sold.names] == [("/kind", ("sold",))]
    found = verdict(plain, b'{"kind": "imported", "meta": {"version": 2}}')
    assert (found.event, checks(found)) == (added, [])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    found = verdict(plain, b"kind=sold&pet=7", form)
    assert (found.event, found.payload, checks(found)) == (sold, {"kind": "sold", "pet": 7}, [])
    found = verdict(plain, b"kind=sold&pet=x", form)
    assert (found.event, checks(found)) == (sold, ["webhook-schema"])
    found = verdict(plain, b'{"kind": "lost"}')
    assert found.event is None
    assert "webhook-event-name" in checks(found)


def test_a_header_or_a_path_names_an_event() -> None:
    named = {"X-Dispatch-Event": "stock/reserved"}
    found = verdict(DISPATCH, b'{"orderId": 1}', named)
    assert (found.event, checks(found)) == (event(DISPATCH, "stock.reserved"), [])
    found = verdict(DISPATCH, b'{"alarms": [{"labels": {"name": "a"}}]}', target="/in/alarms?a=1")
    assert (found.event, checks(found)) == (event(DISPATCH, "alarms"), [])
    (finding,) = verdict(DISPATCH, b"{}", {"X-Dispatch-Event": "stock"}).findings
    assert finding.message.startswith('the header X-Dispatch-Event has "stock", which names no')


def test_a_webhook_without_a_trigger_is_judged_by_its_content() -> None:
    found = verdict(DISPATCH, b'{"item": 1}', {"X-Dispatch-Event": "stock.empty"})
    assert (found.event, checks(found)) == (event(DISPATCH, "stock.empty"), ["webhook-schema"])
    assert event(DISPATCH, "stock.empty") not in DISPATCH.triggered_events


def test_of_several_possible_webhooks_the_best_fitting_schema_counts() -> None:
    text = PLAIN.replace("const: sold", "type: string").replace("enum: [added, imported]", "")
    contract = parse_contract("plain.yaml", text.replace("x-www-form-urlencoded", "json"))
    found = verdict(contract, b'{"kind": "x", "pet": 7}')
    assert found.possible_events == contract.events
    assert found.event is event(contract, "petSold")


def test_a_callback_is_recognised_by_its_url() -> None:
    target = "/base/callbacks/startJob/hp-abcdef-0001"
    done = b'{"id": 1, "command": "x", "state": "done"}'
    assert verdict(DISPATCH, done, target=target).event is event(DISPATCH, "startJob.done")
    found = verdict(DISPATCH, b'{"line": "x"}', target=f"{target}/log")
    assert found.event is event(DISPATCH, "startJob.log")
    assert checks(found) == ["webhook-method"]


def test_a_trigger_needs_only_an_operation() -> None:
    reserved = event(DISPATCH, "stock.reserved").trigger
    assert (reserved["status"], reserved["deadline"]["seconds"]) == ("2XX", 10)
    (echo,) = reserved["echoes"]
    assert (echo["compare"], echo["correlator"]) == ("exact", "identity")
    correlators = [
        [echo.get("correlator") for echo in event(DISPATCH, name).trigger["echoes"]]
        for name in ("order.created", "alarms", "startJob.done")
    ]
    text = "unique-string"
    assert correlators == [["identity", text, None], [text, None], ["identity", text]]
    assert "no-redelivery" in event(DISPATCH, "order.created").trigger
    assert event(DISPATCH, "startJob.log").trigger["events"] == "any"


def test_the_default_deadline_and_an_unstated_callback_are_assumptions() -> None:
    place = f"{event(DISPATCH, 'order.created').pointer}/x-hookproof-trigger"
    assert DISPATCH.provenance(place).level == "documented"
    assert DISPATCH.provenance(f"{place}/deadline").level == "assumed"
    called = f"{event(DISPATCH, 'startJob.log').pointer}/x-hookproof-trigger"
    assert DISPATCH.provenance(called).severity == "warning"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("operation: nowhere", "there is no operation 'nowhere'"),
        ("status: 2XX", "a trigger names an operation"),
    ],
)
def test_a_wrong_trigger_leaves_out_the_webhook(changed: str, message: str) -> None:
    stated = f"    post:\n      x-hookproof-trigger: {{{changed}}}\n"
    contract = parse_contract("plain.yaml", PLAIN.replace("    post:\n", stated, 1))
    assert [event.name for event in contract.events] == ["petSold"]
    assert [complaint.message for complaint in contract.complaints] == [message]


@pytest.mark.parametrize(
    ("text", "receiver", "url", "suffix"),
    [
        ("$request.body#/url", "body/url", "http://h/p?q=1", ""),
        ("{$request.body#/url}/data?x=1", "body/url", "http://h/p?q=1/data?x=1", "/data"),
        ("{$request.query.cb}/{$response.body#/id}", "querycb", "http://h/7%2F8", ""),
        ("https://h/{$request.body#/url}", None, "https://h/http%3A%2F%2Fh%2Fp%3Fq%3D1", ""),
    ],
)
def test_reads_the_url_of_a_callback(
    text: str, receiver: str | None, url: str, suffix: str
) -> None:
    values = {"body/url": "http://h/p?q=1", "querycb": "http://h", "body/id": "7/8"}

    def find(expression: RuntimeExpression) -> object:
        return values.get(expression.part + expression.where, MISSING)

    template = parse_callback_url(text)
    found = template.receiver
    assert (None if found is None else found.part + found.where) == receiver
    assert (template.evaluate(find), template.suffix) == (url, suffix)
    assert template.evaluate(lambda _: MISSING) is None
