"""`hookproof faults`: print the list of faults."""

import json
from types import SimpleNamespace

from hookproof.contract_loading import load_contract_option
from mock_server.faults.registry import faults


def print_faults(options: SimpleNamespace) -> int:
    """Print every fault: tab-separated name, category and description, or a JSON array."""
    known = faults(load_contract_option(options.contract)).values()
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
        print("\n".join(f"{fault.name}\t{fault.category}\t{fault.description}" for fault in known))
    return 0
