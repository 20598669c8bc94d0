"""Options of `hookproof mock`."""

import gc
from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import (
    contract_options,
    credential,
    jwt_secret,
    operation_options,
    seed_option,
    server_options,
    token,
    webhook_secret,
)
from hookproof.options.config_file import config_option
from mock_server.latency import parse_latency
from mock_server.tokens import AUTH_MODES

LOG_FORMATS = ("text", "json")


@click.command()
@server_options(4010)
@contract_options
@config_option
@operation_options("Serve")
@jwt_secret("Secret that signs tokens.")
@credential(
    "Credential that the mock accepts; HTTP Basic: USER:PASSWORD (repeatable).",
    show_default="published ones",
)
@click.option(
    "--auth",
    type=click.Choice(AUTH_MODES),
    default="jwt",
    help="Required credential: a valid token (jwt), any token (presence), or none (off).",
)
@seed_option("Seed of the generated values.")
@click.option(
    "--state",
    type=types.FILE,
    show_default="deleted when the mock stops",
    help="Store the state in this file.",
)
@click.option(
    "--seed-data",
    type=types.FILE,
    show_default="no resources",
    help="Store the resources of this file, YAML or JSON, at the start.",
)
@click.option("--workers", type=types.COUNT, default=1, help="Number of worker processes.")
@click.option(
    "--webhook-url", type=types.URL, multiple=True, help="Send webhooks to this URL (repeatable)."
)
@webhook_secret("Secret that signs webhooks.", show_default="a published secret")
@click.option(
    "--allow-host",
    metavar="HOST",
    multiple=True,
    show_default="loopback only",
    help="Send callbacks to this host (repeatable).",
)
@click.option(
    "--rate-limit",
    type=types.Value("RATE", types.parse_rate_limit),
    show_default="no limit",
    help="Respond 429 above this rate, such as 50/5s; documented: the contract's rate.",
)
@click.option(
    "--reject",
    metavar="NAME",
    multiple=True,
    help="Use this allowed rejection of the contract, such as unknown-scopes (repeatable).",
)
@click.option(
    "--fault",
    metavar="NAME",
    multiple=True,
    help="Enable a fault (repeatable; see `hookproof faults`).",
)
@click.option(
    "--latency",
    type=types.Value("TIME", parse_latency),
    show_default="no delay",
    help="Delay every response, such as 200ms or 100-300ms.",
)
@click.option(
    "--log-format",
    type=click.Choice(LOG_FORMATS),
    default="text",
    help="Log format; json: one object per line.",
)
@click.option("--log-requests", is_flag=True, help="Log each request.")
@token(
    "--control-token",
    "HOOKPROOF_CONTROL_TOKEN",
    "Require this token for the admin API.",
    show_default="generated if other machines can reach the mock",
)
@click.option("--tls", is_flag=True, help="Serve HTTPS with a generated certificate.")
@click.option("--tls-cert", type=types.FILE, help="Serve HTTPS with this certificate (PEM).")
@click.option("--tls-key", type=types.FILE, help="Private key of --tls-cert.")
def mock(**options: Any) -> int:
    """Run a mock server of the contract."""
    gc.disable()  # until it serves: loading creates no garbage, and collections are slow
    from hookproof.commands.mock import run_mock

    return run_mock(SimpleNamespace(**options))
