"""The options of `mock` become the settings of a mock."""

import argparse
import secrets
from dataclasses import replace

from hookproof.contract_option import fitting
from hookproof.exits import CommandError
from hookproof.listening import is_open
from hookproof.values import from_environment, token
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET, Settings
from mock_server.tokens import DEVELOPMENT_SECRET
from openapi.document import Contract


def mock_settings(options: argparse.Namespace, contract: Contract) -> tuple[Settings, str | None]:
    """Return what options and environment ask for, and the control token, if one was made."""
    settings = _asked_for(options, contract)
    if settings.control_token is not None or not is_open(options.host):
        return settings, None
    made = secrets.token_urlsafe(24)
    return replace(settings, control_token=made), made


def _asked_for(options: argparse.Namespace, contract: Contract) -> Settings:
    signing = from_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET")
    signing = signing or DEVELOPMENT_WEBHOOK_SECRET
    if options.webhook_url:
        fitting(contract, signing)
    secret = from_environment(options.jwt_secret, "HOOKPROOF_JWT_SECRET")
    try:
        return Settings(
            auth=options.auth,
            jwt_secret=secret or DEVELOPMENT_SECRET,
            webhook_urls=tuple(options.webhook_url),
            webhook_secret=signing,
            rate_limit=options.rate_limit,
            seed=options.seed,
            state=options.state,
            refused=frozenset(options.refuse),
            faults=frozenset(options.fault),
            latency=options.latency,
            control_token=token(options.control_token, "HOOKPROOF_CONTROL_TOKEN"),
            log_requests=options.log_requests,
        )
    except ValueError as error:
        raise CommandError(str(error)) from None
