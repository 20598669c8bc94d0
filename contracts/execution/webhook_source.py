"""Source of webhooks: a sink that listens here, or a running one elsewhere."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol, Self

from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from openapi.contract import Contract, Json
from openapi.signature import secret_problem
from webhook_sink.client import MAX_WAIT_S, SinkClient, SinkError
from webhook_sink.delivery import Delivery
from webhook_sink.intake.batch_writer import StatusChooser
from webhook_sink.server import Sink
from webhook_sink.verdicts.verdict import Verdict, judge


class RemoteSink:
    """Deliveries that a running sink has received since the block was entered.

    Every method raises `CouldNotJudge` where the sink does not answer as a sink.
    """

    def __init__(
        self,
        url: str,
        contract: Contract,
        secret: str | None,
        page: int = 1000,
        token: str | None = None,
    ) -> None:
        """`url` is the sink's, without a slash at the end; `page` deliveries are listed at once.

        `token` is what the sink asks for, if it does.
        """
        self._client = SinkClient(url, token)
        self._contract = contract
        self._secret = secret
        self._page = page
        self._first = 0
        self._offset = 0.0

    def __enter__(self) -> Self:
        """Find out which deliveries are older than the run, and what time it is at the sink."""
        with ExitStack() as stack:
            stack.enter_context(self._client)
            asked = time.time()
            with _judgeable(self._client.url):
                newest, page = self._client.newest({}, 1)
                self._first = max((int(item["id"]) for item in newest), default=0)
                there = float(page["now"])
            answered = time.time()
            stack.pop_all()
        if not asked <= there <= answered:
            # Rather too late than too early: no event comes before its request.
            self._offset = answered - there
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connection."""
        self._client.close()

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every delivery since the start with an id greater than `after`, oldest first."""
        after = max(after, self._first)
        found: list[Delivery] = []
        while True:
            with _judgeable(self._client.url):
                listed = self._client.page({"after": after, "limit": self._page})["deliveries"]
                numbers = [int(item["id"]) for item in listed]
                found += [self._delivery(self._client.delivery(number)) for number in numbers]
            if len(numbers) < self._page:
                return tuple(found)
            after = numbers[-1]

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as there is a delivery since the start after the id `after`.

        False if there is none within `timeout` seconds.
        """
        end = time.monotonic() + timeout
        after = max(after, self._first)
        while True:
            left = min(max(end - time.monotonic(), 0.0), MAX_WAIT_S)
            with _judgeable(self._client.url):
                if self._client.wait({"after": after}, left) is not None:
                    return True
            if time.monotonic() >= end:
                return False

    def judge(self, delivery: Delivery) -> Verdict:
        """Return what `delivery` proves alone, by the contract and the secret of this run."""
        return judge(delivery, self._contract, self._secret)

    def _delivery(self, data: Json) -> Delivery:
        return Delivery(
            id=int(data["id"]),
            received_at=float(data["received_at"]) + self._offset,
            method=str(data["method"]),
            target=str(data["target"]),
            headers=tuple(
                (str(name).encode("latin-1"), str(value).encode("latin-1"))
                for name, value in data["headers"]
            ),
            body=base64.b64decode(data["body"]["base64"], validate=True),
            truncated=bool(data["truncated"]),
            remote=str(data["remote"]),
            status=int(data["status"]),
            head_received_at=float(data["head_received_at"]),
            version=str(data["version"]),
            reply=str(data["reply"]),
        )


@contextmanager
def _judgeable(url: str) -> Iterator[None]:
    """Turn what a sink answers wrongly into `CouldNotJudge`."""
    try:
        yield
    except SinkError as error:
        raise CouldNotJudge(str(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError):
        raise CouldNotJudge(
            f"{url} does not respond as a sink of this version: check --sink"
        ) from None


class WebhookSource(Protocol):
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


def open_webhook_source(
    stack: ExitStack,
    settings: Settings,
    contract: Contract,
    progress: Callable[[str], None],
    reply: StatusChooser,
) -> WebhookSource | None:
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
    complaint = secret_problem(
        (e.signature for e in contract.events), settings.webhook_secret or ""
    )
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
