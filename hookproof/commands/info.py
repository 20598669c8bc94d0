"""`hookproof token` and `hookproof faults`: print a token or the list of faults."""

import argparse
import json
import time

from hookproof.contract_loading import load_contract_option
from hookproof.environment import option_or_environment
from mock_server.faults.registry import faults
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.loading.builder import required_permissions


def print_token(options: argparse.Namespace) -> int:
    """Print a token for the mock, on one line."""
    secret = option_or_environment(options.jwt_secret, "HOOKPROOF_JWT_SECRET") or DEVELOPMENT_SECRET
    scopes = options.scope or required_permissions(
        load_contract_option(options.contract).operations
    )
    expires = None if options.expires_in is None else int(time.time()) + options.expires_in
    print(mint(secret, scopes, expires))
    return 0


def print_faults(options: argparse.Namespace) -> int:
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
