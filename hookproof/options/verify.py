"""Options of `hookproof verify`."""

import gc
from types import SimpleNamespace
from typing import Any

import click

from contracts.model.settings import EXTRA_PHASES, PROFILES
from hookproof.interrupts import interrupts_end_the_process
from hookproof.options import target, types
from hookproof.options.command import (
    contract_options,
    credential,
    operation_options,
    public_url,
    seed_option,
    token,
    verdict_options,
    webhook_secret,
)
from hookproof.options.config_file import config_option


@click.command()
@click.argument("url", type=types.URL, required=False)
@contract_options
@config_option
@operation_options("Test")
@token("--token", "HOOKPROOF_TOKEN", "Valid token with the permission.")
@token(
    "--token-without-permission",
    "HOOKPROOF_TOKEN_WITHOUT_PERMISSION",
    "Valid token without the permission.",
)
@token("--token-expired", "HOOKPROOF_TOKEN_EXPIRED", "Expired token.")
@token("--token-not-yet-valid", "HOOKPROOF_TOKEN_NOT_YET_VALID", "Token that is not valid yet.")
@token(
    "--other-tenant-token",
    "HOOKPROOF_OTHER_TENANT_TOKEN",
    "Valid token of another tenant, which must not see the resources of the first.",
)
@credential("Credential for a security scheme; HTTP Basic: USER:PASSWORD (repeatable).")
@target.header("request")
@target.webhook_listen
@click.option(
    "--webhook-path",
    type=types.Value("PATH", types.parse_path),
    envvar="HOOKPROOF_WEBHOOK_PATH",
    show_envvar=True,
    show_default="any path",
    help="Receive webhooks only on this path.",
)
@target.callback_url
@target.sink
@webhook_secret("Secret with which the service signs.")
@public_url()
@target.webhook_deadline
@target.no_webhooks
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), default="default", help="Number of cases."
)
@click.option(
    "--extra-phase",
    type=click.Choice((*EXTRA_PHASES, "none")),
    multiple=True,
    show_default="on loopback: retry, concurrency",
    help="Run this phase too; none: no default phase (repeatable).",
)
@click.option(
    "--only",
    type=types.PART,
    multiple=True,
    envvar="HOOKPROOF_ONLY",
    show_envvar=True,
    show_default="everything",
    help="Judge only this check or group, send only this phase (repeatable).",
)
@click.option(
    "--skip",
    type=types.PART,
    multiple=True,
    envvar="HOOKPROOF_SKIP",
    show_envvar=True,
    help="Leave out this check, group or phase (repeatable).",
)
@seed_option("Seed of the cases; names and dates still differ.")
@click.option("--no-saved-cases", is_flag=True, help="Do not replay saved cases, and save none.")
@click.option("--no-cache", is_flag=True, help="Generate all bodies again, and store none.")
@click.option(
    "--max-requests",
    type=types.COUNT,
    show_default="no limit",
    help="Maximum number of requests.",
)
@click.option(
    "--max-time",
    type=types.SECONDS,
    show_default="no limit",
    help="Maximum time to send requests.",
)
@click.option("-x", "--exit-first", is_flag=True, help="Stop at the first violation.")
@click.option("--dry-run", is_flag=True, help="Only print the number of requests and tokens.")
@target.allow_host
@target.allow_destructive
@click.option(
    "--rate-limit",
    type=types.Value("RATE", types.parse_request_rate),
    show_default="on loopback: none; elsewhere: the contract's",
    help="Maximum request rate, such as 10/s; none: no limit.",
)
@target.request_timeout
@target.tls_verify
@target.wait
@verdict_options("constraint")
def verify(**options: Any) -> int:
    """Test a running service and its webhooks.

    URL is the service: scheme, host, port and an optional prefix.
    """
    gc.disable()  # the import creates no garbage, and collections are slow
    with interrupts_end_the_process():
        from hookproof.commands.verify import run_verify

        gc.enable()
        return run_verify(SimpleNamespace(**options))
