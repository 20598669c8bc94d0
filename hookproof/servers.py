"""`hookproof mock` and `hookproof sink`: options in, a server until it is told to stop."""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp

from hookproof.contract_option import contract_of, fitting
from hookproof.curl_line import curl_line
from hookproof.exits import CANNOT, CommandError
from hookproof.values import from_environment
from hookproof.workers import Workers, shared_mock
from mock_server.app import create_app as create_mock
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET, Settings
from mock_server.store import StateError, probe
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.loading import default_path
from openapi.operations import permissions
from webhook_sink.app import create_app as create_sink
from webhook_sink.server import uvicorn_config as sink_config
from webhook_sink.store import StoreError, open_store

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run_mock(options: argparse.Namespace) -> int:
    """Serve the contract's operations until told to stop; return the exit code."""
    contract = contract_of(options.contract)
    secret = from_environment(options.jwt_secret, "HOOKPROOF_JWT_SECRET") or DEVELOPMENT_SECRET
    signing = from_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET")
    signing = signing or DEVELOPMENT_WEBHOOK_SECRET
    if options.webhook_url:
        fitting(contract, signing)
    watched = options.contract or default_path()
    try:
        settings = Settings(
            jwt_secret=secret,
            webhook_urls=tuple(options.webhook_url),
            webhook_secret=signing,
            rate_limit=options.rate_limit,
            seed=options.seed,
            state=options.state,
            faults=frozenset(options.fault),
            latency=options.latency,
        )
        app = create_mock(contract, settings, watched=watched)
        probe(settings.state)
    except (StateError, ValueError) as error:
        raise CommandError(str(error)) from None
    listener = listen(options.host, options.port)
    url = url_of(listener)
    # A token is printed only where its secret is the published one anyway.
    issued = mint(secret, permissions(contract.operations), None)
    token = issued if secret == DEVELOPMENT_SECRET else "$TOKEN"
    lines = [f"hookproof mock listening on {url}"]
    lines += [curl_line(contract, operation, url, token) for operation in contract.operations]
    if options.workers == 1:
        return serve(mock_config(app), listener, lines)
    with shared_mock(options.contract, watched, settings, show_logs) as make:
        config = mock_config(make, workers=options.workers)
        return supervise(config, listener, lines)


def mock_config(app: ASGIApp | Callable[[], ASGIApp], workers: int = 1) -> uvicorn.Config:
    """Return how uvicorn serves the mock; for several `workers`, `app` makes the application."""
    # A client's address is what the rate limit goes by: no header may claim another one.
    return uvicorn.Config(
        app,
        factory=workers > 1,
        workers=workers,
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        ws="none",
    )


def run_sink(options: argparse.Namespace) -> int:
    """Receive deliveries until told to stop; return the exit code."""
    contract = contract_of(options.contract)
    secret = from_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET")
    if secret:
        fitting(contract, secret)
    listener = listen(options.host, options.port)
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


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; `CommandError` says why not."""
    if host not in LOOPBACK:
        print(f"hookproof: {host} can be reached from other machines", file=sys.stderr)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(
            f"cannot listen on {host}:{port} ({reason}): stop what listens there, or pass --port"
        ) from None


def url_of(listener: socket.socket) -> str:
    """Return the URL under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(config: uvicorn.Config, listener: socket.socket, lines: list[str]) -> int:
    """Serve on `listener` until Ctrl-C or SIGTERM; print `lines` once requests are answered."""
    show_logs()
    server = _Server(config, lines)
    server.run(sockets=[listener])
    return 0 if server.started else CANNOT


def supervise(config: uvicorn.Config, listener: socket.socket, lines: list[str]) -> int:
    """Do the same with several processes."""
    show_logs()
    workers = Workers(config, listener, lambda: print("\n".join(lines), flush=True))
    workers.run()
    return 0 if workers.served else CANNOT


def show_logs() -> None:
    """Show what we log, and of others what is wrong, on stderr."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for quiet in ("httpx", "httpcore", "uvicorn", "connexion"):
        logging.getLogger(quiet).setLevel(logging.WARNING)


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
