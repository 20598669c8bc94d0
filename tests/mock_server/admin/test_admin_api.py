"""Admin API: requests, tokens, deliveries, overrides, faults and reset, all without secrets."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, StartMock

from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.rate import Rate

pytestmark = pytest.mark.integration

POOR = mint(DEVELOPMENT_SECRET, ["license:read"], None)
"""Token without the permission."""


def newest(world: RunningMock) -> Any:
    """Return the record of the newest request."""
    return world.api("requests?limit=1").json()["requests"][0]


def test_a_request_is_shown_with_its_verdict_and_deliveries(
    world: RunningMock, contract: Contract
) -> None:
    world.event()
    shown = newest(world)
    assert (shown["method"], shown["target"], shown["status"]) == ("POST", world.path, 201)
    assert shown["operation"] == contract.operations[0].id
    assert json.loads(shown["body"]["text"]) == world.last
    assert ["authorization", "Bearer [secret]"] in shown["headers"]
    assert shown["milliseconds"] > 0
    assert (shown["verdict"]["summary"], shown["verdict"]["credential"]) == ("valid", "accepted")
    whole = world.api(f"requests/{shown['id']}").json()
    (delivery,) = world.api("deliveries").json()["deliveries"]
    assert whole == {**shown, "deliveries": [delivery["id"]]}
    assert delivery["request"] == shown["id"]


def test_a_verdict_lists_every_violation_with_its_place(mock: RunningMock) -> None:
    mock.post(json.dumps({"name": "", "scopes": ["a:b", 5]}).encode())
    verdict = newest(mock)["verdict"]
    assert not verdict["valid"]
    found = {(v["location"], v["keyword"]) for v in verdict["violations"]}
    assert found == {("/name", "minLength"), ("/scopes/1", "type")}
    assert verdict["summary"].endswith("and 1 more")


REFUSED: list[tuple[str, Callable[[Any], httpx.Response], int, dict[str, Any]]] = [
    ("no JSON", lambda m: m.post(b"{"), 400, {"credential": "accepted"}),
    ("a bad credential", lambda m: m.post(token="x"), 401, {"violations": []}),
    (
        "no permission",
        lambda m: m.post(token=POOR),
        403,
        {"violations": []},
    ),
    ("another path", lambda m: m.client.get(m.url + "/x"), 404, {"credential": "not checked"}),
    ("another method", lambda m: m.client.get(m.url), 405, {"credential": "not checked"}),
    (
        "another media type",
        lambda m: m.client.post(
            m.url, content=b"x", headers={"Authorization": f"Bearer {m.token}"}
        ),
        415,
        {"credential": "accepted"},
    ),
]


@pytest.mark.parametrize(
    ("send", "status", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_verdict_states_why_a_request_was_rejected(
    mock: RunningMock, send: Any, status: int, expected: dict[str, Any]
) -> None:
    assert send(mock).status_code == status
    shown = newest(mock)
    assert shown["status"] == status
    assert not shown["verdict"]["valid"]
    assert shown["verdict"]["summary"] not in ("", "valid")
    assert {key: shown["verdict"][key] for key in expected} == expected


def test_a_duplicate_request_is_rejected_without_a_violation(mock: RunningMock) -> None:
    mock.post()
    content = json.dumps(mock.last).encode()
    assert mock.post(content).status_code == 409
    verdict = newest(mock)["verdict"]
    assert (verdict["violations"], verdict["rejection"]["reason"]) == ([], "duplicate-request")


@pytest.mark.parametrize(
    ("fault", "send", "status", "summary"),
    [
        ("auth-missing", lambda w: w.post(token="x"), 201, "The access token is malformed"),
        ("permission-ignored", lambda w: w.post(token=POOR), 201, "lacks a permission"),
        ("min-length-ignored", lambda w: w.post(name=""), 201, "/name"),
        ("unprocessable-for-invalid", lambda w: w.post(name=""), 422, "/name"),
        ("max-length-off-by-one", lambda w: w.post(name="n" * 256), 400, "valid"),
        ("crash-after-create", lambda w: w.post(), 500, "valid"),
        ("rate-limit-ignored", lambda w: [w.post() for _ in "123"][-1], 201, "over the rate limit"),
    ],
)  # fmt: skip
def test_faults_do_not_change_the_verdict(
    start: StartMock, fault: str, send: Any, status: int, summary: str
) -> None:
    with start(receivers=0, faults=frozenset({fault}), rate_limit=Rate(2, 60)) as world:
        assert send(world).status_code == status
        shown = newest(world)
        assert shown["status"] == status
        assert summary in shown["verdict"]["summary"]
        assert shown["verdict"]["valid"] == (summary == "valid")


def test_requests_are_paginated(mock: RunningMock) -> None:
    names = [mock.body()["name"] for _ in range(5)]
    for name in names:
        mock.post(name=name)
    first = mock.api("requests?limit=3").json()["requests"]
    rest = mock.api(f"requests?limit=2&before={first[-1]['id']}").json()["requests"]
    shown = [json.loads(one["body"]["text"])["name"] for one in first + rest]
    assert shown == names[::-1]


def test_a_large_body_is_truncated(mock: RunningMock) -> None:
    mock.post(json.dumps({"name": "n", "scopes": ["a" * 100_000]}).encode())
    body = newest(mock)["body"]
    assert (len(body["text"]), body["truncated"]) == (16 * 1024, True)
    assert body["size"] > 100_000


def test_a_token_is_shown_with_the_requested_values(world: RunningMock) -> None:
    world.post(revoked=True)
    (shown,) = world.api("tokens").json()["tokens"]
    asked = {
        key: world.last[at]
        for key, at in (("permissions", "scopes"), ("expires", "expiresAt"), ("revoked", "revoked"))
    }
    assert shown["requested"] == asked
    assert json.loads(shown["body"]["text"]) == world.last


def test_records_contain_no_secret(start: StartMock) -> None:
    faults = frozenset({"secret-in-payload", "credential-in-payload", "credential-echoed"})
    secrets = [DEVELOPMENT_SECRET, DEVELOPMENT_WEBHOOK_SECRET, "hidden", "tossed-salad"]
    with start(faults=faults) as world:
        made = world.post().json()["accessToken"]
        secrets += [world.token, made]
        world.receiver.next()
        leaking = {
            "Authorization": f"Bearer {world.token}",
            "Proxy-Authorization": "Basic tossed-salad",
            "Cookie": "session=tossed-salad",
            "X-Api-Key": "tossed-salad",
            "X-Other": made,
            "Content-Type": "application/json",
        }
        known = [DEVELOPMENT_SECRET, DEVELOPMENT_WEBHOOK_SECRET, world.token]
        content = json.dumps({"name": made, "scopes": known}).encode()
        world.client.post(f"{world.url}?access_token={made}", content=content, headers=leaking)
        # The body is cut before the last letters of the secret.
        last = DEVELOPMENT_WEBHOOK_SECRET.encode()
        cut = content + b"x" * (16 * 1024 - len(content) - len(last) + 3) + last
        world.client.post(world.url, content=cut, headers=leaking)
        seen = [world.api(path).text for path in ("requests", "tokens", "deliveries", "switches")]
        for kind in ("requests", "deliveries"):
            for one in json.loads(seen[0 if kind == "requests" else 2])[kind]:
                seen.append(world.api(f"{kind}/{one['id']}").text)
    bodies = [one["body"] for one in json.loads(seen[0])["requests"]]
    assert [body["truncated"] for body in bodies] == [True, False, False]
    assert "Bearer [secret]" in seen[0]
    assert "[secret]" in seen[2]
    parts = [part for secret in secrets for part in (secret, *secret.split(".")) if len(part) > 5]
    parts.append(DEVELOPMENT_WEBHOOK_SECRET[:-3])
    assert not [part for part in parts for text in seen if part in text]


JSON = {"Content-Type": "application/json"}
WRONG: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "nothing", {}, 404, "/_hookproof/api/nothing"),
    ("GET", "requests/999999", {}, 404, "there is no request 999999"),
    ("GET", "requests/x", {}, 404, 'there is no request "x"'),
    ("GET", "requests/a%0Ab", {}, 404, "there is nothing at"),
    ("POST", "deliveries/%0A/redeliver", {}, 404, "there is nothing at"),
    ("GET", "requests/0", {}, 404, "there is no request"),
    ("GET", "requests/-1", {}, 404, "there is no request"),
    ("GET", f"requests/{2**53 + 1}", {}, 404, "there is no request"),
    ("GET", f"requests/{2**63}", {}, 404, "there is no request"),
    ("GET", f"requests/{'9' * 5000}", {}, 404, "(5000 characters)"),
    ("GET", f"deliveries/{2**64}", {}, 404, "there is no delivery"),
    ("POST", f"deliveries/{2**63}/redeliver", {}, 404, "there is no delivery"),
    ("POST", f"deliveries/{'9' * 5000}/redeliver", {}, 404, "there is no delivery"),
    ("GET", f"requests?before={2**63}", {}, 400, "before must be a whole number"),
    ("GET", f"tokens?before={'9' * 5000}", {}, 400, "before must be a whole number"),
    ("GET", f"tokens?limit={2**63}", {}, 400, "limit must be a whole number"),
    ("GET", "tokens?limit=1&limit=2", {}, 400, "limit is given more than once"),
    ("GET", "requests?limit=0", {}, 400, "limit must be a whole number from 1 to 1000"),
    ("GET", "deliveries?before=-1", {}, 400, "before must be a whole number"),
    ("POST", "requests", {}, 405, "POST is not allowed here; use "),
    ("PUT", "switches", {}, 405, "PUT is not allowed here"),
    ("GET", "reset", {}, 405, "use POST"),
    ("POST", "deliveries/999999/redeliver", {}, 404, "there is no delivery 999999"),
    ("POST", "reset", {"data": {"a": "b"}}, 415, "Content-Type: application/json"),
    ("POST", "reset", {"headers": {"Content-Type": "text/plain"}}, 415, "as JSON"),
    ("POST", "reset", {"json": {"all": True}}, 400, 'unknown key "all"'),
    ("POST", "switches", {"content": b"{", "headers": JSON}, 400, "not JSON"),
    ("POST", "switches", {"content": b"[]", "headers": JSON}, 400, "not a JSON object"),
    ("POST", "switches", {"content": b" " * 70_000, "headers": JSON}, 413, "65536 bytes"),
    ("POST", "switches", {"json": {}}, 400, "send one of"),
    ("POST", "switches", {"json": {"fault": "unsigned", "delay": 1}}, 400, "send one of"),
    ("POST", "switches", {"json": {"fault": "unsignd"}}, 404, "did you mean unsigned"),
    ("POST", "switches", {"json": {"fault": 7}}, 404, "unknown fault 7"),
    ("POST", "switches", {"json": {"fault": "unsigned", "requests": 0}}, 400, "requests must"),
    ("POST", "switches", {"json": {"fault": "unsigned", "requests": True}}, 400, "requests must"),
    ("POST", "switches", {"json": {"delay": 1, "requests": 2**63}}, 400, "requests must"),
    ("POST", "switches", {"json": {"delay": 1, "requests": 1.5}}, 400, "requests must"),
    ("POST", "switches", {"json": {"delay": 2**64}}, 400, "delay must be a number of seconds"),
    ("POST", "switches", {"content": b'{"delay": 1e999}', "headers": JSON}, 400, "delay must"),
    ("POST", "switches", {"content": b'{"delay": %s}' % (b"9" * 5000), "headers": JSON}, 400, ""),
    ("POST", "switches", {"content": b'{"delay": NaN}', "headers": JSON}, 400, ""),
    ("POST", "switches", {"json": {"delay": 61}}, 400, "delay must be a number of seconds"),
    ("POST", "switches", {"json": {"delay": "1"}}, 400, "delay must be a number of seconds"),
    ("POST", "switches", {"json": {"delay": 1, "reqests": 1}}, 400, "did you mean requests"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "more", "status", "said"), WRONG)
def test_rejects_a_wrong_call_with_a_message(
    mock: RunningMock, method: str, path: str, more: dict[str, Any], status: int, said: str
) -> None:
    answer = mock.api(path, method, **more)
    assert answer.status_code == status
    assert list(answer.json()) == ["message"]
    assert said in answer.json()["message"]
    if status == 405:
        assert answer.headers["allow"]


def test_the_faults_of_the_contract_are_listed(mock: RunningMock) -> None:
    listed = mock.api("faults").json()["faults"]
    (unsigned,) = [fault for fault in listed if fault["name"] == "unsigned"]
    assert (unsigned["category"], unsigned["description"]) == (
        "webhooks",
        "Deliveries carry no signature.",
    )
    assert unsigned["expected_response"] == "4xx"
    assert any(fault["name"].startswith("request-name") for fault in listed)


def test_a_reset_clears_all_state(start: StartMock) -> None:
    with start(rate_limit=Rate(2, 60)) as world:
        world.receiver.answers = [(503, {"Retry-After": "60"})]
        name = world.event().value["data"]["name"]
        assert world.post(name=name).status_code == 409
        assert world.post().status_code == 429
        world.api("switches", "POST", json={"fault": "unsigned", "requests": 9})
        assert world.api("reset", "POST").status_code == 200
        assert world.api("switches").json() == {"overrides": []}
        for kind in ("requests", "tokens", "deliveries"):
            assert world.api(kind).json()[kind] == []
        assert world.event(name=name).value["data"]["name"] == name
        assert len(world.api("deliveries").json()["deliveries"]) == 1


def test_a_request_is_shown_with_the_response_that_was_sent(start: StartMock) -> None:
    with start(receivers=0, faults=frozenset({"error-as-problem"})) as world:
        answer = world.post(name="")
        shown = newest(world)["response"]
        assert shown["body"]["text"] == answer.text
        assert ["content-type", answer.headers["content-type"]] in shown["headers"]
        assert world.post().status_code == 201
        shown = newest(world)["response"]
        assert json.loads(shown["body"]["text"]) == {"accessToken": "[secret]"}


def test_shows_the_contract_and_the_settings(start: StartMock, contract: Contract) -> None:
    faults = frozenset({"unsigned"})
    with start(receivers=0, faults=faults, rate_limit=Rate(2, 60), seed=3) as world:
        shown = world.api("settings").json()
    info = contract.document["info"]
    assert (shown["contract"]["title"], shown["contract"]["version"]) == (
        info["title"],
        info["version"],
    )
    settings = shown["settings"]
    assert (settings["rate_limit"], settings["faults"], settings["seed"]) == (
        "2/60s",
        ["unsigned"],
        3,
    )
    assert (settings["auth"], settings["latency"], settings["state"]) == ("jwt", None, None)


def test_a_call_of_the_list_succeeds(mock: RunningMock) -> None:
    (call,) = mock.api("calls").json()["calls"]
    headers = {name: text.replace("$TOKEN", mock.token) for name, text in call["headers"]}
    answer = mock.client.request(
        call["method"],
        mock.url.removesuffix(call["target"]) + call["target"],
        content=call["body"],
        headers=headers,
    )
    assert answer.status_code == 201
    assert call["curl"].startswith("curl -i -X POST ")
