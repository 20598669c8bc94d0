"""The table of faults: what real services get wrong, each to be switched on by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from mock_server.answer_faults import ANSWERS
from mock_server.auth_faults import AUTH
from mock_server.behaviour import Fault
from mock_server.delivery_faults import DELIVERIES
from mock_server.derived import derived
from mock_server.effect import has_effect
from mock_server.payload_faults import PAYLOADS
from mock_server.secret_faults import SECRETS
from mock_server.validation_faults import VALIDATION
from openapi.document import Contract

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
