"""Mock of the parcels contract: parameters, links, two events, two signature schemes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from support.parcels import PATH, SECRET, mock, parcels_contract, token
from support.processes import hookproof

from openapi.parameters import match_path, request_target
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

CONTRACT = parcels_contract()
BOOKING = {
    "addressee": {"label": "Grace Example", "postcode": "QZ0007"},
    "grams": 31500,
    "handling": ["signed", "chilled"],
    "collectAt": "2027-03-01T10:00:00+02:00",
}


@dataclass
class World:
    client: httpx.Client
    sink: Sink

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, f"/v1/parcels{path}", **more)

    def book(self) -> dict[str, Any]:
        answer = self.ask("POST", "", json=BOOKING)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Sink(CONTRACT, SECRET) as sink, mock(sink.url) as url:
        headers = {"Authorization": f"Bearer {token()}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
            yield World(client, sink)


def conforms(operation_id: str, answer: httpx.Response) -> None:
    """Check a response against its schema and its required headers."""
    response = CONTRACT.operation(operation_id).responses[str(answer.status_code)]
    for header in response.headers:
        assert not header.required or header.name in answer.headers
    for media_type, schema in response.content.items():
        assert answer.headers["content-type"] == media_type
        assert CONTRACT.schema(schema).violations(answer.json()) == ()


def test_every_operation_sends_documented_responses(world: World) -> None:
    booked = world.ask("POST", "", json=BOOKING)
    number = booked.json()["parcelNumber"]
    reason = {"whyRecalled": "lost"}
    for operation_id, answer, status in (
        ("bookParcel", booked, 201),
        ("listParcels", world.ask("GET", "", params={"perShelf": 50, "tariff": "bulk"}), 200),
        ("readParcel", world.ask("GET", f"/{number}"), 200),
        ("amendParcel", world.ask("PATCH", f"/{number}", json={"insuredFor": 0.5}), 200),
        ("recallParcel", world.ask("DELETE", f"/{number}", params=reason), 204),
        ("readParcel", world.ask("GET", f"/{number}"), 404),
        ("amendParcel", world.ask("PATCH", "/1", json={"insuredFor": 1}), 404),
    ):
        assert answer.status_code == status, (operation_id, answer.text)
        conforms(operation_id, answer)
    assert answer.json()["trouble"]["inWords"] == "There is no resource with this name"


def test_each_generated_number_and_ticket_is_unique(world: World) -> None:
    made = [world.book() for _ in range(20)]
    assert len({one["parcelNumber"] for one in made}) == 20
    assert len({one["ticket"] for one in made}) == 20


@pytest.mark.parametrize(
    ("method", "path", "query", "tells"),
    [
        ("GET", "", {"perShelf": "51"}, "$request.query.perShelf: 51 breaks maximum: 50"),
        ("GET", "", {"perShelf": "many"}, "is string, not integer"),
        ("GET", "", {"perShelf": "1.0"}, "is string, not integer"),
        ("GET", "", {"tariff": "swift"}, "$request.query.tariff"),
        ("GET", "", {"bookedSince": "2026-02-30"}, "breaks format"),
        ("GET", "/some", {}, "$request.path.parcelNumber"),
        ("GET", "/0", {}, "breaks minimum: 1"),
        ("DELETE", "/1", {}, "'whyRecalled' is missing"),
        ("DELETE", "/1", {"whyRecalled": ""}, "breaks enum"),
    ],
)
def test_rejects_an_invalid_parameter(
    world: World, method: str, path: str, query: dict[str, str], tells: str
) -> None:
    answer = world.ask(method, path, params=query)
    assert answer.status_code == 422, answer.text
    assert tells in answer.json()["trouble"]["inWords"]


def test_rejects_an_invalid_header(world: World) -> None:
    for desk, status in (("front", 201), ("Front desk", 422)):
        answer = world.ask("POST", "", json=BOOKING, headers={"x-desk": desk})
        assert answer.status_code == status
    answer = world.ask("POST", "", json={**BOOKING, "grams": 0}, headers={"x-desk": "7"})
    said = answer.json()["trouble"]["inWords"]
    assert "$request.header.x-desk" in said
    assert "/grams: 0" in said


def test_each_event_echoes_its_request_and_has_its_signature_scheme(world: World) -> None:
    after = len(world.sink.deliveries())
    number = world.book()["parcelNumber"]

    def about_it(delivery: Delivery) -> bool:
        return str(number).encode() in delivery.body

    booked = world.sink.wait_for("parcel.booked", where=about_it, after=after)
    world.ask("DELETE", f"/{number}", params={"whyRecalled": "unwanted"})
    recalled = world.sink.wait_for("parcel.recalled", where=about_it, after=after)
    for delivery in (booked, recalled):
        verdict = world.sink.judge(delivery)
        assert verdict.findings == ()
        assert verdict.signature == "valid"
    parcel: Any = world.sink.judge(booked).payload
    assert parcel["parcel"]["parcelNumber"] == number
    assert parcel["parcel"]["addressee"]["label"] == "Grace Example"
    assert parcel["parcel"]["collectAt"] == "2027-03-01T08:00:00.0000000Z"
    payload: Any = world.sink.judge(recalled).payload
    assert payload["recalled"] == {"parcelNumber": number, "whyRecalled": "unwanted"}
    assert booked.header_values("X-Carrier-Seal")[0].startswith(b"sha256=")
    assert recalled.header_values("webhook-signature")[0].startswith(b"v1,")


def test_the_same_seed_generates_the_same_values() -> None:
    def shown(*options: str) -> list[Any]:
        with mock("http://127.0.0.1:1/", *options) as url:
            headers = {"Authorization": f"Bearer {token()}"}
            with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
                made = client.post("/v1/parcels", json=BOOKING).json()
                return [made, client.get("/v1/parcels").json()]

    first, again, other, unseeded = (
        shown(*o) for o in (["--seed", "7"],) * 2 + (["--seed", "8"], [])
    )
    assert first == again
    assert first[1] != other[1]
    assert unseeded[0]["ticket"] not in (first[0]["ticket"], other[0]["ticket"])


def test_mock_and_sink_reject_a_secret_that_does_not_fit_the_contract() -> None:
    for command in ("mock", "sink"):
        options = ["--contract", str(PATH), "--port", "0", "--webhook-secret", "plain text"]
        urls = ["--webhook-url", "http://127.0.0.1:1/"] if command == "mock" else []
        done = hookproof(command, *options, *urls)
        assert done.returncode == 2
        assert "'whsec_' and after it a key in base64" in done.stderr
        assert "plain text" not in done.stderr
        assert done.stderr.count("\n") == 1


def test_paths_are_matched_and_filled_by_their_template() -> None:
    path = "/a/{x-y}/b.{z}"
    assert match_path(path, "/a/1/b.2") == {"x-y": "1", "z": "2"}
    for other in ("/a//b.2", "/a/1/2/b.2", "/a/1/b2", "/a/1/b.2/"):
        assert match_path(path, other) is None
    texts = {"path.x-y": "a/ü?", "path.z": "2", "query.q": "1&2", "header.h": "3"}
    assert request_target(path, texts) == "/a/a%2F%C3%BC%3F/b.2?q=1%262"
