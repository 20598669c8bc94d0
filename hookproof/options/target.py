"""Options of several commands about the service under test and the receiver of its webhooks."""

from collections.abc import Callable

import click

from hookproof.options import types
from hookproof.options.command import Function, options, token

allow_host = click.option(
    "--allow-host",
    type=types.Value("HOST", types.parse_host),
    multiple=True,
    show_default="only this machine",
    help="Allow this target host (repeatable).",
)
allow_destructive = click.option(
    "--allow-destructive",
    is_flag=True,
    help="Also change and delete what the run did not create.",
)
request_timeout = click.option(
    "--request-timeout", type=types.SECONDS, default="10", help="Maximum time of one response."
)
tls_verify = click.option(
    "--tls-verify",
    type=types.TRUST,
    default="true",
    show_default="the system's authorities",
    help="Trust the certificates in this PEM file; false: trust any certificate.",
)
wait = click.option(
    "--wait",
    type=types.SECONDS,
    default="0",
    help="Maximum time to wait until the service is up.",
)
webhook_listen = click.option(
    "--webhook-listen",
    type=types.Value("HOST:PORT", types.parse_address),
    default="127.0.0.1:4020",
    help="Receive webhooks on this address.",
)
callback_url = click.option(
    "--callback-url",
    type=types.URL,
    show_default="the address of --webhook-listen, or --sink",
    help="Give the service callback URLs below this URL.",
)
sink = options(
    click.option("--sink", type=types.URL, help="Read webhooks from this sink instead."),
    token("--sink-token", "HOOKPROOF_SINK_TOKEN", "Token of the sink, if it requires one."),
)
webhook_deadline = click.option(
    "--webhook-deadline",
    type=types.SECONDS,
    show_default="the contract's deadline",
    help="Maximum delay of a webhook.",
)
no_webhooks = click.option("--no-webhooks", is_flag=True, help="Do not test webhooks.")


def header(sent: str) -> Callable[[Function], Function]:
    """Add the option of further headers; `sent` says what has them."""
    return click.option(
        "-H",
        "--header",
        type=types.Value("NAME:VALUE", types.parse_header),
        multiple=True,
        help=f"Send this header with every {sent} (repeatable).",
    )
