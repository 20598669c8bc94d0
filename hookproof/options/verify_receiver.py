"""Options of `hookproof verify-receiver`."""

from types import SimpleNamespace
from typing import Any

import click

from contracts.receivers.trials.settings import DEFAULT_DEADLINE_S, VOLUMES
from hookproof.interrupts import interrupts_end_the_process
from hookproof.options import target, types
from hookproof.options.command import (
    contract_options,
    seed_option,
    signature_option,
    verdict_options,
    webhook_secret,
)
from hookproof.options.config_file import config_option


def _known_properties() -> tuple[str, ...]:
    from contracts.receivers.properties import PROPERTIES

    return tuple(PROPERTIES)


PROPERTY = types.ListedName("PROPERTY", "property", _known_properties)


@click.command("verify-receiver")
@click.argument("url", type=types.Value("URL", types.parse_delivery_url), required=False)
@contract_options
@config_option
@webhook_secret("Secret that the receiver verifies with.")
@signature_option("--signature", "Signature scheme of the deliveries.")
@target.header("delivery")
@click.option(
    "--observe",
    metavar="SOURCE",
    help="Read the number of side effects so far from this command or URL.",
)
@click.option(
    "--effect-wait",
    type=types.SECONDS,
    default="2",
    help="Maximum time until a delivery has its side effect.",
)
@click.option(
    "--deadline",
    type=types.SECONDS,
    default=f"{DEFAULT_DEADLINE_S:g}",
    help="Maximum time of one response.",
)
@click.option(
    "--profile", type=click.Choice(list(VOLUMES)), default="default", help="Number of deliveries."
)
@click.option(
    "--only",
    type=PROPERTY,
    multiple=True,
    show_default="every property",
    help="Judge only this property, or those of a pattern (repeatable).",
)
@click.option("--skip", type=PROPERTY, multiple=True, help="Leave out this property (repeatable).")
@seed_option("Seed of the payloads; ids and times still differ.")
@click.option(
    "--max-deliveries", type=types.COUNT, default="400", help="Maximum number of deliveries."
)
@click.option(
    "--max-time", type=types.SECONDS, show_default="no limit", help="Maximum time to send."
)
@click.option("-x", "--exit-first", is_flag=True, help="Stop at the first violation.")
@target.allow_host
@target.tls_verify
@verdict_options("property")
def verify_receiver(**options: Any) -> int:
    """Test a running receiver of webhooks.

    URL is the receiver, with its path. It gets conforming, forged and unusual deliveries.
    """
    with interrupts_end_the_process():
        from hookproof.commands.verify_receiver import run_verify_receiver

    return run_verify_receiver(SimpleNamespace(**options))
