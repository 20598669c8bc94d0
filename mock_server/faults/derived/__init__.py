"""Faults derived from a contract alone: each of its constraints, broken once.

One module for each family. A fault that no constraint implies belongs in `mock_server.faults`.
"""

from collections.abc import Iterator
from dataclasses import replace

from mock_server.fault import Fault
from mock_server.faults.derived.deliveries import derived_deliveries
from mock_server.faults.derived.parameters import derived_parameters
from mock_server.faults.derived.payloads import derived_payloads
from mock_server.faults.derived.responses import derived_answers
from mock_server.faults.derived.statuses import derived_statuses
from mock_server.faults.derived.validation import derived_limits, derived_requests
from openapi.contract import Contract

FAMILIES = (
    derived_answers,
    derived_statuses,
    derived_requests,
    derived_limits,
    derived_parameters,
    derived_payloads,
    derived_deliveries,
)


def derived(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every family, in an order and under names that stay the same.

    Where two places would have one name (`/a-b` and `/a/b`), the later has a number at its end.
    """
    seen: set[str] = set()
    for family in FAMILIES:
        for fault in family(contract):
            named = fault
            number = 2
            while named.name in seen:
                named = replace(fault, name=f"{fault.name}-{number}")
                number += 1
            seen.add(named.name)
            yield named
