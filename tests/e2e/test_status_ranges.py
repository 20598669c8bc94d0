"""Mock and `verify` with a contract that documents ranges and `default`."""

import json
from pathlib import Path

import httpx
import pytest
from support.notes import notes_text
from support.parcels import mock
from support.processes import hookproof, verify

from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

RANGES = """
        "2XX": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        "4XX": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
        default: {<<: *error, x-hookproof-cause: {kind: server-error, source: docs}}
"""
DEFAULT = """
        "422": {<<: *error, x-hookproof-cause: {kind: duplicate-request, source: docs,
          duplicate-values: ["$request.body#/name"]}}
        "201": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        default: {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
"""

ONLY = [p for n in ("type-confusion", "request-forms", "duplicate-requests") for p in ("--only", n)]
PHASES = ["--profile", "quick", *ONLY]


def written(directory: Path, responses: str) -> Path:
    path = directory / "notes.yaml"
    path.write_text(notes_text(responses, status="2XX"), encoding="utf-8")
    return path


@pytest.mark.parametrize("responses", [RANGES, DEFAULT])
def test_the_mock_conforms_to_ranges_and_default(responses: str, port: int, tmp_path: Path) -> None:
    path = written(tmp_path, responses)
    with mock(f"http://127.0.0.1:{port}/", contract=path) as url:
        options = ["--contract", str(path), *PHASES, "--no-saved-cases"]
        run = verify(url, port, tmp_path / "report", *options, HOOKPROOF_TOKEN="any")
        made = [httpx.post(f"{url}/notes", json=note) for note in ({"name": "a note"}, {})]
    assert [response.status_code for response in made] == [201, 400]
    assert made[1].json().keys() == {"message"}
    assert (run.code, run.report["findings"]) == (0, []), run.out + run.err
    for status in load_contract(path).operations[0].responses:
        seen = run.report["statuses"][status]["seen"]
        assert (seen > 0) == (status != "default" or responses is DEFAULT)


def test_a_fault_of_a_range_is_found(port: int, tmp_path: Path) -> None:
    path = written(tmp_path, RANGES)
    listed = hookproof("faults", "--contract", str(path), "--json")
    names = {fault["name"] for fault in json.loads(listed.stdout)}
    assert {"status-4XX-as-200", "status-2XX-as-500"} <= names
    assert "status-4XX-as-422" not in names
    fault = ["--fault", "status-4XX-as-200"]
    with mock(f"http://127.0.0.1:{port}/", *fault, contract=path) as url:
        assert httpx.post(f"{url}/notes", json={}).status_code == 200
        options = ["--contract", str(path), *PHASES, "--no-saved-cases"]
        run = verify(url, port, tmp_path / "report", *options, HOOKPROOF_TOKEN="any")
    assert "invalid-request" in run.violated
    assert run.code == 1
