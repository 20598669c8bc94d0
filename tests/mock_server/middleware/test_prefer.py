"""Preferences in `Prefer` or in the query: a response, a fault or a delay for one request."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from support.mock import RunningMock, StartMock
from support.parcels import PATH, SECRET, parcels_contract
from support.processes import TESTS, started

from mock_server.latency import Latency, parse_latency
from mock_server.middleware.prefer_header import parse_preferences, read_preferences
from mock_server.running import running_mock
from mock_server.settings import Settings
from openapi.contract import Contract, Operation, ResponseSpec
from openapi.examples import named_examples
from openapi.loading.loader import load_contract
from openapi.parameters import request_target
from openapi.rate import Rate

pytestmark = pytest.mark.integration

VECTORS = TESTS / "vectors" / "preferences.yaml"
SHORT = httpx.Timeout(10, read=0.5)
"""Timeout of a client that must not get a delayed response, in seconds."""
LONG = 1.5
DEADLINE = 30
"""Seconds to wait for an expected response."""

Ask = Callable[..., httpx.Response]


def _vectors() -> list[Any]:
    stated = yaml.safe_load(VECTORS.read_text(encoding="utf-8"))
    return [pytest.param(vector, id=vector["name"]) for vector in stated]


@pytest.mark.parametrize("vector", _vectors())
def test_parses_preferences_as_in_the_vectors(vector: dict[str, Any]) -> None:
    stated = [text.encode() for text in vector.get("prefer", ())]
    texts = read_preferences(stated, vector.get("query", "").encode())
    assert texts == vector["asked"]
    if "refused" in vector:
        with pytest.raises(ValueError, match=vector["refused"]):
            parse_preferences(texts or {})
    elif texts:
        parse_preferences(texts)


def _of(client: httpx.Client, operation: Operation) -> Ask:
    """Return a function that sends a request without credential and body to `operation`."""
    path = request_target(operation.path, dict.fromkeys(["path.parcelNumber"], "1"))
    return lambda prefer: client.request(operation.method, path, headers={"Prefer": prefer})


def _conforms(contract: Contract, response: ResponseSpec, answer: httpx.Response) -> None:
    for header in response.headers:
        assert header.name in answer.headers or not header.required, header.name
    if not response.content:
        assert answer.content == b""
        assert "content-type" not in answer.headers
        return
    schema = response.content[answer.headers["content-type"]]
    assert contract.schema(schema).violations(answer.json()) == ()


@pytest.fixture(scope="module", params=["shipped", "second"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Contract, httpx.Client]]:
    """Yield each of the two contracts with a client of its mock; the client has no credential."""
    contract = load_contract() if request.param == "shipped" else parcels_contract()
    settings = Settings(webhook_secret=SECRET, seed=1)
    with (
        running_mock(contract, settings) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield contract, client


def test_every_requested_status_conforms_to_the_contract(
    served: tuple[Contract, httpx.Client],
) -> None:
    contract, client = served
    for operation in contract.operations:
        ask = _of(client, operation)
        for status, response in operation.responses.items():
            for wish in (f"code={status}", f"code={status}, dynamic"):
                answer = ask(wish)
                assert answer.status_code == int(status)
                _conforms(contract, response, answer)
                made = "=true" if response.content and "dynamic" in wish else ""
                told = wish + made if made or "dynamic" not in wish else f"code={status}"
                assert answer.headers["preference-applied"] == told
            if status == "401":
                assert answer.headers["www-authenticate"] == "Bearer"


def test_every_named_example_can_be_requested(served: tuple[Contract, httpx.Client]) -> None:
    contract, client = served
    seen = 0
    for operation in contract.operations:
        ask = _of(client, operation)
        for status, response in operation.responses.items():
            for name, example in named_examples(contract, response).items():
                for wish in (f"example={name}", f"code={status}, example={name}"):
                    answer = ask(wish)
                    assert answer.status_code == int(status)
                    assert answer.json() == example.value
                    assert answer.headers["preference-applied"] == ", ".join(
                        sorted(wish.split(", "))
                    )
                    _conforms(contract, response, answer)
                    seen += 1
    assert seen >= 4


def test_every_response_of_the_contract_has_several_named_examples(contract: Contract) -> None:
    (operation,) = contract.operations
    for status, response in operation.responses.items():
        assert len(named_examples(contract, response)) >= 2, status


def ask(world: RunningMock, prefer: str = "", query: str = "", **more: Any) -> httpx.Response:
    """Send a valid request with preferences."""
    headers = {"Authorization": f"Bearer {world.token}", **({"Prefer": prefer} if prefer else {})}
    asked_for = {"headers": headers, "json": world.body(), **more}
    answer: httpx.Response = world.client.post(f"{world.url}?{query}", **asked_for)
    return answer


def test_query_parameters_have_the_effect_of_the_header(mock: RunningMock) -> None:
    wanted = ask(mock, "code=400, example=not-json")
    assert wanted.status_code == 400
    for query in ("__code=400&__example=not-json", "__example=not-json"):
        assert ask(mock, query=query).json() == wanted.json()
    assert ask(mock, "code=409", query="__code=400").status_code == 409


@pytest.mark.parametrize(
    ("prefer", "tells"),
    [
        ("code=418", "code=418 is not documented for createPersonalAccessToken; available: 201, 4"),
        ("code=4XX", "code=4XX is not documented"),
        ("code=conflict", "available: 201, 400, 401, 403, 409, 429, 500"),
        ("example=nothing", "available: created, created-long, bad-request, "),
        ("code=409, example=created", "available: conflict, conflict-without-code"),
        ("fault=retry-after", "retry-after-missing, "),
        ("fault=zzz", "`hookproof faults` lists all "),
        ("code=409, fault=zzz", "unknown fault 'zzz'"),
        ("delay=61", "delay=61 is not a number of seconds from 0 to 60"),
        ("code=409, dynamic=maybe", "dynamic=maybe is neither"),
    ],
)
def test_an_unknown_preference_is_a_400_that_lists_the_choices(
    mock: RunningMock, contract: Contract, prefer: str, tells: str
) -> None:
    body = mock.body()
    answer = ask(mock, prefer, json=body)
    assert answer.status_code == 400
    assert tells in answer.json()["message"]
    assert "preference-applied" not in answer.headers
    _conforms(contract, contract.operations[0].responses["400"], answer)
    assert ask(mock, json=body).status_code == 201


def test_foreign_preferences_are_ignored(mock: RunningMock) -> None:
    answer = ask(mock, 'respond-async, wait=10, handling="lenient"; code=409', "code=409&_code=1")
    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers


def test_a_requested_response_changes_no_state_and_sends_no_event(start: StartMock) -> None:
    with start(faults=frozenset({"webhook-on-rejection"})) as world:
        body = world.body(name="asked for")
        for prefer in ("code=201", "example=created", "dynamic", "code=409", "code=418"):
            ask(world, prefer, json=body)
        ask(world, json=world.body(name="the last"))
        ask(world, json=body)
        events = [world.receiver.next(), world.receiver.next()]
        assert sorted(event.value["data"]["name"] for event in events) == ["asked for", "the last"]
        assert world.receiver.poll(within=0) is None


def test_a_requested_response_needs_no_credential_and_no_valid_body(mock: RunningMock) -> None:
    for content in (b"", b"{", b"x" * 100_000):
        headers = {"Prefer": "code=201", "Content-Type": "text/plain"}
        assert ask(mock, headers=headers, json=None, content=content).status_code == 201


def test_a_requested_response_does_not_count_for_the_rate_limit(
    start: StartMock, contract: Contract
) -> None:
    with start(rate_limit=Rate(2, 60)) as world:
        asked_for = [ask(world, f"code={code}") for code in (201, 409, 418, 500)]
        first = ask(world)
        later, limited = ask(world, "code=409"), ask(world, "code=429")
        allowed, exceeded = ask(world), ask(world)
    assert [a.headers["x-rate-limit-remaining"] for a in asked_for] == ["2"] * 4
    assert first.headers["x-rate-limit-remaining"] == "1"
    assert later.headers["x-rate-limit-remaining"] == "1"
    assert (allowed.status_code, exceeded.status_code) == (201, 429)
    assert limited.headers["x-rate-limit-remaining"] == "0"
    assert limited.headers["x-rate-limit-limit"] == "1m"
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    _conforms(contract, contract.operations[0].responses["429"], limited)


def test_a_preferred_fault_applies_to_one_request(world: RunningMock) -> None:
    body = world.body(name="a name of more than twenty characters")
    answer = ask(world, "fault=name-truncated", json=body)
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "fault=name-truncated"
    event = world.receiver.next()
    assert event.value["data"]["name"] == body["name"][:20]
    assert ask(world, json=body).status_code == 409
    longer = {**body, "name": "x" * 257}
    assert ask(world, query="__fault=max-length-ignored", json=longer).status_code == 201
    assert ask(world, json=longer).status_code == 400


def test_a_preferred_fault_combines_with_faults_of_the_mock(start: StartMock) -> None:
    with start(faults=frozenset({"unprocessable-for-invalid"})) as world:
        answer = ask(world, "fault=error-empty", json={})
        assert (answer.status_code, answer.content) == (422, b"")
        assert ask(world, json={}).content != b""


def test_a_preferred_fault_applies_to_a_requested_response(mock: RunningMock) -> None:
    answer = ask(mock, "code=409, fault=error-as-html, delay=0.01")
    assert answer.status_code == 409
    assert answer.text.startswith("<html>")
    assert answer.headers["preference-applied"] == "code=409, fault=error-as-html, delay=0.01"
    assert ask(mock, "example=created, fault=secret-renamed").json() == {
        "access_token": "the-token-itself.shown-once.in-this-answer"
    }
    assert "retry-after" not in ask(mock, "code=429, fault=retry-after-missing").headers


def test_a_delay_postpones_the_response_only(mock: RunningMock) -> None:
    body = mock.body()
    with pytest.raises(httpx.ReadTimeout):
        ask(mock, f"delay={LONG}", json=body, timeout=SHORT)
    assert ask(mock, json=body).status_code == 409
    for prefer in (f"code=409, delay={LONG}", f"delay={LONG}"):  # the second request is invalid
        with pytest.raises(httpx.ReadTimeout):
            ask(mock, prefer, json={}, timeout=SHORT)
    answer = ask(mock, "delay=0.01", json={})
    assert (answer.status_code, answer.headers["preference-applied"]) == (400, "delay=0.01")


def test_a_stopping_mock_sends_delayed_responses(contract: Contract) -> None:
    command = ["-m", "hookproof", "mock", "--port", "0", "--rate-limit", "1000/10m"]
    path = contract.operations[0].path
    with ThreadPoolExecutor() as pool, httpx.Client(trust_env=False) as client:
        with started(command) as url:
            ahead = {"Prefer": "delay=60"}
            waiting = pool.submit(client.post, url + path, headers=ahead, timeout=DEADLINE)
            left = "1000"
            while left == "1000" and not waiting.done():  # until the delayed request is counted
                left = client.post(f"{url}{path}?__code=201").headers["x-rate-limit-remaining"]
        assert waiting.result().status_code == 401


def test_latency_applies_to_operations_only(start: StartMock) -> None:
    with start(latency=Latency(LONG, LONG)) as world:
        for prefer, body in (("", world.body()), ("", {}), ("code=409", {})):
            with pytest.raises(httpx.ReadTimeout):
                ask(world, prefer, json=body, timeout=SHORT)
        for path in ("/_hookproof/healthz", "/elsewhere"):
            url = f"http://{world.host}:{world.port}{path}"
            assert world.client.get(url, timeout=SHORT).status_code in (200, 404)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("200ms", 0.2, 0.2),
        ("100-300ms", 0.1, 0.3),
        ("0.1-0.3s", 0.1, 0.3),
        ("0s", 0, 0),
        ("1-60s", 1, 60),
    ],
)
def test_parses_a_latency(text: str, least: float, most: float) -> None:
    read = parse_latency(text)
    assert (read.min_seconds, read.max_seconds) == pytest.approx((least, most))
    assert all(read.min_seconds <= read.draw_seconds() <= read.max_seconds for _ in range(100))


@pytest.mark.parametrize(
    "text", ["", "200", "ms", "-1s", "300-100ms", "61s", "1s-2s", "1e3ms", "1-s", "nans", "1-2-3s"]
)
def test_rejects_an_invalid_latency(text: str) -> None:
    with pytest.raises(ValueError, match=r"use 200ms, 100-300ms or 0\.1-0\.3s"):
        parse_latency(text)


def test_generated_values_differ_and_repeat_with_a_seed(start: StartMock) -> None:
    def made(**settings: Any) -> list[str]:
        with start(receivers=0, **settings) as world:
            return [json.dumps(ask(world, "code=400, dynamic").json()) for _ in range(10)]

    unseeded, first, again, other = made(), made(seed=7), made(seed=7), made(seed=8)
    assert len(set(unseeded)) == len(set(first)) == 10
    assert first == again
    assert first != other


def test_an_example_has_priority_over_a_generated_value(mock: RunningMock) -> None:
    answer = ask(mock, "dynamic, example=conflict")
    assert answer.json()["code"] == "CONFLICT"
    assert answer.headers["preference-applied"] == "example=conflict"
    assert ask(mock, "dynamic").status_code == 201


def test_a_status_range_and_default_cover_each_of_their_statuses(tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    varied = tmp_path / "ranges.yaml"
    for stated, other in {'"404":': '"4XX":', '"403":': "default:", '"401":': '"400":'}.items():
        text = text.replace(stated, other)
    early = '"1XX": {description: It is looked for.}'
    text = text.replace('"200":', f'{early}\n        "200":')
    varied.write_text(text, encoding="utf-8")
    contract = load_contract(varied)
    operation = contract.operation("readParcel")
    settings = Settings(webhook_secret=SECRET)
    with (
        running_mock(contract, settings) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        send = _of(client, operation)
        for code, status, response in (
            ("418", 418, "4XX"),
            ("400", 400, "400"),
            ("4xx", 404, "4XX"),
            ("503", 503, "default"),
            ("default", 500, "default"),
        ):
            answer = send(f"code={code}")
            assert answer.status_code == status
            assert answer.headers["preference-applied"] == f"code={code}"
            _conforms(contract, operation.responses[response], answer)
        assert (send("code=204").status_code, send("code=204").content) == (204, b"")
        for code in ("100", "1XX", "600", "5XX", "none"):
            answer = send(f"code={code}")
            assert answer.status_code == 400
            assert "available: 200, 4XX, 422, 400, default" in answer.text


def test_a_message_is_cut_to_the_maximum_length_of_the_contract(
    served: tuple[Contract, httpx.Client],
) -> None:
    contract, client = served
    answer = _of(client, contract.operations[0])("code=" + "4" * 500)
    assert answer.status_code == 400
    told: Any = answer.json()
    told = told["message"] if "message" in told else told["trouble"]["inWords"]
    assert told.startswith("code=444")
    assert len(told) == 200 or "available" in told
