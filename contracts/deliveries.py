"""Where the deliveries of a run come from: a sink that listens here, or one that runs elsewhere."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from contracts.not_judged import CouldNotJudge
from contracts.remote_sink import RemoteSink
from contracts.settings import Settings
from openapi.document import Contract
from openapi.signature import unfit
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink
from webhook_sink.verdict import Verdict
from webhook_sink.writer import Reply


class Deliveries(Protocol):
    """The deliveries of one run. Ids count upwards; `received_at` is by this machine's clock."""

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every delivery with an id greater than `after`, oldest first."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as there is one after the id `after`; False after `timeout` s."""
        ...

    def judge(self, delivery: Delivery) -> Verdict:
        """Return what `delivery` proves alone."""
        ...


def opened(
    stack: ExitStack,
    settings: Settings,
    contract: Contract,
    progress: Callable[[str], None],
    reply: Reply,
) -> Deliveries | None:
    """Open what `settings` ask for until `stack` closes; None without webhooks.

    `reply` may choose what a delivery is answered, where they are received here. Raises
    `CouldNotJudge`.
    """
    if not settings.webhooks:
        return None
    if not settings.webhook_secret and any(event.signature for event in contract.events):
        raise CouldNotJudge(
            "webhooks cannot be judged without their secret: pass --webhook-secret or "
            "HOOKPROOF_WEBHOOK_SECRET, or leave them out with --no-webhooks"
        )
    complaint = unfit((e.signature for e in contract.events), settings.webhook_secret or "")
    if complaint is not None:
        raise CouldNotJudge(f"{complaint}; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET")
    if settings.sink_url is not None:
        remote = RemoteSink(
            settings.sink_url, contract, settings.webhook_secret, token=settings.sink_token
        )
        stack.enter_context(remote)
        progress(f"reading the webhooks from the sink at {settings.sink_url}")
        return remote
    sink = Sink(
        contract,
        secret=settings.webhook_secret,
        host=settings.webhook_host,
        port=settings.webhook_port,
        reply=reply,
    )
    try:
        stack.enter_context(sink)
    except OSError as error:
        raise CouldNotJudge(
            f"cannot listen for webhooks on {settings.webhook_host}:{settings.webhook_port} "
            f"({error.strerror}): stop what listens there, or pass --webhook-listen"
        ) from None
    progress(f"listening for webhooks on {sink.url}/ (any path)")
    return sink
