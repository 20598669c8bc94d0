"""Path of the first server: the mock serves it, and verify uses it for a URL without a path."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.processes import running_mock, verify

pytestmark = pytest.mark.integration

CONTENT = {"application/json": {"schema": {"type": "object", "required": ["up"]}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Health", "version": "1"},
    "servers": [{"url": "https://api.example.com/{version}", "variables": {
        "version": {"default": "v2"}}}],
    "paths": {"/health": {"get": {"responses": {
        "200": {"description": "up", "content": CONTENT}}}}},
}  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "/v2"])
def test_mock_and_verify_use_the_path_of_the_first_server(
    prefix: str, port: int, tmp_path: Path
) -> None:
    contract = tmp_path / "openapi.json"
    contract.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    options = ["--contract", str(contract), "--no-webhooks", "--profile", "quick"]
    with running_mock(port, "--contract", str(contract)) as url:
        assert httpx.get(f"{url}/v2/health", trust_env=False).status_code == 200
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 404
        run = verify(f"{url}{prefix}", port, tmp_path, *options)
    assert run.code == 0, run.out
    assert run.report["url"].endswith("/v2")
