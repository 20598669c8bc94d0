"""Causes of 5xx responses: each has a finding that names it."""

import pytest
from support.reference_runs import Trial, run_trial

pytestmark = pytest.mark.integration


def messages(deviation: str) -> list[str]:
    """Return the messages about 5xx of a default run against the service with `deviation`."""
    findings = run_trial(Trial((), deviation, "default")).findings
    return [text for text in findings if text.startswith("violation server-error: ")]


def test_each_of_many_causes_has_a_finding() -> None:
    found = messages("seven-crashes")
    assert len(found) >= 6
    for cause in ("a percent sign at /name", "beyond U+FFFF at /name", "no items at /scopes"):
        assert sum(cause in text for text in found) == 1, found


@pytest.mark.parametrize(
    ("deviation", "cause"),
    [
        ("one-permission-500", 'the value "webhook:read" at /scopes/*'),
        ("body-over-a-buffer-500", "a longer text at /name"),
        ("repeated-name-500", "the values of another request"),
        ("every-20th-500", "no common cause"),
    ],
)
def test_the_cause_is_named(deviation: str, cause: str) -> None:
    (found,) = messages(deviation)
    assert cause in found
