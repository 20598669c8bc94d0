"""The action for GitHub: its script, run as a runner does, against a mock."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.processes import TESTS, WEBHOOK_SECRET, running_mock, token

pytestmark = pytest.mark.integration

ACTION: dict[str, Any] = yaml.safe_load((TESTS.parent / "action.yml").read_text(encoding="utf-8"))
STEPS = {step.get("name", step.get("uses")): step for step in ACTION["runs"]["steps"]}


class Runner:
    """Runner of GitHub, as far as the script needs one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.summary = folder / "summary.md"
        command = folder / "hookproof" / "bin" / "hookproof"
        command.parent.mkdir(parents=True)
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m hookproof "$@"\n')
        command.chmod(0o755)

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step `run` with these inputs; the others have their defaults."""
        step = STEPS["run"]
        environment = {
            variable: inputs.get(name, ACTION["inputs"][name].get("default", ""))
            for variable, expression in step["env"].items()
            for name in [expression.removeprefix("${{ inputs.").removesuffix(" }}")]
        }
        known = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.folder),
            "HOOKPROOF_TOKEN": token(),
            "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={**os.environ, **known, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("faults", "code", "verdict"),
    [([], 0, "CONFORMS"), (["--fault", "name-truncated"], 1, "DEVIATES")],
)
def test_a_service_is_judged_and_the_reports_are_kept(
    faults: list[str], code: int, verdict: str, runner: Runner, port: int
) -> None:
    with running_mock(port, *faults) as url:
        args = f"--profile quick --no-saved-cases --webhook-listen 127.0.0.1:{port}"
        done = runner.run(url=url, args=args)
    assert done.returncode == code, done.stdout + done.stderr
    assert verdict in done.stdout
    assert runner.output.read_text(encoding="utf-8") == f"exit-code={code}\n"
    assert verdict.lower() in runner.summary.read_text(encoding="utf-8").lower()
    kept = runner.folder / ACTION["inputs"]["report-dir"]["default"]
    assert {path.name for path in kept.iterdir()} >= {"report.html", "report.sarif"}


def test_an_input_is_data_and_no_script(runner: Runner) -> None:
    url = "http://127.0.0.1:1/$(touch made)"
    done = runner.run(command="verify-receiver", url=url, args="--profile * ; touch made")
    assert done.returncode == 2
    assert runner.output.read_text(encoding="utf-8") == "exit-code=2\n"
    assert not (runner.folder / "made").exists()


def test_another_command_is_an_error(runner: Runner) -> None:
    done = runner.run(command="mock", url="http://127.0.0.1:1")
    assert done.returncode == 2
    assert "::error::command is 'mock': choose verify or verify-receiver" in done.stdout


def test_no_step_puts_an_expression_into_its_script() -> None:
    scripts = [step["run"] for step in STEPS.values() if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)
