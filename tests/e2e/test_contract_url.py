"""A FastAPI application that serves its document: each command takes the URL of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import SHARED, hookproof, launched, started, verify
from support.pytest_runs import run_light_pytest
from tutorial_service import PASSWORD, USER

pytestmark = pytest.mark.integration

CREDENTIAL = ("--credential", f"HTTPBasic={USER}:{PASSWORD}")
QUICK = ("--profile", "quick", "--no-webhooks", "--no-saved-cases", *CREDENTIAL)


@pytest.fixture(scope="module")
def application() -> Iterator[str]:
    with started(["-m", "tutorial_service"], PYTHONPATH=str(SHARED)) as url:
        yield url


def test_lint_reads_the_document(application: str) -> None:
    done = hookproof("lint", f"{application}/openapi.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"{application}/openapi.json: 0 errors, 0 warnings\n")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_mock_of_the_document_conforms_to_it(
    workers: str, application: str, port: int, tmp_path: Path
) -> None:
    contract = ("--contract", f"{application}/openapi.json")
    command = ["-m", "hookproof", "mock", "--port", "0", "--workers", workers]
    with launched([*command, *contract, *CREDENTIAL]) as (mock, process):
        run = verify(mock, port, tmp_path, *contract, *QUICK)
        assert process.returncode is None
    assert (run.code, run.report["findings"]) == (0, []), run.out


def test_verify_judges_the_application_by_its_own_document(
    application: str, port: int, tmp_path: Path
) -> None:
    contract = f"{application.replace('//', '//ada:sesame@')}/openapi.json"
    run = verify(application, port, tmp_path, "--contract", contract, *QUICK)
    assert (run.code, run.violated) == (0, set()), run.out
    assert run.report["contract"]["file"] == f"{application}/openapi.json"
    for name in ("report.html", "report.sarif", "junit.xml", "report.json"):
        assert "sesame" not in (tmp_path / name).read_text(encoding="utf-8")
    assert "sesame" not in run.out + run.err


def test_processes_of_xdist_share_one_document(application: str, port: int, tmp_path: Path) -> None:
    options = [*QUICK, "--contract", f"{application}/openapi.json", "--max-requests", "40"]
    done = run_light_pytest(
        tmp_path,
        *("--pyargs", "contracts", "-n", "2", "--dist", "loadgroup"),
        *("--hookproof-url", application, "--hookproof-report-dir", "report"),
        f"--hookproof-args=--webhook-listen 127.0.0.1:{port} {' '.join(options)}",
    )
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["contract"]["file"] == f"{application}/openapi.json", done.stdout


def test_the_selftest_takes_the_url(application: str) -> None:
    options = ["--sample", "4", "--seed", "1", "--jobs", "2"]
    done = hookproof("selftest", "--contract", f"{application}/openapi.json", *options)
    assert "ALL CAUGHT: 4 of 4 faults" in done.stdout, done.stdout + done.stderr
