"""Observed run: which exchanges of another program must have an event, and which bodies get a mark.

No event arrives in these tests, so that `webhook-sent` counts the exchanges that lack one.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.processes import TESTS

from contracts.model.exchange import Failure, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import new_run_id
from contracts.observed_run import ObservedRun, SentRequest
from openapi.http.free_port import free_port
from openapi.loading.loader import default_contract_path, load_contract, parse_contract

pytestmark = pytest.mark.integration

URL = "http://127.0.0.1:9/base"
CANCEL = "/customers/{customerId}/orders/{orderId}/cancel"
CANCELLED = ReceivedResponse(200, (("content-type", "application/json"),), b'{"id": "1"}')
LOST = Failure("lost", "there was no response")
SETTINGS = Settings(
    url=URL,
    run_id=new_run_id(),
    seed=0,
    webhook_secret="secret",
    webhook_deadline=0.01,
    profile="quick",
)
KEY = """
      parameters:
        - name: Idempotency-Key
          in: header
          schema: {type: string}
          x-hookproof-provenance: seed
"""


@pytest.fixture
def run() -> Iterator[ObservedRun]:
    settings = replace(SETTINGS, webhook_port=free_port())
    contract = load_contract(TESTS / "data" / "workshop.yaml")
    with ObservedRun(contract, settings, lambda _: None) as run:
        yield run


def cancel(run: ObservedRun, order: str, result: ReceivedResponse | Failure = CANCELLED) -> None:
    """Record a cancellation of an order."""
    record = run.triggering("POST", CANCEL)
    assert record is not None
    url = f"{URL}/customers/cus_1/orders/{order}/cancel"
    run.record(record, run.next_values(), SentRequest("POST", url, (), b"", "a case"), result, 0, 1)


def missing(run: ObservedRun) -> int:
    """Return the number of exchanges that lack their event."""
    found = [one.finding for one in run.outcome().findings if one.finding.check == "webhook-sent"]
    return sum(finding.count for finding in found)


def test_each_resource_owes_an_event(run: ObservedRun) -> None:
    cancel(run, "1")
    cancel(run, "2")
    assert missing(run) == 2
    assert run.outcome().triggers == 2


@pytest.mark.parametrize("first", [CANCELLED, LOST])
def test_a_repeated_request_on_a_resource_owes_none(
    first: ReceivedResponse | Failure, run: ObservedRun
) -> None:
    cancel(run, "1", first)
    cancel(run, "1")
    assert missing(run) == (first is CANCELLED)


def test_a_request_after_a_rejected_one_owes_an_event(run: ObservedRun) -> None:
    cancel(run, "1", ReceivedResponse(401, (), b""))
    cancel(run, "1")
    assert missing(run) == 1


def test_only_operations_that_trigger_an_event_are_recorded(run: ObservedRun) -> None:
    assert run.triggering("post", CANCEL) is not None
    assert run.triggering("GET", "/customers") is None


@pytest.mark.parametrize("has_key", [False, True])
def test_a_body_beside_an_idempotency_key_gets_no_mark(has_key: bool) -> None:
    text, place = default_contract_path().read_text(encoding="utf-8"), "      security:\n"
    if has_key:
        text = text.replace(place, f"{KEY}{place}", 1)
    run = ObservedRun(parse_contract("openapi.yaml", text), SETTINGS, lambda _: None)
    record = run.triggering("POST", "/v3/personal-access-tokens")
    assert record is not None
    body = {"name": "a name that is long enough", "scopes": []}
    marked = run.marked(record, "application/json", body, run.next_values())
    assert (marked == body) is has_key
