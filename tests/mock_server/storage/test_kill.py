"""Durability: a `kill -9` loses no acknowledged creation, none of its records or deliveries."""

import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.mock import Receiver
from support.processes import ServerProcess, hookproof, launched

from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

CLIENTS = 8
DEADLINE = 30.0
MAX_LOAD_S = 0.1
"""Longest load after the first acknowledgement: the journal keeps 1000 requests."""
PATH = load_contract().operations[0].path
ORDERS = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/New"}}
      responses:
        "201":
          description: Created.
          content:
            application/json: {schema: {$ref: "#/components/schemas/Order"}}
    get:
      operationId: listOrders
      responses:
        "200":
          description: The orders.
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
  /orders/{orderId}:
    get:
      operationId: readOrder
      parameters: [{name: orderId, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: The order.
          content:
            application/json: {schema: {$ref: "#/components/schemas/Order"}}
        "404": {description: Unknown.}
components:
  schemas:
    New:
      type: object
      required: [name]
      properties: {name: {type: string}}
    Order:
      type: object
      required: [id, name]
      properties: {id: {type: string}, name: {type: string}}
"""


@dataclass
class Load:
    """Names that clients sent in one round, and those that the mock acknowledged."""

    acknowledged: dict[str, Any] = field(default_factory=dict)
    """Body of the 201 by name."""
    first: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def token() -> str:
    return hookproof("token").stdout.strip()


@contextmanager
def killed(token: str, state: Path, *options: str) -> Iterator[tuple[httpx.Client, ServerProcess]]:
    """Run a mock with a state file; yield a client and the process; end it with `kill -9`."""
    command = ["-m", "hookproof", "mock", "--port", "0", "--state", str(state), *options]
    headers = {"Authorization": f"Bearer {token}"}
    with (
        launched(command) as (url, process),
        httpx.Client(base_url=url, trust_env=False, timeout=DEADLINE, headers=headers) as client,
    ):
        yield client, process
        process.kill()


def load(client: httpx.Client, process: ServerProcess, path: str, prefix: str, wait: float) -> Load:
    """Create over concurrent connections and kill the mock `wait` seconds after the first 201."""
    done = Load()

    def create(place: int) -> None:
        for number in range(100_000):
            name = f"{prefix}-{place}-{number}"
            try:
                answer = client.post(path, json={"name": name, "scopes": ["license:read"]})
            except httpx.HTTPError:  # killed
                return
            assert answer.status_code == 201, answer.text
            done.acknowledged[name] = answer.json()
            done.first.set()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(create, place) for place in range(CLIENTS)]
        assert done.first.wait(DEADLINE), "nothing was acknowledged"
        end = threading.Timer(wait, process.kill)
        end.start()
        for one in clients:
            one.result()
        end.join()
    process.wait()
    return done


def listed(client: httpx.Client, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/_hookproof/api/{kind}?limit=1000").json()[kind]
    return found


def names(records: list[dict[str, Any]]) -> set[str]:
    """Return the names in the bodies of request records."""
    bodies = [record["body"]["text"] for record in records if record["status"] == 201]
    return {json.loads(body)["name"] for body in bodies}


def is_taken(client: httpx.Client, name: str) -> bool:
    again = client.post(PATH, json={"name": name, "scopes": ["license:read"]})
    assert again.status_code in (201, 409)
    return again.status_code == 409


@pytest.mark.parametrize(("workers", "kills"), [(1, 10), (2, 4)])
def test_acknowledged_creations_survive_kills(
    token: str, tmp_path: Path, workers: int, kills: int
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown on failure
    chance = random.Random(seed)
    # Nothing listens there, so each delivery is open until the mock is killed.
    options = ["--workers", str(workers), "--webhook-url", "http://127.0.0.1:9/hooks"]
    taken: set[str] = set()
    acknowledged: set[str] = set()
    for number in range(kills + 1):
        with killed(token, tmp_path / "state", *options) as (client, process):
            assert acknowledged <= names(listed(client, "requests"))
            deliveries = listed(client, "deliveries")
            undelivered = [one for one in deliveries if one["state"] == "undelivered"]
            payloads = [json.loads(one["payload"]["text"])["data"]["name"] for one in undelivered]
            assert acknowledged <= set(payloads)
            assert len(payloads) == len(set(payloads))
            if number == kills:
                assert all(is_taken(client, name) for name in taken)
                break
            assert all(is_taken(client, name) for name in sorted(acknowledged)[:5])
            wait = chance.uniform(0, MAX_LOAD_S)
            acknowledged = set(load(client, process, PATH, f"{number}", wait).acknowledged)
            taken |= acknowledged


def test_acknowledged_resources_survive_kills(token: str, tmp_path: Path) -> None:
    contract, state = tmp_path / "orders.yaml", tmp_path / "state"
    contract.write_text(ORDERS, encoding="utf-8")
    chance = random.Random()
    created: dict[str, Any] = {}
    acknowledged: dict[str, Any] = {}
    for number in range(7):
        with killed(token, state, "--contract", str(contract)) as (client, process):
            assert acknowledged.keys() <= names(listed(client, "requests"))
            for order in acknowledged.values():
                shown = client.get(f"/orders/{order['id']}")
                assert (shown.status_code, shown.json()) == (200, order)
            wait = chance.uniform(0, MAX_LOAD_S)
            acknowledged = load(client, process, "/orders", f"{number}", wait).acknowledged
            created |= acknowledged
    assert len({order["id"] for order in created.values()}) == len(created)


def test_an_undelivered_event_is_sent_again_unchanged(token: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.answers = [(503, {"Retry-After": "60"})]
        options = ["--webhook-url", receiver.url.partition("?")[0]]
        with killed(token, tmp_path / "state", *options) as (client, process):
            body = {"name": "sent again", "scopes": ["license:read"]}
            created = client.post(PATH, json=body)
            assert created.status_code == 201
            first = receiver.next()
            process.kill()
            process.wait()
        stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"sent again" in stored
        for secret in (token, created.json()["accessToken"]):
            assert secret.rpartition(".")[2].encode() not in stored
        with killed(token, tmp_path / "state", *options) as (client, process):
            (delivery,) = listed(client, "deliveries")
            assert (delivery["state"], delivery["attempts"][-1]["next"]) == ("undelivered",) * 2
            (request,) = listed(client, "requests")
            assert (delivery["request"], request["milliseconds"]) == (request["id"], None)
            assert ["authorization", "Bearer [secret]"] in [
                [name.lower(), value] for name, value in request["headers"]
            ]
            again = client.post(f"/_hookproof/api/deliveries/{delivery['id']}/redeliver")
            assert again.status_code == 202
            second = receiver.next()
            assert second.body == first.body
            assert client.get(f"/_hookproof/api/requests/{request['id']}").json()["deliveries"]


def until_stored(state: Path, step: str) -> None:
    """Wait until the state file has an attempt with this next step; it is read, not the API."""
    query = "SELECT count(*) FROM journal WHERE kind = 'attempt' AND record LIKE ?"
    end = time.monotonic() + DEADLINE
    with closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True)) as reader:
        while not reader.execute(query, (f'%"next": "{step}"%',)).fetchone()[0]:
            assert time.monotonic() < end, f"no attempt with the next step {step}"


@pytest.mark.parametrize("is_listed", [False, True])
def test_a_delivered_event_is_not_listed_as_undelivered(
    token: str, tmp_path: Path, is_listed: bool
) -> None:
    state = tmp_path / "state"
    with Receiver() as receiver:
        receiver.answers = [(503, {"Retry-After": "1"})]
        options = ["--webhook-url", receiver.url.partition("?")[0]]
        with killed(token, state, *options) as (client, _):
            body = {"name": "delivered", "scopes": ["license:read"]}
            assert client.post(PATH, json=body).status_code == 201
            receiver.next()
            if is_listed:
                assert len(listed(client, "deliveries")) == 1
            receiver.next()
            if is_listed:
                until_stored(state, "delivered")
            else:
                until_no_row(state)
        with killed(token, state, *options) as (client, _):
            states = [one["state"] for one in listed(client, "deliveries")]
            assert states == (["delivered"] if is_listed else [])


def until_no_row(state: Path) -> None:
    """Wait until the state file has no open delivery."""
    query = "SELECT count(*) FROM unfinished WHERE kind = 'delivery'"
    end = time.monotonic() + DEADLINE
    with closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True)) as reader:
        while reader.execute(query).fetchone()[0]:
            assert time.monotonic() < end, "a delivery has not ended"
