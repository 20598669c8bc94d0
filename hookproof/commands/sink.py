"""What the sink prints when it is ready: where it is, how its page is opened, a line to paste.

`hookproof sink`: options in, a receiver of webhooks until it is told to stop."""

import argparse
import ipaddress
import logging
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

from hookproof.contract_loading import contract_of, secrets_of
from hookproof.errors import CommandError
from hookproof.options.types import token
from hookproof.serving.foreground import collect_less, serve
from hookproof.serving.logs import show_logs
from hookproof.serving.ready_file import announcement
from hookproof.serving.sockets import is_open, listen, url_of
from webhook_sink.api.access import link, token_for
from webhook_sink.app import create_app
from webhook_sink.destination import Destination, Passing
from webhook_sink.replies.script import parse_replies
from webhook_sink.server import uvicorn_config
from webhook_sink.storage.retention import Bounds
from webhook_sink.storage.store import StoreError, open_store


def sink_screen(url: str, path: Path, kept: bool, made: str | None, locked: bool) -> list[str]:
    """Return the lines for a sink at `url` that stores in the file at `path`.

    `kept` says that the file outlives it, `made` is the token if it was made for this run, `locked`
    that one was given, which is not repeated.
    """
    lines = [f"hookproof sink listening on {url} (any path but /_hookproof/)"]
    page = "page and API on"
    if made is not None:
        lines.append(f"{page} {link(url, made)}")
        lines.append(
            "from elsewhere, with this machine's address there; scripts send Authorization: Bearer "
            "and that token"
        )
    elif locked:
        lines.append(f"{page} {link(url, '')}TOKEN, the token that was given")
    else:
        lines.append(f"{page} {url}/_hookproof/")
    how_long = "" if kept else " until the sink stops; --store FILE keeps them longer"
    lines.append(f"deliveries are kept in {path}{how_long}")
    lines.append(f"curl -i {url}/webhook -H 'Content-Type: application/json' -d '{{}}'")
    return lines


def warning(host: str) -> str:
    """Return what is to be said about a sink on `host`, which other machines can reach."""
    return (
        f"hookproof: {host} can be reached from other machines: whoever reaches it can deliver; "
        "page and API, below /_hookproof/, need the token"
    )


LOG = logging.getLogger("hookproof")


def run_sink(options: argparse.Namespace) -> int:
    """Receive deliveries until told to stop; return the exit code."""
    contract = contract_of(options.contract)
    secrets = secrets_of(contract, options.webhook_secret)
    try:
        replies = parse_replies(options.reply)
    except ValueError as error:
        raise CommandError(f"--reply: {error}") from None
    if replies.forwarded and options.forward_to is None:
        raise CommandError("--reply: forwarded is the answer of a receiver: pass --forward-to URL")
    show_logs()
    given = token(options.token, "HOOKPROOF_SINK_TOKEN")
    listener = listen(options.host, options.port)
    made = None if given else token_for(listener)
    if is_open(options.host):
        LOG.warning("%s", warning(options.host))
    passing = passing_of(options, listener)
    url = url_of(listener)
    with TemporaryDirectory(prefix="hookproof-sink-") as directory:
        path = options.store or Path(directory, "deliveries.sqlite3")
        try:
            store = open_store(path)
        except StoreError as error:
            raise CommandError(str(error)) from None
        app = create_app(
            contract,
            secret=secrets,
            store=store,
            replies=replies,
            limit=options.limit,
            bounds=Bounds(options.keep_count, options.keep_age, options.keep_size),
            passing=passing,
            token=given or made,
        )
        lines = sink_screen(url, path, options.store is not None, made, given is not None)
        if passing.forward_to is not None:
            lines.insert(1, f"every delivery is passed on to {passing.forward_to.shown}")
        collect_less()
        with announcement(lines, url, options.ready_file) as announce:
            return serve(uvicorn_config(app), listener, announce)


def passing_of(options: argparse.Namespace, listener: socket.socket) -> Passing:
    """Return what the options say; `CommandError` if the sink would forward to itself."""
    to: Destination | None = options.forward_to
    if to is not None and _is(listener, to):
        raise CommandError(
            f"--forward-to {to.origin} is this sink itself, to which every delivery would come "
            "back for ever: name the receiver, or pass another --port"
        )
    return Passing(to, tuple(options.resend_to), loopback=not is_open(options.host))


def _is(listener: socket.socket, to: Destination) -> bool:
    """Say whether what is sent to `to` comes to `listener`, as far as names are known now."""
    host, port = listener.getsockname()[:2]
    if to.port != port:
        return False
    here = ipaddress.ip_address(host)
    try:
        found = socket.getaddrinfo(to.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # it may be known later
    for *_, place in found:
        there = ipaddress.ip_address(str(place[0]).partition("%")[0])
        alike = there == here or (there.is_loopback and here.is_loopback)
        if alike or there.is_unspecified or (here.is_unspecified and _is_own(str(there))):
            return True
    return False


def _is_own(address: str) -> bool:
    """Say whether this machine has the address: then it can be listened on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
