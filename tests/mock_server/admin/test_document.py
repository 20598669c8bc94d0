"""OpenAPI document of the admin API: valid, complete, and true by the checks of schemathesis."""

from pathlib import Path
from typing import Any

import pytest
from support.mock import RunningMock, StartMock
from support.schemathesis_runs import checked_api

from mock_server.admin.api import AdminApi
from mock_server.settings import Settings
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

TOKEN = "a control token of the tests"
RESET = "/_hookproof/api/reset"


def document_url(world: RunningMock) -> str:
    return f"http://{world.host}:{world.port}/_hookproof/openapi.json"


def test_the_document_has_each_endpoint_and_is_a_contract(
    mock: RunningMock, tmp_path: Path
) -> None:
    served = mock.client.get(document_url(mock))
    assert served.headers["content-type"] == "application/json"
    nothing: Any = None
    routes = AdminApi(nothing, nothing, nothing, nothing, Settings(), str, {}).routes
    known = {
        (method, f"/_hookproof/api{route.path}")
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = served.json()["paths"]
    assert {(m.upper(), path) for path, item in paths.items() for m in item} == known
    path = tmp_path / "admin.json"
    path.write_bytes(served.content)
    assert len(load_contract(path).operations) == len(known)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_document_requires_the_control_token_if_the_mock_does(
    start: StartMock, token: str | None
) -> None:
    with start(receivers=0, control_token=token) as world:
        served = world.client.get(document_url(world)).json()
        assert ("security" in served) == (token is not None)
        assert world.api("requests").status_code == (200 if token is None else 401)


def test_schemathesis_finds_no_failure_in_the_admin_api(start: StartMock, tmp_path: Path) -> None:
    with start(control_token=TOKEN) as world:
        world.receiver.answers = [(500, {}), (410, {"Retry-After": "60"})]
        for name in ("one", "two", ""):
            world.post(name=name)
        world.post(token="x")
        world.client.get(world.url, headers={"Prefer": "code=429"})
        done = checked_api(document_url(world), TOKEN, tmp_path, "--exclude-path", RESET)
        assert done.returncode == 0, done.stdout + done.stderr
        alone = ["--include-path", RESET, "--phases", "examples,coverage,fuzzing"]
        done = checked_api(document_url(world), TOKEN, tmp_path, *alone)
        assert done.returncode == 0, done.stdout + done.stderr
