"""The table of faults: what real services get wrong, each to be switched on by its name.

What real services get wrong, each to be switched on by its name."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from mock_server.exchange import Hooks
from mock_server.fault import Fault, combine_faults
from mock_server.faults.applicability import has_effect_on_contract
from mock_server.faults.authentication import AUTHENTICATION_FAULTS
from mock_server.faults.deliveries import DELIVERY_FAULTS
from mock_server.faults.derived import derived_faults
from mock_server.faults.payloads import PAYLOAD_FAULTS
from mock_server.faults.responses import RESPONSE_FAULTS
from mock_server.faults.secrets import SECRET_FAULTS
from mock_server.faults.validation import VALIDATION_FAULTS
from openapi.contract import Contract

HANDWRITTEN_FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            *RESPONSE_FAULTS,
            *SECRET_FAULTS,
            *VALIDATION_FAULTS,
            *AUTHENTICATION_FAULTS,
            *PAYLOAD_FAULTS,
            *DELIVERY_FAULTS,
        )
    }
)
"""Those written by hand, name -> fault: for any contract that has something for them to spoil."""


def build_fault_table(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults of a service of `contract`: those written by hand, then those derived."""
    handwritten = {
        name: fault
        for name, fault in HANDWRITTEN_FAULTS.items()
        if has_effect_on_contract(contract, fault)
    }
    derived = {
        fault.name: fault for fault in derived_faults(contract) if fault.name not in handwritten
    }
    return MappingProxyType({**handwritten, **derived})


_MAX_SUGGESTIONS = 3
"""Faults that are named where one is unknown; there are hundreds."""


@lru_cache(maxsize=8)
def faults(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults of a service of `contract` by their names."""
    # Most mocks never have a fault, and the table takes as long to load as the contract does.
    from mock_server.faults.registry import build_fault_table  # noqa: PLC0415

    return build_fault_table(contract)


def hooks(contract: Contract, names: Collection[str]) -> Hooks:
    """Return the behaviour with the faults of these names; a `ValueError` names one unknown."""
    known = faults(contract) if names else {}
    for name in sorted(names):
        if name not in known:
            suggestions = (
                get_close_matches(name, known, _MAX_SUGGESTIONS, 0.5)
                or list(known)[:_MAX_SUGGESTIONS]
            )
            raise ValueError(
                f"{name!r} is no fault of this contract; near to it: {', '.join(suggestions)}; "
                f"`hookproof faults` lists all {len(known)}"
            )
    return combine_faults(known[name] for name in sorted(names))
