"""What real services get wrong, each to be switched on by its name."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache

from mock_server.behaviour import Behaviour, Fault, combined
from openapi.document import Contract

_SHOWN = 3
"""Faults that are named where one is unknown; there are hundreds."""


@lru_cache(maxsize=8)
def faults(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults of a service of `contract` by their names."""
    # Most mocks never have a fault, and the table takes as long to load as the contract does.
    from mock_server.fault_table import table  # noqa: PLC0415

    return table(contract)


def behaviour(contract: Contract, names: Collection[str]) -> Behaviour:
    """Return the behaviour with the faults of these names; a `ValueError` names one unknown."""
    known = faults(contract) if names else {}
    for name in sorted(names):
        if name not in known:
            likely = get_close_matches(name, known, _SHOWN, 0.5) or list(known)[:_SHOWN]
            raise ValueError(
                f"{name!r} is no fault of this contract; near to it: {', '.join(likely)}; "
                f"`hookproof faults` lists all {len(known)}"
            )
    return combined(known[name] for name in sorted(names))
