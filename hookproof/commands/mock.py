"""The options of `mock` become the settings of a mock.

What the mock prints when it is ready: where it is, and lines to paste into a shell.

`hookproof mock`: options in, the service of the contract until it is told to stop."""

import argparse
import logging
import secrets
import shlex
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from hookproof.commands.mock_workers import MockFactory, shared_mock, supervise
from hookproof.contract_loading import check_webhook_secret, load_contract_option
from hookproof.errors import CommandError
from hookproof.options.types import option_or_environment, token
from hookproof.serving.foreground import serve, tune_gc
from hookproof.serving.logs import configure_logging
from hookproof.serving.ready_file import ready_announcement
from hookproof.serving.sockets import is_reachable_from_outside, listen, url_of
from hookproof.serving.tls import TlsFiles, tls_from_options
from mock_server.admin.curl import curl_line
from mock_server.app import create_app
from mock_server.server import uvicorn_config
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET, Settings
from mock_server.storage.database import StateError, check_state_writable
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.loading.builder import required_permissions
from openapi.loading.loader import default_contract_path


def mock_settings(options: argparse.Namespace, contract: Contract) -> tuple[Settings, str | None]:
    """Return what options and environment ask for, and the control token, if one was made."""
    settings = _settings_from_options(options, contract)
    if settings.control_token is not None or not is_reachable_from_outside(options.host):
        return settings, None
    made = secrets.token_urlsafe(24)
    return replace(settings, control_token=made), made


def _settings_from_options(options: argparse.Namespace, contract: Contract) -> Settings:
    signing = option_or_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET")
    signing = signing or DEVELOPMENT_WEBHOOK_SECRET
    if options.webhook_url:
        check_webhook_secret(contract, signing)
    secret = option_or_environment(options.jwt_secret, "HOOKPROOF_JWT_SECRET")
    try:
        return Settings(
            auth=options.auth,
            jwt_secret=secret or DEVELOPMENT_SECRET,
            webhook_urls=tuple(options.webhook_url),
            webhook_secret=signing,
            rate_limit=options.rate_limit,
            seed=options.seed,
            state=options.state,
            rejections=frozenset(options.reject),
            faults=frozenset(options.fault),
            latency=options.latency,
            control_token=token(options.control_token, "HOOKPROOF_CONTROL_TOKEN"),
            log_requests=options.log_requests,
        )
    except ValueError as error:
        raise CommandError(str(error)) from None


_DAY_S = 86400


def mock_start_lines(
    contract: Contract, settings: Settings, url: str, tls: TlsFiles | None, made: str | None
) -> list[str]:
    """Return the lines. `made` is the control token, if it was made for this run.

    The token in them is minted for whoever reads them. It opens whatever has the mock's secret: for
    a day, if that is not the published one.
    """
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    expires = None if published else int(time.time()) + _DAY_S
    token = mint(settings.jwt_secret, required_permissions(contract.operations), expires)
    trusted = ["--cacert", str(tls.trusted)] if tls else []
    lines = [f"hookproof mock listening on {url}"]
    lines += [curl_line(contract, o, url, token, trusted) for o in contract.operations]
    lines.append(f"documentation on {url}/docs")
    lines.append(f"requests, deliveries and switches on {url}/_hookproof/")
    if made is not None:
        lines.append(f"the control token, which they need: {made}")
    if tls is not None and tls.own:
        lines.append(f"the certificate was made for this run; trust {tls.trusted} until it ends:")
        lines.append(shlex.join(["curl", *trusted, f"{url}/_hookproof/healthz"]))
    return lines


def exposed_mock_warning(host: str, settings: Settings) -> str:
    """Return what is to be said about a mock on `host`, which other machines can reach."""
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    how = "; their secret is published: pass --jwt-secret" if published else ""
    return (
        f"hookproof: {host} can be reached from other machines: whoever reaches it can do all that "
        f"the operations allow, such as create tokens{how}; what controls the mock, below "
        "/_hookproof/, needs the control token"
    )


LOG = logging.getLogger("hookproof")


def run_mock(options: argparse.Namespace) -> int:
    """Serve the contract's operations until told to stop; return the exit code."""
    logs = partial(configure_logging, options.log_format, options.log_requests)
    logs()
    contract = load_contract_option(options.contract)
    watched = options.contract or default_contract_path()
    settings, made = mock_settings(options, contract)
    app: ASGIApp | MockFactory = _app(contract, settings, watched)
    with ExitStack() as stack:
        tls = stack.enter_context(tls_from_options(options))
        listener = listen(options.host, options.port)
        if is_reachable_from_outside(options.host):
            LOG.warning("%s", exposed_mock_warning(options.host, settings))
        if options.workers > 1:
            app = stack.enter_context(shared_mock(options.contract, watched, settings, logs))
        url = url_of(listener, "https" if tls else "http", options.host if tls else "")
        lines = mock_start_lines(contract, settings, url, tls, made)
        files = (tls.certificate, tls.key) if tls else None
        config = uvicorn_config(app, contract, tls=files, workers=options.workers)
        announce = stack.enter_context(ready_announcement(lines, url, options.ready_file))
        tune_gc()
        return (serve if options.workers == 1 else supervise)(config, listener, announce)


def _app(contract: Contract, settings: Settings, watched: Path) -> ASGIApp:
    """Return the application, or say in a `CommandError` what of the settings does not fit."""
    try:
        app = create_app(contract, settings, contract_path=watched)
        check_state_writable(settings.state)
    except (StateError, ValueError) as error:
        raise CommandError(str(error)) from None
    return app
