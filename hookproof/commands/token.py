"""`hookproof token`: print a token."""

import time
from types import SimpleNamespace

from hookproof.contract_loading import contract_files, load_contract_option
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.loading.builder import required_permissions


def print_token(options: SimpleNamespace) -> int:
    """Print a token for the mock, on one line."""
    scopes = options.scope or required_permissions(
        load_contract_option(contract_files(options)).operations
    )
    expires = None if options.expires_in is None else int(time.time()) + options.expires_in
    print(mint(options.jwt_secret or DEVELOPMENT_SECRET, scopes, expires, tenant=options.tenant))
    return 0
