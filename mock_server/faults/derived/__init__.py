"""Faults derived from a contract alone: each breaks one of its constraints.

Each module has one family. A fault that no constraint implies belongs in `mock_server.faults`.
"""

from collections.abc import Iterator
from dataclasses import replace

from mock_server.fault import Fault
from mock_server.faults.derived.deliveries import derived_delivery_faults
from mock_server.faults.derived.parameters import derived_parameter_faults
from mock_server.faults.derived.payloads import derived_payload_faults
from mock_server.faults.derived.responses import derived_response_faults
from mock_server.faults.derived.statuses import derived_status_faults
from mock_server.faults.derived.validation import derived_boundary_faults, derived_constraint_faults
from openapi.contract import Contract

FAULT_FAMILIES = (
    derived_response_faults,
    derived_status_faults,
    derived_constraint_faults,
    derived_boundary_faults,
    derived_parameter_faults,
    derived_payload_faults,
    derived_delivery_faults,
)


def derived_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every family, in a stable order and with stable names.

    If two places have the same name (`/a-b` and `/a/b`), a number follows the later one.
    """
    seen: set[str] = set()
    for family in FAULT_FAMILIES:
        for fault in family(contract):
            renamed = fault
            number = 2
            while renamed.name in seen:
                renamed = replace(fault, name=f"{fault.name}-{number}")
                number += 1
            seen.add(renamed.name)
            yield renamed
