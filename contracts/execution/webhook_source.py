"""Source of webhooks: a sink in this process, or a running sink elsewhere."""

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol, Self

from contracts.execution.delivery_intake import DeliveryIntake
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from openapi.contract import Contract, Json
from openapi.signatures.missing_extra import EXTRA
from webhook_sink.client import MAX_WAIT_S, SinkClient, SinkError
from webhook_sink.delivery import Delivery
from webhook_sink.listener import Intake, Listener
from webhook_sink.replies.steps import ReplyStep
from webhook_sink.verdicts.verdict import Verdict, judge

ACCEPTED, NOT_FOUND = (ReplyStep("", "response", status) for status in (200, 404))
"""Replies to a delivery of the run, and to one on another path than the run's."""


class RemoteSink:
    """Deliveries that a running sink has received since the context was entered.

    Every method raises `CouldNotJudge` if the URL does not respond like a sink.
    """

    def __init__(
        self,
        url: str,
        contract: Contract,
        secret: str | None,
        page: int = 1000,
        token: str | None = None,
        keep: Callable[[Delivery], bool] = lambda _: True,
    ) -> None:
        """Take the sink's `url` without a final slash, the page size, and the sink's token.

        `keep` says once for each delivery whether the run keeps it.
        """
        self._client = SinkClient(url, token)
        self._contract = contract
        self._secret = secret
        self._page = page
        self._first = 0
        self._offset = 0.0
        self._keep = keep
        self._kept: set[int] = set()
        self._known = 0
        """Id of the last delivery that `keep` has decided."""

    def __enter__(self) -> Self:
        """Find the newest delivery before the run, and the clock offset of the sink."""
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
            # Prefer a late timestamp: an event never arrives before its request.
            self._offset = answered - there
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connection."""
        self._client.close()

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return the deliveries since the start with an id greater than `after`, oldest first."""
        after = max(after, self._first)
        found: list[Delivery] = []
        while True:
            with _judgeable(self._client.url):
                listed = self._client.page({"after": after, "limit": self._page})["deliveries"]
                numbers = [int(item["id"]) for item in listed]
                found += self._read(numbers)
            if len(numbers) < self._page:
                return tuple(found)
            after = numbers[-1]

    def _read(self, numbers: Sequence[int]) -> Iterator[Delivery]:
        """Yield those of the deliveries that the run keeps."""
        for number in numbers:
            if number <= self._known and number not in self._kept:
                continue
            delivery = self._delivery(self._client.delivery(number))
            if number > self._known:
                self._known = number
                if not self._keep(delivery):
                    continue
                self._kept.add(number)
            yield delivery

    def wait(self, after: int, timeout: float) -> bool:
        """Return True when a delivery with an id greater than `after` exists.

        Return False after `timeout` seconds.
        """
        end = time.monotonic() + timeout
        after = max(after, self._first)
        if not any(number > after for number in self._kept):
            after = max(after, self._known)
        while True:
            left = min(max(end - time.monotonic(), 0.0), MAX_WAIT_S)
            with _judgeable(self._client.url):
                if self._client.wait({"after": after}, left) is not None:
                    return True
            if time.monotonic() >= end:
                return False

    def judge(self, delivery: Delivery, *, with_reason: bool = True) -> Verdict:
        """Return the verdict on `delivery` by the contract and the secret of this run."""
        return judge(delivery, self._contract, self._secret, with_reason=with_reason)

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
    """Raise `CouldNotJudge` for a wrong response of the sink."""
    try:
        yield
    except SinkError as error:
        raise CouldNotJudge(str(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError):
        raise CouldNotJudge(
            f"{url} does not respond as a sink of this version: check --sink"
        ) from None


class WebhookSource(Protocol):
    """Deliveries of one run. Ids ascend; `received_at` is in this machine's clock."""

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return the deliveries with an id greater than `after`, oldest first."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Return True when an id greater than `after` exists, or False after `timeout` seconds."""
        ...

    def judge(self, delivery: Delivery, *, with_reason: bool = True) -> Verdict:
        """Return the verdict on `delivery`, with or without the reason of a wrong signature."""
        ...


def open_webhook_source(
    stack: ExitStack,
    settings: Settings,
    contract: Contract,
    progress: Callable[[str], None],
    reply: Callable[[Delivery], ReplyStep | None],
    intake: DeliveryIntake,
) -> WebhookSource | None:
    """Open the source that `settings` name until `stack` closes; return None without webhooks.

    `reply` chooses the reply to the kept deliveries to the listener in this process; None is 200.
    `intake` says which deliveries to keep. Raise `CouldNotJudge`.
    """
    if not settings.webhooks:
        return None
    if not settings.webhook_secret and any(event.signature for event in contract.events):
        raise CouldNotJudge(
            "no webhook secret was given: pass --webhook-secret or "
            "HOOKPROOF_WEBHOOK_SECRET, or disable the webhooks with --no-webhooks"
        )
    complaint = contract.secret_problem(settings.webhook_secret or "")
    if complaint is not None:
        hint = "; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET"
        raise CouldNotJudge(complaint if complaint.endswith(EXTRA) else complaint + hint)
    if settings.sink_url is not None:
        remote = RemoteSink(
            settings.sink_url,
            contract,
            settings.webhook_secret,
            token=settings.sink_token,
            keep=intake.keep,
        )
        stack.enter_context(remote)
        progress(f"reading the webhooks from the sink at {settings.sink_url}")
        return remote

    def decide(delivery: Delivery) -> Intake:
        if not intake.is_expected_path(delivery):
            return Intake(intake.keep(delivery), NOT_FOUND)
        keep = intake.keep(delivery)
        return Intake(keep, (reply(delivery) if keep else None) or ACCEPTED)

    listener = Listener(
        contract,
        settings.webhook_secret,
        decide,
        host=settings.webhook_host,
        port=settings.webhook_port,
    )
    try:
        stack.enter_context(listener)
    except OSError as error:
        raise CouldNotJudge(
            f"cannot listen for webhooks on {settings.webhook_host}:{settings.webhook_port} "
            f"({error.strerror}): stop the other process, or pass --webhook-listen"
        ) from None
    path = "/ (any path)" if settings.webhook_path is None else settings.webhook_path
    progress(f"listening for webhooks on {listener.url}{path}")
    return listener
