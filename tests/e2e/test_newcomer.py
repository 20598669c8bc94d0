"""A newcomer's service: few findings, which say what to mend until the service conforms.

`tests/shared/newcomer_service.py` is a FastAPI application with the mistakes of a first day.
"""

import re
from pathlib import Path

import pytest
from newcomer_service import MISTAKES
from support.processes import JWT_SECRET, SHARED, WEBHOOK_SECRET, Run, started, tokens, verify

pytestmark = pytest.mark.integration

MAX_ROUNDS = 3
EXTRA_FINDINGS = 2
"""Findings above the number of mistakes: one mistake may show in two ways."""
SHOWN_BY = {
    "status-200": r"valid and got 200, expected 201",
    "validation-422": r"got 422, expected 400",
    "detail": r"lacks 'message'",
    "lax-types": r"breaks the schema \(/(revoked|expiresAt): .*\) and got 20[01], expected 400",
    "surrogates": r"got 500",
    "lengths": r"breaks (min|max)Length.* and got 20[01], expected 400",
    "permission": r"credential without the permission.* got 20[01], expected 403",
    "token-uuid": r"used a credential that the service had issued",
    "naive-dates": r'breaks format: "date-time"',
    "null-revoked": r"null, not boolean|has null at /data/revoked",
    "unsigned": r"there is no Webhook-Signature header",
}
"""Text of a finding that shows the mistake, by the name of the mistake."""


def judge(port: int, directory: Path, mistakes: set[str]) -> Run:
    command = ["-m", "newcomer_service", "--jwt-secret", JWT_SECRET]
    command += ["--webhook-secret", WEBHOOK_SECRET]
    command += ["--webhook-url", f"http://127.0.0.1:{port}/hooks"]
    command += [part for name in sorted(mistakes) for part in ("--mistake", name)]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        return verify(url, port, directory, "--no-saved-cases", **tokens())


def test_a_newcomer_reaches_a_conforming_service_within_three_rounds(
    port: int, tmp_path: Path
) -> None:
    left = set(MISTAKES)
    assert left == set(SHOWN_BY)
    for number in range(1, MAX_ROUNDS + 1):
        run = judge(port, tmp_path / str(number), left)
        found = [one for one in run.report["findings"] if one["severity"] == "violation"]
        roots = [one["message"] for one in found if one["follows_from"] is None]
        assert len(roots) <= len(left) + EXTRA_FINDINGS, "\n".join(roots)
        if not roots:
            break
        shown = {name for name in left if any(re.search(SHOWN_BY[name], said) for said in roots)}
        assert shown, f"no finding says what to mend: {roots}"
        left -= shown
    assert (left, roots, run.code) == (set(), [], 0), run.out
