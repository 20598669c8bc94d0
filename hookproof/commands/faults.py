"""`hookproof faults`: print the list of faults."""

import json
from types import SimpleNamespace

from hookproof.contract_loading import contract_files, load_contract_option
from hookproof.output import print_table
from mock_server.faults.registry import faults


def print_faults(options: SimpleNamespace) -> int:
    """Print name, category and description of each fault: separated by tabs, as a table or JSON."""
    known = faults(load_contract_option(contract_files(options))).values()
    if options.json:
        rows = [
            {
                "name": fault.name,
                "category": fault.category,
                "description": fault.description,
                "severity": fault.severity,
                "needs_rate_limit": fault.needs_rate_limit,
            }
            for fault in known
        ]
        print(json.dumps(rows, indent=2))
    else:
        cells = [(fault.name, fault.category, fault.description) for fault in known]
        print_table(("FAULT", "CATEGORY", "DESCRIPTION"), cells, map("\t".join, cells))
    return 0
