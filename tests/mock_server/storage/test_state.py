"""State of the mock: kept over restarts and kills, and shared by its workers."""

import asyncio
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.mock import StartMock
from support.processes import hookproof, launched, started

from openapi.contract import Contract

pytestmark = pytest.mark.integration

MOCK = ["-m", "hookproof", "mock", "--port", "0"]


@pytest.fixture(scope="module")
def token() -> str:
    return hookproof("token").stdout.strip()


@contextmanager
def caller(url: str, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=url, trust_env=False, verify=False, timeout=60, headers=headers
    ) as client:
        yield client


def create(client: httpx.Client, path: str, name: str) -> int:
    return client.post(path, json={"name": name, "scopes": ["license:read"]}).status_code


def test_a_state_file_survives_a_restart(contract: Contract, token: str, tmp_path: Path) -> None:
    path = contract.operations[0].path
    command = [*MOCK, "--state", str(tmp_path / "state")]
    for expected in (201, 409):
        with started(command) as url, caller(url, token) as client:
            assert create(client, path, "kept") == expected
    with started(MOCK) as url, caller(url, token) as client:
        assert create(client, path, "kept") == 201


def test_confirmed_requests_survive_a_kill(contract: Contract, token: str, tmp_path: Path) -> None:
    path = contract.operations[0].path
    state = tmp_path / "state"
    answered: list[str] = []
    enough = threading.Event()

    def load(url: str, number: int) -> None:
        with caller(url, token) as client:
            for count in range(10000):
                name = f"load {number}-{count}"
                try:
                    status = create(client, path, name)
                except httpx.HTTPError:  # the mock was killed
                    return
                assert status == 201
                answered.append(name)
                if len(answered) > 200:
                    enough.set()

    command = [*MOCK, "--workers", "2", "--state", str(state)]
    with launched(command) as (url, process), ThreadPoolExecutor(8) as pool:
        loads = [pool.submit(load, url, number) for number in range(8)]
        assert enough.wait(60)
        process.kill()  # the workers end too and free the port
        for done in loads:
            done.result()
    again = [*MOCK[:-1], url.rpartition(":")[2], "--state", str(state)]
    with started(again) as url, caller(url, token) as client:
        statuses = Counter(create(client, path, name) for name in answered)
    assert statuses == {409: len(answered)}


def test_concurrent_requests_to_two_workers_give_one_201(contract: Contract, token: str) -> None:
    path = contract.operations[0].path

    async def burst(url: str, name: str) -> list[int]:
        # One client per request: new connections reach both workers.
        async def one() -> int:
            async with httpx.AsyncClient(
                base_url=url, trust_env=False, verify=False, timeout=20
            ) as client:
                body = {"name": name, "scopes": ["license:read"]}
                answer = await client.post(
                    path, json=body, headers={"Authorization": f"Bearer {token}"}
                )
                return answer.status_code

        return list(await asyncio.gather(*(one() for _ in range(20))))

    with started([*MOCK, "--workers", "2"]) as url:
        for number in range(5):
            statuses = asyncio.run(burst(url, f"wanted by all {number}"))
            assert Counter(statuses) == {201: 1, 409: 19}


def test_workers_share_a_rate_limit(contract: Contract, token: str) -> None:
    path = contract.operations[0].path
    statuses: Counter[int] = Counter()
    remaining = []
    with started([*MOCK, "--workers", "2", "--rate-limit", "10/60s"]) as url:
        for number in range(14):
            with caller(url, token) as client:
                answer = client.post(path, json={"name": f"n {number}", "scopes": ["a:read"]})
            statuses[answer.status_code] += 1
            remaining.append(int(answer.headers["X-Rate-Limit-Remaining"]))
    assert statuses == {201: 10, 429: 4}
    assert remaining == [*range(9, -1, -1), 0, 0, 0, 0]


def test_a_killed_worker_is_replaced(contract: Contract, token: str) -> None:
    path = contract.operations[0].path
    with launched([*MOCK, "--workers", "2"]) as (url, process):
        with caller(url, token) as client:
            assert create(client, path, "before") == 201
        for child in children(process.pid):
            os.kill(child, signal.SIGKILL)
        with caller(url, token) as client:  # waits in the accept queue until a new worker runs
            assert create(client, path, "before") == 409
        process.send_signal(signal.SIGINT)
        process.wait()
        assert process.returncode == 0


def children(pid: int) -> list[int]:
    """Return the workers of the mock `pid`: its children without Python's resource tracker."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in listed}
    return [child for child, command in commands.items() if b"spawn_main" in command]


def test_rejects_a_state_in_a_missing_folder(tmp_path: Path) -> None:
    done = hookproof("mock", "--port", "0", "--state", str(tmp_path / "none" / "state"))
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr


def test_an_invalid_request_reserves_no_name(start: StartMock) -> None:
    with start(receivers=0) as world:
        body = world.body()
        answer = world.post(json.dumps(body | {"scopes": 1}).encode())
        assert answer.status_code == 400
        assert world.post(json.dumps(body).encode()).status_code == 201
