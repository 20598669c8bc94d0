"""`hookproof mock`: settings from options, start screen, and serving until stopped."""

import logging
import secrets
import shlex
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

from starlette.types import ASGIApp

from hookproof.commands.mock_workers import MockFactory, shared_mock, supervise
from hookproof.contract_loading import (
    ContractFiles,
    check_webhook_secret,
    contract_files,
    load_contract_option,
    operation_selection,
    select_operations,
)
from hookproof.errors import CommandError
from hookproof.reports.wording import pluralize
from hookproof.serving.foreground import serve, tune_gc
from hookproof.serving.logs import configure_logging
from hookproof.serving.ready_file import ready_announcement
from hookproof.serving.sockets import is_reachable_from_outside, listen, url_of
from hookproof.serving.tls import TlsFiles, tls_from_options
from mock_server.admin.curl import curl_line, value_option, variable_option
from mock_server.app import create_app
from mock_server.fixed_credentials import accepted_credentials
from mock_server.recovery import prepare_state
from mock_server.server import uvicorn_config
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET, Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.files.sqlite_file import StoreError
from openapi.loading.builder import required_permissions
from openapi.parsing.document_source import DocumentText
from openapi.security import SecurityScheme, required_schemes

LOG = logging.getLogger("hookproof")
_TOKEN_LIFETIME_S = 86400
MAX_SHOWN_OPERATIONS = 20
"""Number of `curl` lines: more hide the URL, and fill a pipe that a program reads one line from."""


def run_mock(options: SimpleNamespace) -> int:
    """Serve the contract's operations until a signal; return the exit code."""
    logs = partial(configure_logging, options.log_format, options.log_requests)
    logs()
    files = contract_files(options).fetched
    document = load_contract_option(files)
    contract = select_operations(document, operation_selection(options))
    settings, generated = mock_settings(options, contract)
    app: ASGIApp | MockFactory = _app(document, settings, files)
    with ExitStack() as stack:
        tls = stack.enter_context(tls_from_options(options))
        listener = listen(options.host, options.port)
        if is_reachable_from_outside(options.host):
            LOG.warning("%s", exposed_mock_warning(options.host, settings))
        if options.workers > 1:
            app = stack.enter_context(shared_mock(files, settings, logs))
        url = url_of(listener, "https" if tls else "http", options.host if tls else "")
        lines = mock_start_lines(contract, settings, url, tls, generated)
        if isinstance(files.document, DocumentText):
            lines.append(f"the mock does not watch {files.document}: restart it after a change")
        pair = (tls.certificate, tls.key) if tls else None
        config = uvicorn_config(app, contract, tls=pair, workers=options.workers)
        announce = stack.enter_context(ready_announcement(lines, url, options.ready_file))
        tune_gc()
        return (serve if options.workers == 1 else supervise)(config, listener, announce)


def mock_settings(options: SimpleNamespace, contract: Contract) -> tuple[Settings, str | None]:
    """Return the settings, and the control token if it is generated."""
    settings = _settings_from_options(options, contract)
    if settings.control_token is not None or not is_reachable_from_outside(options.host):
        return settings, None
    generated = secrets.token_urlsafe(24)
    return replace(settings, control_token=generated), generated


def _settings_from_options(options: SimpleNamespace, contract: Contract) -> Settings:
    signing = options.webhook_secret or DEVELOPMENT_WEBHOOK_SECRET
    if options.webhook_url:
        check_webhook_secret(contract, signing, signs=True)
    try:
        return Settings(
            auth=options.auth,
            jwt_secret=options.jwt_secret or DEVELOPMENT_SECRET,
            credentials=tuple(options.credential),
            webhook_urls=options.webhook_url,
            webhook_secret=signing,
            callback_hosts=frozenset(options.allow_host),
            rate_limit=options.rate_limit,
            seed=options.seed,
            state=options.state,
            seed_data=options.seed_data,
            rejections=frozenset(options.reject),
            faults=frozenset(options.fault),
            latency=options.latency,
            control_token=options.control_token,
            log_requests=options.log_requests,
            operations=operation_selection(options),
        )
    except ValueError as error:
        raise CommandError(str(error)) from None


def mock_start_lines(
    contract: Contract, settings: Settings, url: str, tls: TlsFiles | None, generated: str | None
) -> list[str]:
    """Return the start screen. `generated` is the control token if the mock generated it.

    The curl lines contain a token. Any service with the mock's secret accepts it, so it expires
    after a day, except with the published secret.
    """
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    expires = None if published else int(time.time()) + _TOKEN_LIFETIME_S
    token = mint(settings.jwt_secret, required_permissions(contract.operations), expires)
    trusted = ["--cacert", str(tls.trusted)] if tls else []
    lines = [f"hookproof mock listening on {url}"]
    accepted = accepted_credentials(contract, settings.credentials)
    configured = dict(settings.credentials)

    def credential_option(scheme: SecurityScheme) -> str:
        if scheme.name in configured:  # a secret of the user, not for a screen
            return variable_option(scheme)
        return value_option(scheme, accepted.get(scheme, token))

    shown = contract.operations[:MAX_SHOWN_OPERATIONS]
    lines += [curl_line(contract, one, url, credential_option, trusted) for one in shown]
    if more := len(contract.operations) - len(shown):
        lines.append(f"{pluralize(more, 'more operation')}: see {url}/docs")
    lines += [
        f"credential for {scheme.name} ({scheme.stated}): "
        + ("as configured" if scheme.name in configured else value)
        for scheme, value in accepted.items()
    ]
    lines += [
        f"the mock does not check {scheme.name} ({scheme.stated})"
        for scheme in dict.fromkeys(
            one.scheme for o in contract.operations for one in required_schemes(o.security)
        )
        if scheme.kind == "unsupported"
    ]
    lines.append(f"documentation on {url}/docs")
    lines.append(f"requests, deliveries and overrides on {url}/_hookproof/")
    if generated is not None:
        lines.append(f"control token of the admin API: {generated}")
    if tls is not None and tls.own:
        lines.append(f"generated certificate: trust {tls.trusted} until the mock stops")
        lines.append(shlex.join(["curl", *trusted, f"{url}/_hookproof/healthz"]))
    return lines


def exposed_mock_warning(host: str, settings: Settings) -> str:
    """Return the warning for a mock on `host`, which other machines can reach."""
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    how = "; the secret of the tokens is published: pass --jwt-secret" if published else ""
    return (
        f"hookproof: other machines can reach {host} and call every operation{how}; the admin API "
        "below /_hookproof/ requires the control token"
    )


def _app(contract: Contract, settings: Settings, files: ContractFiles) -> ASGIApp:
    """Return the application; `CommandError` for settings that the contract does not allow."""
    try:
        app = create_app(contract, settings, None, files.watched, files.overlays)
        prepare_state(contract, settings)
    except (StoreError, ValueError) as error:
        raise CommandError(str(error)) from None
    return app
