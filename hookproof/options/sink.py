"""Options of `hookproof sink`."""

from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import (
    contract_or_none_options,
    public_url,
    secret,
    server_options,
    signature_option,
    token,
    webhook_secret,
)
from hookproof.options.config_file import config_option
from webhook_sink.challenges import CHALLENGES
from webhook_sink.destination import parse_destination, parse_origin
from webhook_sink.replies.script import parse_reply_script


def _parse_script(text: str) -> str:
    """Check a reply script, such as `503, hang, 200`, and return it."""
    parse_reply_script(text)
    return text


@click.command()
@server_options(4020)
@contract_or_none_options
@signature_option("--signature", "Verify signatures by this scheme, such as stripe.")
@config_option
@webhook_secret(
    "Secret that verifies signatures; further secrets explain invalid signatures (repeatable).",
    multiple=True,
)
@public_url()
@token(
    "--token",
    "HOOKPROOF_SINK_TOKEN",
    "Require this token for page and API.",
    show_default="generated if other machines can reach the sink",
)
@click.option(
    "--store",
    type=types.STORE,
    metavar="FILE|URL",
    show_default="deleted when the sink stops",
    help="Store deliveries in this file, or in the database postgresql://...",
)
@click.option(
    "--keep-count",
    type=types.COUNT,
    show_default="no limit",
    help="Maximum number of deliveries to keep.",
)
@click.option(
    "--keep-age",
    type=types.Value("DURATION", types.parse_duration),
    show_default="no limit",
    help="Maximum age of deliveries to keep, such as 12h or 7d.",
)
@click.option(
    "--keep-size",
    type=types.SIZE,
    show_default="no limit",
    help="Maximum total size of bodies and headers to keep, such as 500MB.",
)
@click.option(
    "--max-body-size",
    type=types.SIZE,
    default="1MiB",
    help="Maximum body size to keep; larger: 413.",
)
@click.option(
    "--reply",
    type=types.Value("SCRIPT", _parse_script),
    default=(str(HTTPStatus.OK.value),),
    multiple=True,
    help="Reply with these steps in order, then repeat the last: 500,200 or "
    "'/hooks*: 503 delay=2, hang' (repeatable).",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Reply 401 to a delivery whose signature is not valid.",
)
@click.option(
    "--challenge",
    type=click.Choice(tuple(CHALLENGES)),
    multiple=True,
    help="Answer the handshake of this kind of sender (repeatable).",
)
@secret(
    "--challenge-token",
    "HOOKPROOF_CHALLENGE_TOKEN",
    "Verify token that Meta shows in its handshake.",
    show_default="the webhook secret",
)
@click.option(
    "--forward-to",
    type=types.Value("URL", parse_destination),
    help="Forward each delivery unchanged to this URL; a URL without a path keeps the path of "
    "the delivery.",
)
@click.option(
    "--resend-to",
    type=types.Value("ORIGIN", parse_origin),
    multiple=True,
    help="Allow resending to this origin (repeatable).",
)
def sink(**options: Any) -> int:
    """Receive, store and check webhooks."""
    from hookproof.commands.sink import run_sink

    return run_sink(SimpleNamespace(**options))
