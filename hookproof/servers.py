"""`hookproof mock` and `hookproof sink`: options in, a server until it is told to stop."""

import argparse
import logging
import signal
import socket
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp

from hookproof.contract_option import contract_of, fitting
from hookproof.exits import CANNOT, CommandError
from hookproof.listening import is_open, listen, url_of
from hookproof.logs import show_logs
from hookproof.mock_settings import mock_settings
from hookproof.start_screen import start_screen, warning
from hookproof.tls import tls_of
from hookproof.values import from_environment
from hookproof.workers import Mock, Workers, shared_mock
from mock_server.app import create_app as create_mock
from mock_server.serving import uvicorn_config
from mock_server.settings import Settings
from mock_server.store import StateError, probe
from openapi.document import Contract
from openapi.loading import default_path
from webhook_sink.app import create_app as create_sink
from webhook_sink.server import uvicorn_config as sink_config
from webhook_sink.store import StoreError, open_store

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
        return (serve if options.workers == 1 else supervise)(config, listener, lines)


def _app(contract: Contract, settings: Settings, watched: Path) -> ASGIApp:
    """Return the application, or say in a `CommandError` what of the settings does not fit."""
    try:
        app = create_mock(contract, settings, watched=watched)
        probe(settings.state)
    except (StateError, ValueError) as error:
        raise CommandError(str(error)) from None
    return app


def run_sink(options: argparse.Namespace) -> int:
    """Receive deliveries until told to stop; return the exit code."""
    contract = contract_of(options.contract)
    secret = from_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET")
    if secret:
        fitting(contract, secret)
    show_logs()
    listener = listen(options.host, options.port)
    if is_open(options.host):
        LOG.warning("hookproof: %s can be reached from other machines", options.host)
    url = url_of(listener)
    with TemporaryDirectory(prefix="hookproof-sink-") as directory:
        path = options.store or Path(directory, "deliveries.sqlite3")
        try:
            store = open_store(path)
        except StoreError as error:
            raise CommandError(str(error)) from None
        app = create_sink(contract, secret=secret, store=store, replies=options.reply)
        kept = "there" if options.store else "until the sink stops; --store FILE keeps them longer"
        lines = [
            f"hookproof sink listening on {url} (any path but /_hookproof/)",
            f"page and API on {url}/_hookproof/",
            f"deliveries are kept in {path} {kept}",
            f"curl -i {url}/webhook -H 'Content-Type: application/json' -d '{{}}'",
        ]
        return serve(sink_config(app), listener, lines)


def serve(config: uvicorn.Config, listener: socket.socket, lines: list[str]) -> int:
    """Serve on `listener` until Ctrl-C or SIGTERM; print `lines` once requests are answered."""
    server = _Server(config, lines)
    server.run(sockets=[listener])
    return 0 if server.started else CANNOT


def supervise(config: uvicorn.Config, listener: socket.socket, lines: list[str]) -> int:
    """Do the same with several processes."""
    workers = Workers(config, listener, lambda: print("\n".join(lines), flush=True))
    workers.run()
    return 0 if workers.served else CANNOT


class _Server(uvicorn.Server):
    """A server that says when it is ready, and takes Ctrl-C and SIGTERM for a clean stop."""

    def __init__(self, config: uvicorn.Config, lines: list[str]) -> None:
        super().__init__(config)
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print("\n".join(self._lines), flush=True)

    def handle_exit(self, sig: int, _: object) -> None:
        """Stop; at once on a second Ctrl-C. The signal is not raised again: the exit code is 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
