"""Overrides: faults and delays for the next N requests."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.mock import RunningMock
from support.processes import hookproof, started

from openapi.contract import Contract

pytestmark = pytest.mark.integration


def on(world: RunningMock, **switch: Any) -> list[dict[str, Any]]:
    answer = world.api("switches", "POST", json=switch)
    assert answer.status_code == 201, answer.text
    shown: list[dict[str, Any]] = answer.json()["overrides"]
    return shown


def test_a_fault_applies_to_the_given_number_of_requests(world: RunningMock) -> None:
    (shown,) = on(world, fault="ok-for-created", requests=3)
    assert (shown["fault"], shown["requests"]) == ("ok-for-created", 3)
    world.client.get(world.url)  # does not count: no operation matches
    assert [world.post().status_code for _ in range(2)] == [200, 200]
    assert [s["requests"] for s in world.api("switches").json()["overrides"]] == [1]
    assert [world.post().status_code for _ in range(2)] == [200, 201]
    assert world.api("switches").json()["overrides"] == []


def test_several_overrides_apply_at_once_and_expire_separately(world: RunningMock) -> None:
    on(world, fault="ok-for-created", requests=2)
    on(world, fault="signature-hex")
    on(world, delay=0.01, requests=3)
    received = [world.event().header("webhook-signature") or "" for _ in range(2)]
    assert [len(signature) == 64 for signature in received] == [True, False]
    assert world.post().status_code == 201
    statuses = [shown["status"] for shown in world.api("requests").json()["requests"]]
    assert statuses == [201, 200, 200]
    waited = [shown["milliseconds"] >= 10 for shown in world.api("requests").json()["requests"]]
    assert waited == [True] * 3


def test_an_override_combines_with_a_prefer_header(world: RunningMock) -> None:
    on(world, fault="ok-for-created", requests=1)
    headers = {"Authorization": f"Bearer {world.token}", "Prefer": "fault=unsigned"}
    assert world.client.post(world.url, json=world.body(), headers=headers).status_code == 200
    assert world.receiver.next().header("webhook-signature") is None
    assert world.event().header("webhook-signature") is not None


def test_all_overrides_can_be_cleared(world: RunningMock) -> None:
    on(world, fault="ok-for-created", requests=5)
    assert world.api("switches", "DELETE").json() == {"overrides": []}
    assert world.post().status_code == 201


def test_a_redelivery_has_the_fault_of_its_delivery(world: RunningMock) -> None:
    on(world, fault="signature-hex")
    first = world.event()
    (shown,) = world.api("deliveries").json()["deliveries"]
    assert shown["faults"] == ["signature-hex"]
    assert world.api(f"deliveries/{shown['id']}/redeliver", "POST").status_code == 202
    again = world.receiver.next()
    assert again.header("webhook-signature") == first.header("webhook-signature")


@pytest.fixture(scope="module")
def two_workers() -> Any:
    with started(["-m", "hookproof", "mock", "--port", "0", "--workers", "2"]) as url:
        yield url


def ask(url: str, method: str = "GET", **more: Any) -> httpx.Response:
    """Send a request on a new connection, which may reach another worker."""
    return httpx.request(method, url, trust_env=False, verify=False, timeout=30, **more)


def create(url: str, token: str, path: str, names: list[str]) -> Counter[int]:
    """Create a token for each name, eight at a time; return the number of responses per status."""
    headers = {"Authorization": f"Bearer {token}"}

    def one(name: str) -> int:
        body = {"name": name, "scopes": ["license:read"]}
        return ask(url + path, "POST", json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(one, names))


def test_two_workers_share_overrides_and_records(two_workers: str, contract: Contract) -> None:
    url, api = two_workers, f"{two_workers}/_hookproof/api"
    token, path = hookproof("token").stdout.strip(), contract.operations[0].path
    names = [f"name {number}" for number in range(40)]
    for fault, status in (("ok-for-created", 200), ("crash-after-create", 500)):
        ask(f"{api}/switches", "POST", json={"fault": fault, "requests": 15})
        wanted = [f"{fault} {name}" for name in names]
        assert create(url, token, path, wanted) == {status: 15, 201: 25}
    for _ in range(4):
        shown = ask(f"{api}/requests?limit=100").json()["requests"]
        assert Counter(one["status"] for one in shown) == {200: 15, 500: 15, 201: 50}
        assert [one["id"] for one in shown] == sorted((one["id"] for one in shown), reverse=True)
    assert create(url, token, path, names) == {201: 40}  # no override is left
    ask(f"{api}/switches", "POST", json={"delay": 60, "requests": 1000})
    assert ask(f"{api}/reset", "POST").status_code == 200
    for _ in range(4):
        assert ask(f"{api}/switches").json() == {"overrides": []}
        for kind in ("requests", "tokens", "deliveries"):
            assert ask(f"{api}/{kind}").json()[kind] == []
    assert create(url, token, path, [f"ok-for-created {name}" for name in names]) == {201: 40}


def test_a_response_replaces_that_of_the_next_requests(world: RunningMock) -> None:
    answer = {"status": 503, "headers": {"Retry-After": "7"}, "body": {"message": "later"}}
    on(world, response=answer, requests=2)
    (shown,) = on(world, response={"status": 204}, requests=1)[1:]
    assert shown["response"] == {"status": 204, "headers": [], "body": ""}
    first, second, third = (world.post(name="the same name") for _ in range(3))
    assert [first.status_code, second.status_code, third.status_code] == [503, 503, 204]
    assert (first.headers["retry-after"], first.json()) == ("7", {"message": "later"})
    assert first.headers["content-type"] == "application/json"
    assert third.content == b""
    # None of them created anything.
    assert world.post(name="the same name").status_code == 201
    (record, *_) = world.api("requests").json()["requests"][-1:]
    assert record["verdict"]["summary"] == "response on demand"


def test_a_response_of_text_is_sent_as_it_is(world: RunningMock) -> None:
    on(world, response={"status": 200, "body": "gr\u00fc\u00df Gott"})
    answer = world.post()
    assert (answer.content, answer.headers["content-type"]) == (
        "gr\u00fc\u00df Gott".encode(),
        "text/plain",
    )


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (7, "response must be an object"),
        ({}, "from 200 to 599, not null"),
        ({"status": 101}, "from 200 to 599, not 101"),
        ({"status": 200, "text": ""}, 'unknown key "text"'),
        ({"status": 204, "body": "x"}, "has no body"),
        ({"status": 200, "headers": []}, "headers of response must be an object"),
        ({"status": 200, "headers": {"a b": "c"}}, "not the name of a header"),
        ({"status": 200, "headers": {"Content-Length": "1"}}, "the server writes"),
        ({"status": 200, "headers": {"X": "a\r\nY: b"}}, "on one line"),
        ({"status": 200, "headers": {"X": "\u20ac"}}, "Latin-1"),
        ({"status": 200, "headers": {"X": 1}}, "Latin-1"),
        ({"status": 200, "body": "\ud800"}, "surrogate"),
    ],
)
def test_rejects_an_impossible_response(mock: RunningMock, response: Any, said: str) -> None:
    content = json.dumps({"response": response})
    headers = {"Content-Type": "application/json"}
    answer = mock.api("switches", "POST", content=content, headers=headers)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
