"""Checks before a commit and after a push: commit messages, hooks, workflows."""

import configparser
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / ".ci" / "commit_message.py"
BODY = "\n\nReceivers could not tell the two apart.\n"
GOOD = {
    "a subject and a body": f"sink: dispatch by path prefix{BODY}",
    "several areas": f"architecture, security: say each fact once{BODY}",
    "72 characters": f"sink: {'a' * 66}{BODY}",
    "a verb that ends like another form": f"mock: embed the page{BODY}",
    "comments of the editor": f"# a template\nsink: dispatch by path{BODY}# On branch main\n",
    "a merge by git": "Merge branch 'main' of example.com\n",
    "a fixup by git": "fixup! sink: dispatch by path prefix\n",
}
BAD = {
    "empty": ("\n# On branch main\n", "the message is empty: write"),
    "long": (f"sink: {'a' * 67}{BODY}", "has 73 characters, more than 72: shorten it"),
    "no area": (f"dispatch by path prefix{BODY}", "'dispatch by path prefix' is not of the form"),
    "a capital": (f"sink: Dispatch by path prefix{BODY}", "is not of the form"),
    "a full stop": (f"sink: dispatch by path prefix.{BODY}", "is not of the form"),
    "past": (f"sink: dispatched by path{BODY}", "begins with 'dispatched', no imperative: write"),
    "gerund": (f"sink: adding a prefix{BODY}", "begins with 'adding', no imperative"),
    "no empty line": ("sink: dispatch\nby path\n", "'by path' follows the subject directly: put"),
    "no body": ("sink: dispatch by path prefix\n", "has no body: say below an empty line why"),
    "only a trailer": ("sink: dispatch\n\nSigned-off-by: A <a@example.com>\n", "has no body"),
    "only a diff": (
        f"sink: dispatch\n\n# {'-' * 24} >8 {'-' * 24}\ndiff --git a/x b/x\n",
        "has no body",
    ),
}


def check_commit_message(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECK), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_commit_message_passes(name: str, tmp_path: Path) -> None:
    (tmp_path / "message").write_text(GOOD[name], encoding="utf-8")
    done = check_commit_message("message", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_commit_message_fails_with_one_line(name: str, tmp_path: Path) -> None:
    message, sentence = BAD[name]
    (tmp_path / "message").write_text(message, encoding="utf-8")
    done = check_commit_message("message", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_range_check_lists_each_bad_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *author, *arguments], cwd=tmp_path, check=True, timeout=60)

    git("init", "-q")
    for message in (GOOD["a subject and a body"], BAD["past"][0], BAD["no body"][0]):
        git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
    done = check_commit_message("--range", "HEAD", cwd=tmp_path)
    assert done.returncode == 1
    shown = [re.sub("^[0-9a-f]+: ", "", line) for line in done.stderr.splitlines()]
    assert [line.partition(" has no")[0] for line in shown] == [
        "'sink: dispatch by path prefix': the message",
        "the subject 'sink: dispatched by path' begins with 'dispatched', no imperative: "
        "write 'add', not 'added'",
    ]
    assert check_commit_message("--range", "HEAD~2", cwd=tmp_path).returncode == 0
    done = check_commit_message("--range", "no-branch..HEAD", cwd=tmp_path)
    assert done.returncode == 1
    assert "git cannot list the range 'no-branch..HEAD': pass one" in done.stderr


def test_every_hook_is_local_and_its_tool_is_pinned() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    hooks: dict[str, Any] = {hook["id"]: hook for hook in repository["hooks"]}
    assert {hook["language"] for hook in hooks.values()} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks.values())
    assert hooks["commit-message"]["stages"] == ["commit-msg"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in ("codespell", "mypy", "pre-commit", "pre-commit-hooks", "ruff"):
        assert re.search(rf"^{name}==", lock, re.MULTILINE), name


WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
JOBS: dict[str, Any] = {
    f"{name}: {job}": content
    for name, workflow in WORKFLOWS.items()
    for job, content in workflow["jobs"].items()
}


def commands(job: Any) -> Iterator[str]:
    """Yield the commands of a job, one for each value of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for step in job["steps"]:
        found = [step.get("run", "")]
        for key, values in matrix.items():
            found = [text.replace(f"${{{{ matrix.{key} }}}}", v) for text in found for v in values]
        yield from found


def test_each_environment_and_target_of_the_workflows_exists() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    environments = {name.partition(":")[2] for name in tox.sections()}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE))
    run = "\n".join(text for job in JOBS.values() for text in commands(job))
    named = set(re.findall(r"\btox run -e ([\w,.${} -]+)", run))
    assert {"tests", "lowest", "newest", "deviations", "selftest"} <= named
    assert named <= environments
    made = set(re.findall(r"\bmake ([\w-]+)", run))
    assert made
    assert made <= targets
    for path in re.findall(r"(?<!\S)\.ci/\S+", run):
        assert (ROOT / path).is_file(), path


def test_the_workflows_try_the_versions_of_python_that_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert WORKFLOWS["ci.yml"]["jobs"]["tests"]["strategy"]["matrix"]["python"] == declared
    assert project["requires-python"] == f">={declared[0]}"
    pinned = [
        step["with"]["python-version"]
        for job in JOBS.values()
        for step in job["steps"]
        if "setup-python" in step.get("uses", "")
    ]
    assert set(pinned) <= {*declared, "${{ matrix.python }}"}


OTHER_ACTIONS = {
    "action.yml: service": ["./"],
    "action.yml: receiver": ["./"],
    "release.yml: publish": ["pypa/gh-action-pypi-publish@release/v1"],
}
"""Actions of this repository and of other owners than GitHub, by job."""
PERMISSIONS = {
    "action.yml: service": {"contents": "read", "security-events": "write"},
    "release.yml: publish": {"id-token": "write"},
}
"""Permissions of a job beyond those of its workflow."""


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_a_time_limit_and_actions_of_a_major_version(name: str) -> None:
    assert JOBS[name]["timeout-minutes"] <= 120
    used = [step["uses"] for step in JOBS[name]["steps"] if "uses" in step]
    others = [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)]
    assert others == OTHER_ACTIONS.get(name, [])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_read_only_and_a_new_push_cancels_it(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    publishes = name == "release.yml"  # a half release is worse than a late one
    assert WORKFLOWS[name]["concurrency"]["cancel-in-progress"] is not publishes
    granted = {
        job: content["permissions"] for job, content in JOBS.items() if "permissions" in content
    }
    assert granted == PERMISSIONS
