"""Table of all faults of a contract: the handwritten and the derived ones."""

from collections.abc import Mapping
from types import MappingProxyType

from mock_server.fault import Fault
from mock_server.faults.authentication import AUTHENTICATION_FAULTS
from mock_server.faults.deliveries import DELIVERY_FAULTS
from mock_server.faults.derived import derived_faults
from mock_server.faults.payloads import PAYLOAD_FAULTS
from mock_server.faults.resources import RESOURCE_FAULTS
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
            *RESOURCE_FAULTS,
            *PAYLOAD_FAULTS,
            *DELIVERY_FAULTS,
        )
    }
)
"""Handwritten faults by name. Each applies to the contracts that have what it needs."""


def build_fault_table(contract: Contract) -> Mapping[str, Fault]:
    """Return the faults that apply to `contract`, by name."""
    handwritten = {
        name: fault
        for name, fault in HANDWRITTEN_FAULTS.items()
        if fault.need is not None and fault.need(contract)
    }
    derived = {
        fault.name: fault for fault in derived_faults(contract) if fault.name not in handwritten
    }
    return MappingProxyType({**handwritten, **derived})
