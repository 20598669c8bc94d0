"""OpenAPI document of the sink's API: valid, complete, and true by the checks of schemathesis."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from support.schemathesis_runs import checked_api
from support.sink import RunningSink, StartSink

from openapi.loading.loader import load_contract
from webhook_sink.api.routes import api_routes

pytestmark = pytest.mark.integration

TOKEN = "a token of the tests"
DELIVERIES = "/_hookproof/api/deliveries"
SETTINGS = """
[[operations]]
include-operation-id = ["rejudgeDelivery", "resendDelivery", "copyDelivery"]
# No schema says which texts are a contract, a secret of its scheme, or a URL.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "503"]

[[operations]]
include-operation-id = "waitForDelivery"
parameters = { "query.timeout" = 0 }
"""


def document_url(client: RunningSink) -> str:
    return f"{client.sink.url}/_hookproof/openapi.json"


def test_the_document_has_each_endpoint_and_is_a_contract(start: StartSink, tmp_path: Path) -> None:
    with start() as client:
        served = client.api("openapi.json")
    assert served.headers["content-type"] == "application/json"
    services: Any = Nothing()
    routes = [one for one in api_routes(services, has_token=False) if isinstance(one, Route)]
    known = {
        (method, "/_hookproof" + re.sub(r":int\}", "}", route.path))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if route.path != "/openapi.json"
    }
    paths = served.json()["paths"]
    assert {(m.upper(), path) for path, item in paths.items() for m in item} == known
    path = tmp_path / "sink.json"
    path.write_bytes(served.content)
    assert len(load_contract(path).operations) == len(known)


class Nothing:
    """Services of no sink; its routes are never called."""

    def __getattr__(self, _: str) -> Any:
        return None


@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_document_requires_the_token_if_the_sink_does(
    start: StartSink, token: str | None
) -> None:
    with start(token=token) as client:
        proof = {"Authorization": f"Bearer {TOKEN}"} if token else {}
        served = client.api("openapi.json", **proof).json()
        assert ("security" in served) == (token is not None)
        named = served["components"]["parameters"]["event"]["schema"]["enum"]
        assert named == ["personalAccessToken.created", "-"]
        assert client.api("openapi.json").status_code == (200 if token is None else 401)


def test_schemathesis_finds_no_failure_in_the_api(start: StartSink, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    proof = {"Authorization": f"Bearer {TOKEN}"}
    with start(token=TOKEN, secret="a secret") as client:
        for body in (b"{}", b'{"event": 1}', b"\xff\x00", b"x" * 3000):
            client.post(body)
        sample = client.http.post(f"{client.sink.url}{DELIVERIES}/sample", headers=proof)
        assert sample.status_code == 201
        resend = {"url": f"{client.sink.url}/hooks"}
        resent = client.http.post(
            f"{client.sink.url}{DELIVERIES}/1/resend", content=json.dumps(resend), headers=proof
        )
        assert resent.status_code in (200, 403)
        # A stream has no end; test_stream.py reads it.
        excluded = ["--exclude-path", f"{DELIVERIES}/stream"]
        done = checked_api(document_url(client), TOKEN, tmp_path, *excluded)
        assert done.returncode == 0, done.stdout + done.stderr
