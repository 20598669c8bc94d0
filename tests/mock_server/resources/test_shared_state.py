"""State of kept resources: workers share it, and a state file keeps it after a restart."""

import json
from functools import cache
from pathlib import Path

import httpx
import pytest
from support.processes import hookproof, started
from support.shop import MERGE, ORDERS

pytestmark = pytest.mark.integration

MOCK = ["-m", "hookproof", "mock", "--port", "0", "--contract", str(ORDERS), "--workers", "2"]


@cache
def _token() -> str:
    return hookproof("token", "--contract", str(ORDERS)).stdout.strip()


def call(url: str, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
    """Send a request on a new connection, so that either worker may get it."""
    more = MERGE if method == "PATCH" else {}
    named = {"Authorization": f"Bearer {_token()}", **more, **headers}
    with httpx.Client(trust_env=False, verify=False, timeout=60, headers=named) as client:
        return client.request(method, f"{url}/v2{path}", json=body)


def test_workers_share_resources_and_a_state_file_keeps_them(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    seeded = {"id": "ord_000007", "customer": {"name": "Ada"}, "reference": "seeded"}
    data.write_text(json.dumps({"/orders": [seeded]}))
    command = [*MOCK, "--state", str(tmp_path / "state"), "--seed-data", str(data)]
    body = {"customer": {"name": "Ada"}, "reference": "A"}
    key = {"Idempotency-Key": "k"}
    with started(command) as url:
        first = call(url, "POST", "/orders", body, **key)
        order = first.json()["data"]
        for number in range(6):
            changed = call(url, "PATCH", f"/orders/{order['id']}", {"note": f"{number}"})
            assert call(url, "GET", f"/orders/{order['id']}").json() == changed.json()
            assert call(url, "POST", "/orders", body, **key).content == first.content
        listed = call(url, "GET", "/orders").json()
        assert [one["reference"] for one in listed["orders"]] == ["A", "seeded"]
    with started(command) as url:
        assert call(url, "GET", f"/orders/{order['id']}").json() == changed.json()
        assert call(url, "GET", "/orders").json() == listed
        assert call(url, "POST", "/orders", body, **key).content == first.content
        assert call(url, "DELETE", f"/orders/{order['id']}").status_code == 204
    with started(command) as url:
        assert call(url, "GET", f"/orders/{order['id']}").status_code == 404
        assert call(url, "POST", "/orders", body).status_code == 201
