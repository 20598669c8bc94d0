"""Linters of files that no engine runs here: workflows, the action, jobs in pages, the Dockerfile.

Each linter is also tried on a broken copy.
"""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCHEMAS = (
    "hookproof/hookproof.schema.json",
    "hookproof/reports/report.schema.json",
    "openapi/contract.schema.json",
)
JOBS_IN_PAGES = {
    ("docs/ci.md", "With GitHub Actions"): "vendor.github-workflows",
    ("docs/ci.md", "With GitLab CI"): "vendor.gitlab-ci",
    ("docs/pull-requests.md", "The action for GitHub"): "vendor.github-workflows",
}
"""Built-in schema for the YAML block of a section."""


def check(paths: Iterable[Path], *options: str) -> subprocess.CompletedProcess[str]:
    """Run check-jsonschema on files."""
    command = [sys.executable, "-m", "check_jsonschema", *options, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def hadolint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sysconfig.get_path("scripts")) / "hadolint"), "--no-color", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def block(page: str, section: str) -> str:
    """Return the YAML block of a section of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    body = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    (found,) = re.findall(r"^```yaml\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_workflows_have_the_syntax_of_github() -> None:
    assert len(WORKFLOWS) == 3
    done = check(WORKFLOWS, "--builtin-schema", "vendor.github-workflows")
    assert done.returncode == 0, done.stdout


def test_the_action_has_the_syntax_of_github() -> None:
    done = check([ROOT / "action.yml"], "--builtin-schema", "vendor.github-actions")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("page", "section"), JOBS_IN_PAGES)
def test_a_job_in_a_page_has_the_syntax_of_its_engine(
    page: str, section: str, tmp_path: Path
) -> None:
    path = tmp_path / "job.yml"
    path.write_text(block(page, section), encoding="utf-8")
    done = check([path], "--builtin-schema", JOBS_IN_PAGES[page, section])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ("vendor.github-workflows", "runs-on: ubuntu-latest", "runs_on: ubuntu-latest"),
        ("vendor.github-actions", "using: composite", "using: composition"),
        ("vendor.gitlab-ci", "when: always", "when: sometimes"),
    ],
)
def test_a_mistake_in_a_job_is_found(schema: str, right: str, wrong: str, tmp_path: Path) -> None:
    text = {
        "vendor.github-workflows": WORKFLOWS[0].read_text(encoding="utf-8"),
        "vendor.github-actions": (ROOT / "action.yml").read_text(encoding="utf-8"),
        "vendor.gitlab-ci": block("docs/ci.md", "With GitLab CI"),
    }[schema]
    assert right in text
    path = tmp_path / "job.yml"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    assert check([path], "--builtin-schema", schema).returncode == 1


def test_the_schemas_are_schemas(tmp_path: Path) -> None:
    done = check((ROOT / name for name in SCHEMAS), "--check-metaschema")
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "schema.json"
    text = (ROOT / SCHEMAS[0]).read_text(encoding="utf-8")
    broken.write_text(text.replace('"type": "object"', '"type": "thing"', 1), encoding="utf-8")
    assert check([broken], "--check-metaschema").returncode == 1


def test_the_examples_of_the_configuration_match_its_schema(tmp_path: Path) -> None:
    paths = sorted((ROOT / "examples").glob("*/hookproof.toml"))
    assert paths
    options = ["--schemafile", str(ROOT / SCHEMAS[0])]
    done = check(paths, *options)
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "hookproof.toml"
    broken.write_text('[verify]\nurll = "http://127.0.0.1:8000"\n', encoding="utf-8")
    assert check([broken], *options).returncode == 1


def test_hadolint_accepts_the_dockerfile() -> None:
    done = hadolint(ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_finds_a_mistake(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    path = tmp_path / "Dockerfile"
    path.write_text(text.replace("python:3.12-slim", "python"), encoding="utf-8")
    done = hadolint(path)
    assert done.returncode == 1
    assert "DL3006" in done.stdout


def test_the_dockerfile_has_two_stages_a_user_and_a_health_check() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last = text.rpartition("\nFROM ")[2]
    assert text.count("\nFROM ") == 2
    (user,) = re.findall(r"^USER (\d+)$", last, re.MULTILINE)
    assert int(user) > 0
    assert "pip install" not in last
    assert "HEALTHCHECK" in last
