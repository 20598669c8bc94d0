"""`hookproof faults`: print the list of faults."""

import json
from types import SimpleNamespace

from hookproof.contract_loading import contract_files, load_contract_option
from hookproof.output import print_table
from mock_server.faults.registry import faults


def print_faults(options: SimpleNamespace) -> int:
    """Print each fault: separated by tabs, as a table or JSON."""
    contract = load_contract_option(contract_files(options))
    known = faults(contract).values()
    if options.json:
        rows = [
            {
                "name": fault.name,
                "category": fault.category,
                "description": fault.description,
                "severity": fault.severity,
                "needs_rate_limit": fault.needs_rate_limit,
                "expected_response": fault.expected_response(contract),
            }
            for fault in known
        ]
        print(json.dumps(rows, indent=2))
    else:
        cells = [
            (
                fault.name,
                fault.category,
                fault.description,
                fault.expected_response(contract) or "-",
            )
            for fault in known
        ]
        names = ("FAULT", "CATEGORY", "DESCRIPTION", "EXPECTED")
        print_table(names, cells, map("\t".join, cells))
    return 0
