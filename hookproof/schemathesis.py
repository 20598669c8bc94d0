"""Extension of `schemathesis run`: it receives the webhooks that the run triggers, and judges them.

Load it by `hooks = "hookproof.schemathesis"` in schemathesis.toml, or by the environment variable
`SCHEMATHESIS_HOOKS`. It uses the documented extension API of Schemathesis: options, an event
handler, hooks around each call, and a check that runs after the last phase. The harness is imported
when the check starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis import cli
from schemathesis.engine import events

from hookproof.errors import CommandError
from hookproof.shadowing import shadowed_packages

if TYPE_CHECKING:
    from hookproof.schemathesis_run import SchemathesisRun

Case = schemathesis.Case[Any]
DEFAULT_LISTEN = "127.0.0.1:4020"
_PREFIX = "hookproof_"

group = cli.add_group("Webhook options (hookproof)")
group.add_option(
    "--hookproof-contract",
    metavar="FILE",
    help="Document with the webhooks. Default: the one that Schemathesis tests",
)
group.add_option(
    "--hookproof-overlay",
    metavar="FILE",
    multiple=True,
    envvar="HOOKPROOF_OVERLAY",
    help="Apply this OpenAPI overlay to the document (repeatable, in order) "
    "[env: HOOKPROOF_OVERLAY]",
)
group.add_option(
    "--hookproof-webhook-listen",
    metavar="HOST:PORT",
    help=f"Receive webhooks on this address. Default: {DEFAULT_LISTEN}",
)
group.add_option(
    "--hookproof-webhook-secret",
    metavar="S",
    envvar="HOOKPROOF_WEBHOOK_SECRET",
    help="Secret with which the API signs [env: HOOKPROOF_WEBHOOK_SECRET]",
)
group.add_option(
    "--hookproof-webhook-deadline",
    metavar="SECONDS",
    help="Maximum delay of a webhook. Default: the one of the document",
)
group.add_option("--hookproof-sink", metavar="URL", help="Read webhooks from this sink instead")
group.add_option(
    "--hookproof-sink-token",
    metavar="T",
    envvar="HOOKPROOF_SINK_TOKEN",
    help="Token of the sink, if it requires one [env: HOOKPROOF_SINK_TOKEN]",
)
group.add_option(
    "--hookproof-skip",
    metavar="CHECK",
    multiple=True,
    help="Leave out this check of hookproof, such as webhook-echo (repeatable)",
)
group.add_option(
    "--hookproof-strict", is_flag=True, default=False, help="Fail the run on warnings too"
)


@dataclass
class _Extension:
    """State of the extension in this process, in which a command runs once."""

    params: Mapping[str, Any] | None = None
    """Options of the command line; None outside of `schemathesis run` and `schemathesis fuzz`."""
    location: str = ""
    """Document that the command tests."""
    url: str = ""
    """Base URL of the API."""
    run: "SchemathesisRun | None" = None
    """Run that judges webhooks; None if the check is disabled."""


_extension = _Extension()


@cli.handler()
class HookproofHandler(cli.EventHandler[Any]):
    """Event handler that notes what the command tests, and adds lines to the summary."""

    def __init__(self, *_: Any, **params: Any) -> None:
        """Take the options of the command line."""
        _extension.params = params

    def handle_event(self, ctx: cli.ExecutionContext, event: events.EngineEvent) -> None:
        """Note the document and the URL; at the end say what was judged, and what was not."""
        if isinstance(event, cli.LoadingFinished):
            _extension.location, _extension.url = event.location, event.base_url
        elif isinstance(event, events.EngineFinished) and _extension.run is not None:
            for line in _extension.run.summary_lines():
                ctx.add_summary_line(line)

    def shutdown(self, _ctx: cli.ExecutionContext) -> None:
        """Stop listening."""
        if _extension.run is not None:
            _extension.run.close()


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: Case, _kwargs: Any) -> None:
    """Mark the body of a request that may trigger a webhook."""
    if _extension.run is not None:
        _extension.run.before_call(case)


@schemathesis.hook
def after_call(
    _context: schemathesis.HookContext, case: Case, response: schemathesis.Response
) -> None:
    """Record the exchange of a request that may trigger a webhook."""
    if _extension.run is not None:
        _extension.run.after_call(case, response)


@schemathesis.hook
def after_network_error(_context: schemathesis.HookContext, case: Case, request: Any) -> None:
    """Record a request without a response: it may trigger its webhook, or not."""
    if _extension.run is not None:
        _extension.run.after_network_error(case, request)


@schemathesis.check
class HookproofWebhooks:
    """Fail on missing, unexpected, doubled, unsigned and schema-breaking webhooks."""

    def __init__(
        self,
        *,
        contract: str | None = None,
        overlay: Sequence[str] = (),
        webhook_listen: str | None = None,
        webhook_deadline: float | str | None = None,
        sink: str | None = None,
        skip: Sequence[str] = (),
        strict: bool = False,
    ) -> None:
        """Take the keys of `[checks.HookproofWebhooks]`, and listen for webhooks.

        Options of the command line and variables of the environment replace the keys. No key is a
        secret, because Schemathesis replaces no variables in this table. Raise `CommandError` if
        webhooks cannot be judged: Schemathesis then stops with exit code 2.
        """
        if _extension.params is None or _extension.run is not None:
            return
        stated = {
            "contract": contract,
            "overlay": overlay,
            "webhook_listen": webhook_listen or DEFAULT_LISTEN,
            "webhook_secret": None,
            "webhook_deadline": webhook_deadline,
            "sink": sink,
            "sink_token": None,
            "skip": skip,
            "strict": strict,
        }
        given = {
            name: _extension.params.get(f"{_PREFIX}{name}") or value
            for name, value in stated.items()
        }
        for sentence in shadowed_packages():
            raise CommandError(sentence)
        from hookproof.schemathesis_run import SchemathesisRun  # noqa: PLC0415 - the harness

        _extension.run = SchemathesisRun(given, _extension.location, _extension.url)

    def after_run(self, _ctx: schemathesis.CheckContext) -> None:
        """Wait for the webhooks; raise `AssertionError` with one line for each violation."""
        if _extension.params is None:
            raise AssertionError(
                "hookproof.schemathesis judged no webhook: it works in `schemathesis run`; "
                "in pytest, use the fixture hookproof_sink"
            )
        if _extension.run is not None and (lines := _extension.run.failure_lines()):
            raise AssertionError("\n".join(lines))
