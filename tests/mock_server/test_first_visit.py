"""First visit: a browser that opens the mock's URL gets the admin page, a client the 404."""

import json

import httpx
import pytest
from support.mock import RunningMock, StartMock

from openapi.loading.loader import parse_contract

pytestmark = pytest.mark.integration

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CONTRACT = """
openapi: 3.1.0
info: {{title: A contract with a path at its root, version: "1"}}
servers: [{{url: "{server}"}}]
paths:
  {path}:
    parameters: {parameters}
    {method}:
      operationId: answer
      responses: {{"204": {{description: There.}}}}
"""


def opened(mock: RunningMock, path: str, accept: str = HTML, **more: str) -> httpx.Response:
    headers = {"Accept": accept, **more}
    return mock.client.get(f"http://{mock.host}:{mock.port}{path}", headers=headers)


def recorded(mock: RunningMock) -> list[tuple[str, int]]:
    return [(r["target"], r["status"]) for r in mock.api("requests").json()["requests"]]


def test_a_browser_is_led_to_the_page_and_nothing_is_recorded(world: RunningMock) -> None:
    led = opened(world, "/")
    assert (led.status_code, led.headers["location"]) == (307, "/_hookproof/")
    assert "<title>" in opened(world, led.headers["location"]).text
    icon = opened(world, "/favicon.ico", "image/*")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert b"<svg" in icon.content
    assert recorded(world) == []


@pytest.mark.parametrize(
    "headers",
    [{"Accept": "*/*"}, {"Accept": "application/json"}, {"Content-Length": "1"}],
    ids=["curl", "JSON", "a body"],
)
def test_another_client_gets_the_404_with_the_way_to_the_page(
    world: RunningMock, headers: dict[str, str]
) -> None:
    body = b"x" if "Content-Length" in headers else b""
    url = f"http://{world.host}:{world.port}/"
    missing = world.client.request("GET", url, headers={"Accept": HTML, **headers}, content=body)
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/json"
    for path in ("/_hookproof/ ", "/_hookproof/docs"):
        assert path in missing.json()["message"]
    assert recorded(world) == [("/", 404)]


def test_a_foreign_name_for_the_mock_is_not_led_to_the_page(mock: RunningMock) -> None:
    assert opened(mock, "/", Host="evil.example").status_code == 403
    assert opened(mock, "/favicon.ico", Host="evil.example").status_code == 403


@pytest.mark.parametrize(
    ("server", "path", "method", "asked", "status"),
    [
        ("/", "/", "get", "/", 204),
        ("/", "/", "post", "/", 405),
        ("/v1", "/", "get", "/", 307),
        ("/v1", "/", "get", "/v1/", 204),
        ("/", "/{file}", "get", "/favicon.ico", 204),
        ("/", "/{file}", "get", "/", 307),
    ],
)
def test_paths_of_the_contract_have_priority(
    start: StartMock, server: str, path: str, method: str, asked: str, status: int
) -> None:
    known = [{"name": "file", "in": "path", "required": True, "schema": {"type": "string"}}]
    parameters = json.dumps(known if "{file}" in path else [])
    text = CONTRACT.format(server=server, path=path, method=method, parameters=parameters)
    with start(contract=parse_contract("root.yaml", text), receivers=0) as mock:
        assert opened(mock, asked).status_code == status
        assert len(recorded(mock)) == (0 if status == 307 else 1)
