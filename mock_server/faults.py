"""The table of faults: what real services get wrong, each to be switched on by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from mock_server.answer_faults import ANSWERS
from mock_server.auth_faults import AUTH
from mock_server.behaviour import Fault
from mock_server.delivery_faults import DELIVERIES
from mock_server.payload_faults import PAYLOADS
from mock_server.secret_faults import SECRETS
from mock_server.validation_faults import VALIDATION

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (*ANSWERS, *SECRETS, *VALIDATION, *AUTH, *PAYLOADS, *DELIVERIES)
    }
)
"""Name -> fault, in the order of the layers answers, validation, auth, webhooks."""
