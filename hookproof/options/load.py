"""Options of `hookproof load`: those of `verify` that say what is tested, and those of Locust."""

import re
from types import SimpleNamespace
from typing import Any

import click

from hookproof.interrupts import interrupts_end_the_process
from hookproof.options import target, types
from hookproof.options.command import (
    contract_options,
    credential,
    operation_options,
    options,
    public_url,
    seed_option,
    token,
    verdict_options,
    webhook_secret,
)
from hookproof.options.config_file import config_option

_RUN_TIME = re.compile(r"\d+|(?=\d)(\d+h)?(\d+m)?(\d+s)?", re.ASCII)


def _parse_run_time(text: str) -> str:
    """Check a duration as Locust writes it, and return it."""
    if not _RUN_TIME.fullmatch(text):
        raise ValueError("a duration is such as 20, 60s, 3m or 1h30m")
    return text


def _parse_weight(text: str) -> tuple[str, int]:
    """Return operation id and weight of `OPERATION=N`."""
    operation, _, number = text.rpartition("=")
    if not operation or not (number.isascii() and number.isdigit()):
        raise ValueError("write OPERATION=N, with the id of an operation and a whole number")
    return operation, int(number)


_locust_options = options(
    click.option("-u", "--users", type=types.COUNT, default="1", help="Number of users at a time."),
    click.option(
        "-r",
        "--spawn-rate",
        type=types.POSITIVE,
        default="1",
        help="Number of users to start each second.",
    ),
    click.option(
        "-t",
        "--run-time",
        type=types.Value("TIME", _parse_run_time),
        show_default="until an interrupt",
        help="Duration of the load, such as 60s or 1h30m.",
    ),
    click.option("--headless", is_flag=True, help="Start at once, without Locust's page."),
    click.option(
        "--web-port", type=types.PORT, default="8089", help="Port of Locust's page, on loopback."
    ),
    click.option(
        "--processes",
        type=types.PROCESSES,
        show_default="one process for everything",
        help="Number of worker processes on this machine; -1: one for each core.",
    ),
    click.option("--master", is_flag=True, help="Be the master of workers elsewhere."),
    click.option("--worker", is_flag=True, help="Be a worker of the master at --master-host."),
    click.option(
        "--master-host",
        type=types.Value("HOST", types.parse_host),
        default="127.0.0.1",
        help="Host of the master, for a worker.",
    ),
    click.option(
        "--master-port", type=types.PORT, default="5557", help="Port of the master, for a worker."
    ),
    click.option(
        "--master-bind-host",
        metavar="HOST",
        default="127.0.0.1",
        help="Address on which the master listens for workers.",
    ),
    click.option(
        "--master-bind-port",
        type=types.PORT,
        default="5557",
        help="Port on which the master listens for workers.",
    ),
    click.option(
        "--expect-workers",
        type=types.COUNT,
        default="1",
        help="Number of workers that the master waits for.",
    ),
    click.option(
        "--expect-workers-max-wait",
        type=types.COUNT,
        show_default="no limit",
        help="Maximum time of that wait, in seconds.",
    ),
    click.option("--csv", metavar="PREFIX", help="Write Locust's statistics to PREFIX_*.csv."),
    click.option("--html", type=types.FILE, help="Write Locust's report to this file."),
    click.option("--only-summary", is_flag=True, help="Print Locust's table only at the end."),
    click.option(
        "--stop-timeout",
        type=types.SECONDS,
        show_default="--request-timeout",
        help="Maximum time of the last requests of each user.",
    ),
    click.option(
        "--weight",
        type=types.Value("OPERATION=N", _parse_weight),
        multiple=True,
        show_default="1 each",
        help="Send this operation N times as often (repeatable).",
    ),
)


@click.command()
@click.argument("url", type=types.URL, required=False)
@contract_options
@config_option
@operation_options("Load")
@token("--token", "HOOKPROOF_TOKEN", "Valid token with the permission.")
@credential("Credential for a security scheme; HTTP Basic: USER:PASSWORD (repeatable).")
@target.header("request")
@_locust_options
@target.webhook_listen
@target.callback_url
@target.sink
@webhook_secret("Secret with which the service signs.")
@public_url()
@target.webhook_deadline
@target.no_webhooks
@seed_option("Seed of the request bodies.")
@target.allow_host
@target.allow_destructive
@target.request_timeout
@target.tls_verify
@target.wait
@verdict_options("constraint")
def load(**options: Any) -> int:
    """Send load with Locust, and judge every response and webhook.

    URL is the service: scheme, host, port and an optional prefix.
    """
    with interrupts_end_the_process():
        from hookproof.commands.load import run_load

    return run_load(SimpleNamespace(**options))
