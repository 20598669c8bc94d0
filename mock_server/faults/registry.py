"""Registry of faults: the faults of a contract by name, loaded on first use."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache

from mock_server.exchange import Hooks
from mock_server.fault import Fault, combine_faults, combine_responses
from openapi.contract import Contract

_MAX_SUGGESTIONS = 3
_MIN_SIMILARITY = 0.5


@lru_cache(maxsize=8)
def faults(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults that apply to `contract`, by name."""
    # Most mocks use no fault, and the table takes as long to load as the contract.
    from mock_server.faults.table import build_fault_table  # noqa: PLC0415

    return build_fault_table(contract)


def hooks(contract: Contract, names: Collection[str]) -> Hooks:
    """Return the hooks of the named faults; raise `ValueError` for an unknown name."""
    known = faults(contract) if names else {}
    for name in sorted(names):
        if name not in known:
            close = get_close_matches(name, known, _MAX_SUGGESTIONS, _MIN_SIMILARITY)
            suggestions = close or list(known)[:_MAX_SUGGESTIONS]
            raise ValueError(
                f"unknown fault {name!r}; similar names: {', '.join(suggestions)}; "
                f"`hookproof faults` lists all {len(known)}"
            )
    return combine_faults(known[name] for name in sorted(names))


def expected_response(contract: Contract, names: Collection[str], event_name: str) -> str:
    """Return what a right receiver responds to a delivery of an event with the named faults."""
    known = faults(contract) if names else {}
    event = next(event for event in contract.events if event.name == event_name)
    return combine_responses(known[name].response_to(contract, event) for name in names)
