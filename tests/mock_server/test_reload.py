"""Reload: the contract changes while the mock serves it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
from support.many_operations import numbered, write_contract

from openapi.loading.loader import default_contract_path

pytestmark = pytest.mark.integration

MOCK = [sys.executable, "-m", "hookproof", "mock", "--port", "0"]
PATH = "/v3/personal-access-tokens"


class Mock:
    """Running mock with a copy of the contract; its log is read line by line."""

    def __init__(self, contract: Path, workers: int, log: IO[str], url: str) -> None:
        self.contract = contract
        self._workers = workers
        self.url = url
        self._log = log

    def change(self, old: str, new: str) -> str:
        """Change the contract; return the log lines that follow, one per worker."""
        text = self.contract.read_text(encoding="utf-8")
        assert old in text
        self.contract.write_text(text.replace(old, new), encoding="utf-8")
        return "".join(self._log.readline() for _ in range(self._workers))

    def status(self, path: str) -> int:
        return httpx.post(self.url + path, trust_env=False).status_code


@pytest.fixture(params=["1", "2"])
def mock(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mock]:
    contract = tmp_path / "contract.yaml"
    contract.write_bytes(default_contract_path().read_bytes())
    command = [*MOCK, "--contract", str(contract), "--workers", request.param]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().partition("listening on ")[2].split()[0]
        yield Mock(contract, int(request.param), process.stderr, url)
        process.terminate()


def test_a_changed_contract_is_reloaded(mock: Mock) -> None:
    assert (mock.status(PATH), mock.status("/v4/tokens")) == (401, 404)
    assert "was reloaded" in mock.change(PATH, "/v4/tokens")
    assert (mock.status(PATH), mock.status("/v4/tokens")) == (404, 401)


def test_an_operation_that_is_left_out_stays_so_after_a_reload(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    write_contract(path, numbered(2))
    command = [*MOCK, "--contract", str(path), "--exclude-operation", "op1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().partition("listening on ")[2].split()[0]
        write_contract(path, numbered(3))
        assert "was reloaded" in process.stderr.readline()
        statuses = [httpx.get(f"{url}/op{n}", trust_env=False).status_code for n in range(3)]
        assert statuses == [200, 404, 200]
        write_contract(path, numbered(1))
        assert "--exclude-operation: no operation matches 'op1'" in process.stderr.readline()
        process.terminate()


def test_a_change_with_an_error_is_served_in_part_and_logged(mock: Mock) -> None:
    said = mock.change("minLength: 1\n", "minLength: one\n")
    assert re.search(r"\d errors leave out \d constraints; run hookproof lint ", said)
    assert mock.status(PATH) == 401
    assert "hookproof lint" not in mock.change("minLength: one\n", "minLength: 1\n")


def test_a_change_to_invalid_yaml_is_logged_and_ignored(mock: Mock) -> None:
    said = mock.change("openapi: 3.1.0\n", "openapi: 3.1.0\n  x: [\n")
    assert "contract.yaml:" in said
    assert mock.status(PATH) == 401
