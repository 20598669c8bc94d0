"""The table of faults: what real services get wrong, each to be switched on by its name.

What real services get wrong, each to be switched on by its name."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from mock_server.exchange import Behaviour
from mock_server.fault import Fault, combined
from mock_server.faults.applicability import has_effect
from mock_server.faults.authentication import AUTH
from mock_server.faults.deliveries import DELIVERIES
from mock_server.faults.derived import derived
from mock_server.faults.payloads import PAYLOADS
from mock_server.faults.responses import ANSWERS
from mock_server.faults.secrets import SECRETS
from mock_server.faults.validation import VALIDATION
from openapi.contract import Contract

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (*ANSWERS, *SECRETS, *VALIDATION, *AUTH, *PAYLOADS, *DELIVERIES)
    }
)
"""Those written by hand, name -> fault: for any contract that has something for them to spoil."""


def table(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults of a service of `contract`: those written by hand, then those derived."""
    written = {name: fault for name, fault in FAULTS.items() if has_effect(contract, fault)}
    made = {fault.name: fault for fault in derived(contract) if fault.name not in written}
    return MappingProxyType({**written, **made})


_SHOWN = 3
"""Faults that are named where one is unknown; there are hundreds."""


@lru_cache(maxsize=8)
def faults(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults of a service of `contract` by their names."""
    # Most mocks never have a fault, and the table takes as long to load as the contract does.
    from mock_server.faults.registry import table  # noqa: PLC0415

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
