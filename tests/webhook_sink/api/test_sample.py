"""Sample deliveries that the sink sends to itself."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from support.sink import RunningSink, StartedSink, StartSink

from openapi.contract import Contract
from openapi.loading.loader import empty_contract, load_contract
from openapi.signatures.registry import SCHEMES
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

PATH = "/_hookproof/api/deliveries/sample"
TWO_EVENTS = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths: {}
webhooks:
  order.paid:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/event"}}}}
      responses: {"204": {description: accepted}}
      x-hookproof-event: {header: X-Event}
  order.sent:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/event"}}
      responses: {"204": {description: accepted}}
      x-hookproof-event: {header: X-Event}
components:
  schemas:
    event:
      type: object
      required: [id, total]
      properties: {id: {type: string, format: uuid}, total: {type: integer, minimum: 1}}
"""


def send_sample(client: RunningSink, query: str = "") -> httpx.Response:
    return client.http.post(f"{client.sink.url}{PATH}{query}")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"secret": "a secret"},
        {"secret": ["a secret", "an older one"], "verify": True},
        {"secret": "a secret", "replies": "hang"},
        {"secret": "a secret", "replies": "reset"},
        {"secret": "a secret", "replies": "503 delay=60"},
    ],
)
def test_the_first_sample_conforms(start: StartSink, settings: dict[str, Any]) -> None:
    with start(**settings) as client:
        answer = send_sample(client)
        assert (answer.status_code, answer.json()) == (201, {"id": 1}), answer.text
        assert answer.headers["location"] == "/_hookproof/api/deliveries/1"
        shown = client.http.get(client.sink.url + answer.headers["location"]).json()
        assert shown["verdict_kind"] == "conforms", shown["findings"]
        assert shown["signature"] == ("valid" if settings else "unchecked")
        # Each sample is a new event.
        assert send_sample(client).json() == {"id": 2}
        again = client.api("api/deliveries/2").json()
        assert (again["attempt"], again["same_body"]) == (1, True)
        assert again["body"] != shown["body"]


@pytest.mark.parametrize("public_url", [None, "https://hooks.example.com/in"])
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_a_sample_is_signed_by_every_scheme(
    contract: Contract, scheme: str, public_url: str | None
) -> None:
    judged_by = contract.with_signature(SCHEMES[scheme]).with_public_url(public_url or "")
    secret = SCHEMES[scheme].make_secret("0123456789abcdef" * 4)
    with StartedSink(Sink(judged_by, secret=secret)) as client:
        assert send_sample(client).json() == {"id": 1}
        shown = client.api("api/deliveries/1").json()
        assert (shown["verdict"], shown["findings"]) == ("conforms; signature valid", [])


def test_a_sample_of_a_chosen_event(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(TWO_EVENTS, encoding="utf-8")
    with StartedSink(Sink(load_contract(file))) as client:
        for query, event in (
            ("", "order.paid"),
            ("?event=order.sent", "order.sent"),
            ("?event=order.paid", "order.paid"),
        ):
            number = send_sample(client, query).json()["id"]
            shown = client.api(f"api/deliveries/{number}").json()
            assert (shown["event"], shown["verdict_kind"]) == (event, "conforms"), shown
        refused = send_sample(client, "?event=order.lost&seed=1")
        assert refused.status_code == 400
        assert refused.json()["message"] == 'unknown parameter "seed"; the parameters are event'
        refused = send_sample(client, "?event=order.lost")
        assert (refused.status_code, refused.json()) == (
            400,
            {"message": 'unknown event "order.lost"'},
        )
        assert len(client.sink.deliveries()) == 3


def test_a_sink_that_can_make_no_sample_says_why(contract: Contract) -> None:
    keys = contract.with_signature(SCHEMES["standard-webhooks"])
    public = "whpk_" + "A" * 43 + "="
    for judged_by, secret, reason in (
        (empty_contract(), None, "the contract of this sink has no event"),
        (keys, public, "the webhook secret does not fit this contract"),
    ):
        with StartedSink(Sink(judged_by, secret=secret)) as client:
            answer = send_sample(client)
            assert answer.status_code == 409
            assert reason in answer.json()["message"]
            assert public not in answer.text
            assert client.sink.deliveries() == ()


def test_a_page_of_another_origin_can_send_no_sample(start: StartSink) -> None:
    with start(token="a token") as client:
        assert send_sample(client).status_code == 401
    with start() as client:
        foreign = {"Origin": "http://evil.example"}
        answer = client.http.post(client.sink.url + PATH, headers=foreign)
        assert answer.status_code == 403
        assert client.sink.deliveries() == ()
