"""A FastAPI application of the tutorial, judged by its own document without any extension.

The right application makes no violation, and each mistake of `tests/shared/tutorial_service.py`
makes one that shows it.
"""

import json
import re
from pathlib import Path

import pytest
from support.processes import SHARED, Run, started, verify
from support.sampling import some
from tutorial_service import MISTAKES, PASSWORD, USER, document

pytestmark = pytest.mark.integration

SHOWN_BY = {
    "no-authentication": r"without a credential|credential missing",
    "any-password": r"got 20[014], expected 401 or 403",
    "user-prefix": r"got 20[014], expected 401 or 403",
    "price-text": r"/price is string, not number",
    "missing-name": r"the body lacks 'name'",
    "null-list": r"the body is null, not array",
    "status-200": r"is valid and got 200, expected 201",
    "crash-on-unknown": r"an unknown item_id\) got 500",
    "crash-on-tags": r"got 500|got no response",
    "negative-price": r"/price: .*breaks exclusiveMinimum.* got 20[01], expected 422",
    "long-name": r"/name:? .*breaks maxLength",
    "large-page": r"limit.* got 200, expected 422",
}
"""Text of a violation that shows the mistake, by its name."""


def judge(port: int, directory: Path, *mistakes: str, profile: str = "quick") -> Run:
    contract = directory / "openapi.json"
    contract.write_text(json.dumps(document()), encoding="utf-8")
    command = ["-m", "tutorial_service"]
    command += [part for name in mistakes for part in ("--mistake", name)]
    options = ["--contract", str(contract), "--no-webhooks", "--no-saved-cases"]
    options += ["--profile", profile, "--credential", f"HTTPBasic={USER}:{PASSWORD}"]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        return verify(url, port, directory, *options)


def test_the_right_application_makes_no_violation(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, profile="default")
    violations = [one for one in run.report["findings"] if one["severity"] == "violation"]
    assert (violations, run.code) == ([], 0), run.out
    assert run.report["operations"] == {"total": 5, "judged": 5, "undecided": []}


@pytest.mark.parametrize("mistake", some(MISTAKES, 4))
def test_each_mistake_is_found(mistake: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, mistake)
    messages = [one["message"] for one in run.report["findings"] if one["severity"] == "violation"]
    assert any(re.search(SHOWN_BY[mistake], said) for said in messages), messages
    assert run.code == 1
