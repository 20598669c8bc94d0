"""Selection: which checks judge, which phases send, and what a profile leaves out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.processes import TESTS

from contracts.checks import CHECKS
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import build_phases, sequences_of
from contracts.execution.target import Target
from contracts.model.selection import EXTRA_PHASE_OF, PHASES, Selection, left_out, phase_name
from contracts.model.settings import EXTRA_PHASES, PROFILES, Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.loading.loader import load_contract

SETTINGS = Settings(
    "http://127.0.0.1:1", "abc123", 1, token="token", extra_phases=frozenset(EXTRA_PHASES)
)


def names(contract: Contract, settings: Settings) -> set[str]:
    """Return the names of the phases that have cases, and of the sequences."""
    found = set()
    with Target(settings.url) as target:
        unique_values = UniqueValues(settings.run_id, 1, datetime.now(UTC))
        for operation in contract.operations:
            session = OperationSession(
                contract, operation, settings, target, unique_values, lambda _: None
            )
            phases = [phase.name for phase in build_phases(session, ())]
            found |= {phase_name(name) for name in (*phases, *sequences_of(session))}
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_the_table_has_exactly_the_phases_of_a_run(profile: str) -> None:
    settings = replace(SETTINGS, profile=profile)
    files = (None, TESTS / "data" / "parcels.yaml", TESTS / "data" / "library.yaml")
    built = {name for file in files for name in names(load_contract(file), settings)}
    assert built | {"retry", "resource-sequences"} == set(PHASES)  # these follow all operations
    drawn = PROFILES[profile].valid_bodies + PROFILES[profile].invalid_bodies
    missing = {part.name for part in left_out(Selection(), profile, EXTRA_PHASES, CHECKS)}
    assert missing == (set() if drawn else {"fuzzing", "credentials-at-once"})
    assert set(EXTRA_PHASE_OF.values()) == set(EXTRA_PHASES)


def test_without_a_selection_everything_runs() -> None:
    assert not Selection().is_partial
    assert all(map(Selection().judges, CHECKS))
    assert all(map(Selection().sends, PHASES))


def test_names_of_checks_do_not_limit_phases_nor_the_reverse() -> None:
    only = Selection(only=("webhook-echo", "malformed-json"))
    assert [check for check in CHECKS if only.judges(check)] == ["webhook-echo"]
    assert [phase for phase in PHASES if only.sends(phase)] == ["malformed-json"]
    assert only.sends("malformed JSON")
    assert all(Selection(only=("webhook-echo",)).sends(phase) for phase in PHASES)
    assert all(Selection(only=("fuzzing",)).judges(check) for check in CHECKS)


def test_a_group_stands_for_its_checks_and_skip_wins() -> None:
    chosen = Selection(only=("webhooks",), skip=("webhook-late", "fuzzing"))
    judged = [check for check in CHECKS if chosen.judges(check)]
    assert judged == [c for c in CHECKS if c.startswith("webhook-") and c != "webhook-late"]
    assert not chosen.sends("fuzzing")
    assert chosen.sentence == "only webhooks; without webhook-late, fuzzing"
    parts = {part.name: part for part in left_out(chosen, "default", (), CHECKS)}
    assert parts["server-error"].kind == "check"
    assert parts["fuzzing"].reason == chosen.sentence
    assert parts["retry"].reason == "pass --extra-phase retry"


def test_a_selected_session_sends_only_its_phases() -> None:
    settings = replace(SETTINGS, selection=Selection(only=("malformed-json", "duplicate-requests")))
    assert names(load_contract(), settings) == {"malformed-json", "duplicate-requests"}
