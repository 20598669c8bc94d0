"""Real documents load whole, and a mock of each keeps it, by the judgement of `verify`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from real_documents import DOCUMENTS, RealDocument
from support.processes import Run, hookproof, started, verify

from openapi.loading.loader import load_contract
from openapi.loading.structure import METHODS

pytestmark = pytest.mark.integration

LARGE_BYTES = 100 * 2**10


@pytest.fixture(params=DOCUMENTS, ids=str)
def document(request: pytest.FixtureRequest) -> RealDocument:
    stated: RealDocument = request.param
    return stated


@pytest.fixture
def path(document: RealDocument, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    packages = request.getfixturevalue("packages") if document.needs_npm else tmp_path
    assert isinstance(packages, Path)
    return document.locate(packages, tmp_path)


def raw(path: Path) -> dict[str, Any]:
    """Return the document as another parser reads it."""
    text = path.read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return read


def test_it_loads_whole(document: RealDocument, path: Path) -> None:
    stated, contract = raw(path), load_contract(path)
    paths = [item for path, item in stated.get("paths", {}).items() if path.startswith("/")]
    assert len(contract.operations) == sum(key in METHODS for item in paths for key in item)
    assert {*stated.get("webhooks", {})} <= {event.name for event in contract.events}
    assert {one.rule for one in contract.complaints} <= document.complaints


def test_lint_has_only_known_complaints(document: RealDocument, path: Path) -> None:
    done = hookproof("lint", "--format", "json", str(path))
    found = json.loads(done.stdout)
    assert {one["rule"] for one in found["complaints"]} == document.complaints
    assert done.returncode == (1 if found["errors"] else 0)


@contextmanager
def mock(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Run a mock of the document; yield its URL, and the variables of its credentials."""
    with started(["-m", "hookproof", "mock", "--port", "0", "--contract", str(path)]) as url:
        answer = httpx.get(f"{url}/_hookproof/api/token", trust_env=False).json()
        lines = "".join(f"{name}={value}\n" for name, value in answer["credentials"].items())
        yield url, {"HOOKPROOF_TOKEN": answer["token"], "HOOKPROOF_CREDENTIAL": lines}


def judged(document: RealDocument, path: Path, port: int, folder: Path) -> Run:
    options = ["--contract", str(path), "--profile", "quick", "--seed", "7"]
    options += ["--no-webhooks", "--no-saved-cases", "--allow-destructive"]
    if document.max_requests is not None:
        options += ["--max-requests", str(document.max_requests)]
    with mock(path) as (url, credentials):
        return verify(url, port, folder, *options, **credentials)


def test_its_mock_conforms(document: RealDocument, path: Path, port: int, tmp_path: Path) -> None:
    contract = load_contract(path)
    if not contract.operations:
        done = hookproof("mock", "--contract", str(path))
        assert done.returncode == 2
        assert "the document has no operation below `paths`" in done.stderr
        return
    run = judged(document, path, port, tmp_path / "report")
    assert (run.code, run.report["findings"]) == (0, []), run.out
    operations = run.report["operations"]
    undecided = {one["id"]: one["cause"] for one in operations["undecided"]}
    assert operations["total"] == len(contract.operations)
    if document.max_requests is None or document.max_requests > len(contract.operations):
        left_out = [one["name"] for one in run.report["left_out"] if one["kind"] == "operation"]
        named = len(undecided) + len(left_out)
        assert operations["judged"] + named == operations["total"], (undecided, left_out)
    assert operations["judged"] > len(undecided), undecided


def test_there_are_enough_documents_and_large_ones(packages: Path, tmp_path: Path) -> None:
    sizes = [one.locate(packages, tmp_path).stat().st_size for one in DOCUMENTS]
    assert len(sizes) == len({str(one) for one in DOCUMENTS}) > 25
    assert sum(size > LARGE_BYTES for size in sizes) > 5


def test_every_example_document_loads(packages: Path) -> None:
    folder = packages / "@readme" / "oas-examples"
    paths = [p for version in ("3.0", "3.1") for p in sorted((folder / version).rglob("*.[jy]*"))]
    assert len(paths) > 100
    found = {}
    for path in paths:
        contract = load_contract(path)
        found[path] = {one.rule for one in contract.complaints if one.level == "error"}
    assert set().union(*found.values()) == {"equal-branches", "endless-recursion"}
