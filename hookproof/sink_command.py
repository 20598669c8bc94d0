"""`hookproof sink`: options in, a receiver of webhooks until it is told to stop."""

import argparse
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from hookproof.contract_option import contract_of
from hookproof.exits import CommandError
from hookproof.garbage import collect_less
from hookproof.listening import is_open, listen, url_of
from hookproof.logs import show_logs
from hookproof.passing_options import passing_of
from hookproof.ready_file import announcement
from hookproof.serving import serve
from hookproof.sink_screen import sink_screen, warning
from hookproof.values import token
from hookproof.webhook_secrets import secrets_of
from webhook_sink.app import create_app
from webhook_sink.entrance import token_for
from webhook_sink.extent import Bounds
from webhook_sink.replies import parse_replies
from webhook_sink.server import uvicorn_config
from webhook_sink.store import StoreError, open_store

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
