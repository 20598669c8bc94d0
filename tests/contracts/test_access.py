"""Access: every kind of credential against a service with mistakes, and against the right one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from support.processes import TESTS
from turnstile_service import CREDENTIALS, LEGAL, MISTAKES, turnstiles

from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.run import find_faults, run
from openapi.contract import Contract
from openapi.finding import Finding
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

SETTINGS = Settings("", "abc123", 1, credentials=CREDENTIALS, webhooks=False)


@cache
def turnstile_contract() -> Contract:
    return load_contract(TESTS / "data" / "turnstiles.yaml")


def findings(
    mistakes: Sequence[str], operations: Sequence[str], profile: str = "quick"
) -> list[Finding]:
    """Run the phase `credentials` of these operations against a service with the mistakes."""
    whole = turnstile_contract()
    chosen = replace(whole, operations=tuple(o for o in whole.operations if o.id in operations))
    with turnstiles(*mistakes) as url:
        settings = replace(
            SETTINGS, url=url, profile=profile, selection=Selection(only=("credentials",))
        )
        ledger = run(settings, chosen, lambda _: None)
    return [one.finding for one in find_faults(ledger)]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_finds_each_mistake_in_a_quick_run(mistake: str) -> None:
    found = findings([mistake], [MISTAKES[mistake]])
    crash = mistake.endswith("crash")
    check = "server-error" if crash else "invalid-credential"
    if mistake == "only-first-alternative":
        check = "valid-request"
    assert {finding.check for finding in found} == {check}, found
    assert all(finding.severity == "violation" for finding in found)


@pytest.mark.parametrize("legal", ["", *LEGAL])
def test_has_no_finding_about_a_service_that_checks_every_credential(legal: str) -> None:
    operations = LEGAL.get(legal, [operation.id for operation in turnstile_contract().operations])
    assert findings([legal] if legal else [], operations, "default") == []
