"""Rate limit: headers on every response, a count per address, and Retry-After."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, StartMock
from support.parcels import PATH, changed
from support.processes import hookproof

from mock_server.app import create_app
from mock_server.settings import Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.rate import Rate
from openapi.schemas.formats import date_time_to_ns

pytestmark = pytest.mark.integration

TOLD = """headers:
            X-Rate-Limit-Limit: {schema: {type: string}, x-hookproof-provenance: handbook}
            X-Rate-Limit-Remaining: {schema: {type: integer}, x-hookproof-provenance: handbook}
          """
DEADLINE = 10.0
OF_READING = ("operationId: readParcel\n", "description: The parcel.\n          ")
"""Places in operation `readParcel` after which a test inserts a rate limit and headers."""


def told(contract: Contract, answer: httpx.Response) -> int:
    """Check the rate limit headers against the contract; return the remaining requests."""
    documented = contract.operations[0].responses["201"].headers
    assert [h.name for h in documented if h.name not in answer.headers] == [], answer.text
    for header in documented:
        text: Any = answer.headers[header.name]
        value = int(text) if header.is_integer else text
        assert contract.schema(header.schema).violations(value) == (), header.name
    ahead = (date_time_to_ns(answer.headers["x-rate-limit-reset"]) or 0) / 10**9 - time.time()
    assert -DEADLINE < ahead <= 61
    return int(answer.headers["x-rate-limit-remaining"])


def test_every_response_of_the_operation_has_rate_limit_headers(
    start: StartMock, contract: Contract
) -> None:
    lacking = mint(DEVELOPMENT_SECRET, ["license:read"], None)
    with start(rate_limit=Rate(8, 60)) as world:
        name = world.body()["name"]
        plain = {"Authorization": f"Bearer {world.token}", "Content-Type": "text/plain"}
        answers = [
            world.post(name=name),
            world.post(b"{"),
            world.post(token="x"),
            world.post(token=lacking),
            world.client.get(world.url),
            world.post(name=name),
            world.post(b" " * 1024 * 1025),
            world.client.post(world.url, content=b"{}", headers=plain),
            world.post(),
            world.client.put(world.url),
        ]
    statuses = [201, 400, 401, 403, 405, 409, 413, 415, 429, 429]
    assert [answer.status_code for answer in answers] == statuses
    assert [told(contract, answer) for answer in answers] == [7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert {answer.headers["x-rate-limit-limit"] for answer in answers} == {"1m"}
    assert ["retry-after" in answer.headers for answer in answers] == [False] * 8 + [True] * 2


@pytest.mark.parametrize(
    ("fault", "content"), [("crash-after-create", None), ("malformed-crash", b"{")]
)
def test_a_500_has_rate_limit_headers(
    start: StartMock, contract: Contract, fault: str, content: bytes | None
) -> None:
    with start(rate_limit=Rate(5, 60), faults=frozenset({fault})) as world:
        answer = world.post(content)
    assert (answer.status_code, told(contract, answer)) == (500, 4)


def test_a_client_succeeds_after_waiting_for_retry_after(start: StartMock) -> None:
    """Act as the vendor's client: wait for `Retry-After`, at most 60 s, and retry three times."""

    def patient(send: Callable[[], httpx.Response]) -> list[int]:
        answers = [send()]
        while answers[-1].status_code == 429 and len(answers) <= 3:
            wait = int(answers[-1].headers["retry-after"])
            assert 1 <= wait <= 60
            time.sleep(wait)
            answers.append(send())
        return [answer.status_code for answer in answers]

    with start(rate_limit=Rate(2, 1)) as world:
        bodies = (json.dumps(world.body()).encode() for _ in range(20))
        came = (patient(partial(world.post, body)) for body in bodies)
        assert next(statuses for statuses in came if statuses[0] == 429) == [429, 201]


def test_each_address_has_a_separate_limit(start: StartMock, contract: Contract) -> None:
    with start(receivers=0, host="::", rate_limit=Rate(2, 60)) as world:
        headers = {"Authorization": f"Bearer {world.token}"}

        def ask(host: str) -> tuple[int, int]:
            url = f"http://{host}:{world.port}{world.path}"
            answer = world.client.post(url, json=world.body(), headers=headers)
            return answer.status_code, told(contract, answer)

        came = [ask(host) for host in ("127.0.0.1", "[::1]", "127.0.0.1", "[::1]", "127.0.0.1")]
    assert came == [(201, 1), (201, 1), (201, 0), (201, 0), (429, 0)]


def test_x_forwarded_for_does_not_change_the_address(start: StartMock) -> None:
    with start(rate_limit=Rate(1, 60)) as world:
        world.client.headers["X-Forwarded-For"] = "192.0.2.1"
        assert [world.post().status_code, world.post().status_code] == [201, 429]


def test_documented_selects_the_limit_of_the_contract(start: StartMock, contract: Contract) -> None:
    with start(rate_limit="documented") as world:
        answer = world.post()
    stated = contract.operations[0].rate_limit or {}
    assert told(contract, answer) == stated["requests"] - 1
    assert answer.headers["x-rate-limit-limit"] == f"{stated['seconds']}s"
    reset = datetime.fromisoformat(answer.headers["x-rate-limit-reset"])
    assert reset.utcoffset() == UTC.utcoffset(None)


LIMITED = (
    "      x-hookproof-rate-limit: "
    "{requests: 3, seconds: 60, per: client-address, source: handbook}\n"
)


def test_an_operation_without_a_documented_limit_has_none(start: StartMock, tmp_path: Path) -> None:
    contract = changed(tmp_path, (OF_READING[0], LIMITED), (OF_READING[1], TOLD))
    token = mint(DEVELOPMENT_SECRET, ["parcels:look"], None)
    with start(contract=contract, receivers=0, rate_limit="documented") as world:
        world.client.headers["Authorization"] = f"Bearer {token}"
        one = f"{world.url}/7000009"
        answers = [
            world.client.request(method, url)
            for method, url in (
                ("GET", one),
                ("GET", f"{world.url}/none"),
                ("PUT", one),
                ("GET", one),
                ("GET", world.url),
            )
        ]
    assert [answer.status_code for answer in answers] == [404, 422, 405, 429, 200]
    left = [answer.headers.get("x-rate-limit-remaining") for answer in answers]
    assert left == ["2", "1", "0", "0", None]


def test_rejects_documented_without_a_valid_documented_limit(tmp_path: Path) -> None:
    half = LIMITED.replace("seconds: 60", "seconds: 0.5")
    for contract, tells in (
        (changed(tmp_path), "documents no rate limit; pass one, such as 50/5s"),
        (changed(tmp_path, (OF_READING[0], half)), "readParcel is over 0.5 seconds"),
    ):
        with pytest.raises(ValueError, match=tells):
            create_app(contract, Settings(rate_limit="documented"))
    command = ["mock", "--port", "0", "--contract", str(PATH)]
    done = hookproof(*command, "--rate-limit", "documented")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "documents no rate limit" in done.stderr


def test_no_rate_limit_applies_by_default(mock: RunningMock) -> None:
    assert not [name for name in mock.post().headers if "limit" in name]
