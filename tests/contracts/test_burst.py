"""Check of the rate limit: a finding needs a burst that certainly exceeds the limit."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.checks.repeated_requests import rate_limit
from contracts.execution.saved_cases import save_cases
from contracts.judgement import Judgement, group_findings
from contracts.ledger.ledger import Ledger, Reconciliation
from contracts.model.case import RATE_LIMIT_PHASE, Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction

CONTRACT = load_contract()
(OPERATION,) = CONTRACT.operations
PLACES = find_correlators(CONTRACT, OPERATION)
LIMIT = OPERATION.rate_limit or {}


def judged(count: int, pause: float, last: int = 201) -> Judgement:
    """Check a burst of `count` requests, `pause` seconds apart; the last has status `last`."""
    fresh = UniqueValues("tests0", 1, datetime.now(UTC))
    valid = Credential("valid", "accepted")
    made = []
    for number in range(count):
        plan = Case(RATE_LIMIT_PHASE, "one of a burst", {"name": "a name", "scopes": []})
        request = build_request(CONTRACT, OPERATION, PLACES, plan, fresh.next(), valid)
        response = ReceivedResponse(201, (), b"{}")
        made.append(Exchange(request, response, None, number * pause, (number + 1) * pause))
    made[-1] = replace(made[-1], response=ReceivedResponse(last, (), b"{}"))
    settings = Settings(url="http://127.0.0.1:1", token="x", run_id="tests0", seed=1)
    empty = Reconciliation((), (), (), ())
    (judgement,) = rate_limit(
        Ledger(CONTRACT, settings, tuple(made), (), empty, (), None, {OPERATION.id: PLACES})
    )
    return judgement


@pytest.mark.parametrize(
    ("more", "slower", "decided"), [(1, 0.99, True), (1, 1.01, False), (0, 0.5, False)]
)
def test_only_a_burst_above_the_limit_is_decided(more: int, slower: float, decided: bool) -> None:
    count = LIMIT["requests"] + more
    judgement = judged(count, slower * LIMIT["seconds"] / (LIMIT["requests"] + 1))
    assert (judgement.finding is not None, not judgement.undecided_reason) == (decided, decided)


def test_a_429_to_a_slow_burst_passes() -> None:
    judgement = judged(3, 10.0, last=429)
    assert judgement.finding is None
    assert not judgement.undecided_reason


def test_a_request_of_a_burst_is_not_saved_as_a_case(tmp_path: Path) -> None:
    (finding,) = group_findings("rate-limit", [judged(LIMIT["requests"] + 1, 0.0)])
    save_cases(tmp_path, [finding], Redaction(()))
    assert list(tmp_path.iterdir()) == []
