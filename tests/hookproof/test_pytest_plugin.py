"""Pytest plugin: the checks run with the tests of a user's project."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import running_mock
from support.pytest_runs import (
    mock_environment,
    outcome_counts,
    run_light_pytest,
    run_pytest,
)

from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration

PROJECT = {
    "pytest.ini": "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n",
    "tests/__init__.py": "",
    "conftest.py": """
import pytest

@pytest.fixture
def books():
    return ["a team's own"]

@pytest.fixture
def judge():
    return "a team's own"

def pytest_collection_modifyitems(items):
    items.reverse()
""",
    "tests/test_shop.py": """
def test_books(books, judge):
    assert books == [judge]

class TestNothing:
    def test_true(self):
        assert True
""",
}
"""Project of a user: common fixture names, and warnings as errors."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path


def arguments(url: str, port: int, *further: str) -> list[str]:
    """Return the arguments of a short run of the suite and the user's tests against `url`."""
    options = f"--max-requests 60 --webhook-listen 127.0.0.1:{port}"
    named = ["--hookproof-url", url, "--hookproof-profile", "quick", "--hookproof-args", options]
    return ["--pyargs", "contracts", "tests", *named, *further]


def test_the_plugin_imports_nothing_without_a_service_url(project: Path) -> None:
    (project / "tests" / "test_shop.py").write_text(
        "import sys\n\ndef test_light():\n"
        "    ours = ('hookproof', 'contracts', 'openapi', 'webhook_sink', 'mock_server')\n"
        "    found = {name for name in sys.modules if name.partition('.')[0] in ours}\n"
        "    assert found == {'hookproof', 'hookproof.pytest_plugin'}\n",
        encoding="utf-8",
    )
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = run_pytest(project, "-p", "hookproof.pytest_plugin", "tests", **alone)
    assert done.returncode == 0, done.stdout
    script = "import sys, pytest\nfirst = set(sys.modules)\nimport hookproof.pytest_plugin\n"
    script += "print(*sorted(set(sys.modules) - first))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["hookproof", "hookproof.pytest_plugin"]


def test_the_suite_runs_with_the_tests_of_the_user(port: int, project: Path) -> None:
    report = ["--hookproof-report-dir", "out/report"]
    with running_mock(port) as url:
        done = run_pytest(
            project, *arguments(url, port, *report, "--hookproof-seed", "7"), **mock_environment()
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome_counts(done.stdout)["passed"] >= 27
    assert f"hookproof: {url} (seed 7, run " in done.stdout
    written = json.loads((project / "out/report/report.json").read_text(encoding="utf-8"))
    assert (written["verdict"], written["seed"], written["findings"]) == ("conforms", 7, [])
    assert not (project / "hookproof-report").exists()


def test_the_options_that_select_operations_pass_through(project: Path) -> None:
    chosen = ["--hookproof-args", "--operation createToken"]
    done = run_light_pytest(
        project, "--pyargs", "contracts", "--hookproof-url", "http://127.0.0.1:1", *chosen
    )
    assert done.returncode == 4
    sentence = "hookproof: --operation: no operation matches 'createToken'; did you mean '"
    assert sentence in done.stderr


def test_with_xdist_all_checks_use_one_run(port: int, project: Path) -> None:
    with running_mock(port, "--fault", "signature-hex") as url:
        spread = ["-n", "2", "--dist", "loadgroup", "--hookproof-report-dir", "report"]
        done = run_light_pytest(project, *arguments(url, port, *spread), **mock_environment())
    assert done.returncode == 1, done.stdout + done.stderr
    assert outcome_counts(done.stdout)["failed"] == 1
    assert "VIOLATION" in done.stdout
    written = json.loads((project / "report" / "report.json").read_text(encoding="utf-8"))
    assert {finding["check"] for finding in written["findings"]} == {"webhook-signature"}
    told = re.findall(r"\(seed (\d+), run (\w+)\)", done.stdout)
    assert told == [(str(written["seed"]), written["run_id"])]


def test_a_finding_about_a_webhook_has_its_place(port: int, project: Path) -> None:
    with running_mock(port, "--fault", "payload-null-data-user-metadata-0-key") as url:
        done = run_light_pytest(project, *arguments(url, port), **mock_environment())
    assert done.returncode == 1, done.stdout + done.stderr
    assert "VIOLATION delivery 1: /data/user/metadata/0/key: null, not string" in done.stdout


USAGE = {
    "-n 2 --dist worksteal": "pass --dist loadgroup with -n",
    "--hookproof-args=--nonsense": "No such option",
    "--hookproof-args=--help": "--hookproof-args: --help is not allowed here",
    "--hookproof-args=--dry-run": "--dry-run is not allowed here",
    "--hookproof-args=--credential=Jwt=x": "no security scheme 'Jwt'; did you mean 'JWT'?",
    "--hookproof-url http://192.0.2.7": "pass --allow-host 192.0.2.7",
}


@pytest.mark.parametrize("given", USAGE)
def test_a_usage_error_is_one_line_and_sends_no_request(given: str, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = run_light_pytest(
            project, "--pyargs", "contracts", "--hookproof-url", url, *given.split(" ")
        )
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert done.returncode == 4
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert re.match(rf"ERROR: hookproof: .*{re.escape(USAGE[given])}", done.stderr)


def test_an_unreachable_service_fails_the_suite_only(project: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    report = ["--hookproof-report-dir", "report"]
    done = run_light_pytest(project, *arguments(url, free_port(), *report), **mock_environment())
    assert done.returncode == 1
    assert outcome_counts(done.stdout)["passed"] == 2
    assert outcome_counts(done.stdout)["errors"] >= 27
    assert "could not judge: " in done.stdout
    assert "check that the service runs" in done.stdout
    written = json.loads((project / "report" / "report.json").read_text(encoding="utf-8"))
    assert written["verdict"] == "not-judged"


def test_exit_codes_are_those_of_pytest(project: Path) -> None:
    done = run_light_pytest(project, "--pyargs", "contracts")
    assert done.returncode == 1
    assert "no service URL was given: pass --hookproof-url URL" in done.stdout
    assert (
        run_light_pytest(project, "--pyargs", "contracts", "-k", "nothing-of-that-name").returncode
        == 5
    )


def test_a_selection_of_checks_is_not_judged(port: int, project: Path) -> None:
    some = [
        "-k",
        "request_gets",
        "--hookproof-report-dir",
        "report",
        "--hookproof-args=--no-webhooks --max-requests 60",
    ]
    with running_mock(port) as url:
        done = run_light_pytest(project, *arguments(url, port, *some), **mock_environment())
    assert done.returncode == 0, done.stdout
    written = json.loads((project / "report" / "report.json").read_text(encoding="utf-8"))
    assert written["verdict"] == "not-judged"
    assert re.fullmatch(r"pytest ran only \d of \d+ checks", written["reason"])


def test_the_suite_can_be_imported_without_xdist() -> None:
    code = "import sys; sys.modules['xdist'] = None; import hookproof.pytest_suite"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
