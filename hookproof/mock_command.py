"""`hookproof mock`: options in, the service of the contract until it is told to stop."""

import argparse
import logging
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from hookproof.contract_option import contract_of
from hookproof.exits import CommandError
from hookproof.garbage import collect_less
from hookproof.listening import is_open, listen, url_of
from hookproof.logs import show_logs
from hookproof.mock_settings import mock_settings
from hookproof.ready_file import announcement
from hookproof.serving import serve
from hookproof.start_screen import start_screen, warning
from hookproof.tls import tls_of
from hookproof.workers import Mock, shared_mock, supervise
from mock_server.app import create_app
from mock_server.serving import uvicorn_config
from mock_server.settings import Settings
from mock_server.store import StateError, probe
from openapi.document import Contract
from openapi.loading import default_path

LOG = logging.getLogger("hookproof")


def run_mock(options: argparse.Namespace) -> int:
    """Serve the contract's operations until told to stop; return the exit code."""
    logs = partial(show_logs, options.log_format, options.log_requests)
    logs()
    contract = contract_of(options.contract)
    watched = options.contract or default_path()
    settings, made = mock_settings(options, contract)
    app: ASGIApp | Mock = _app(contract, settings, watched)
    with ExitStack() as stack:
        tls = stack.enter_context(tls_of(options))
        listener = listen(options.host, options.port)
        if is_open(options.host):
            LOG.warning("%s", warning(options.host, settings))
        if options.workers > 1:
            app = stack.enter_context(shared_mock(options.contract, watched, settings, logs))
        url = url_of(listener, "https" if tls else "http", options.host if tls else "")
        lines = start_screen(contract, settings, url, tls, made)
        files = (tls.certificate, tls.key) if tls else None
        config = uvicorn_config(app, contract, tls=files, workers=options.workers)
        announce = stack.enter_context(announcement(lines, url, options.ready_file))
        collect_less()
        return (serve if options.workers == 1 else supervise)(config, listener, announce)


def _app(contract: Contract, settings: Settings, watched: Path) -> ASGIApp:
    """Return the application, or say in a `CommandError` what of the settings does not fit."""
    try:
        app = create_app(contract, settings, watched=watched)
        probe(settings.state)
    except (StateError, ValueError) as error:
        raise CommandError(str(error)) from None
    return app
