"""A sink that runs elsewhere, read over its JSON API. Only what comes after the start counts.

Where the deliveries of a run come from: a sink that listens here, or one that runs elsewhere."""

import base64
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

import httpx

from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from openapi.contract import Contract, Json
from openapi.schema_validation import brief
from openapi.signature import unfit
from webhook_sink.delivery import Delivery
from webhook_sink.intake.batch_writer import Reply
from webhook_sink.server import Sink
from webhook_sink.verdicts.verdict import Verdict, judge

PATIENCE = 10.0
"""Seconds that an answer of the sink may take."""
LONGEST_WAIT = 60.0
"""Seconds that one request asks the sink to wait; a longer wait is several."""


class RemoteSink:
    """The deliveries that a running sink has received since the block was entered.

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
        self._url = url
        self._contract = contract
        self._secret = secret
        self._page = page
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._first = 0
        self._offset = 0.0

    def __enter__(self) -> Self:
        """Find out which deliveries are older than the run, and what time it is at the sink."""
        self._client = httpx.Client(
            trust_env=False, follow_redirects=False, timeout=PATIENCE, headers=self._headers
        )
        try:
            asked = time.time()
            newest = self._get("/api/deliveries", newest=1, limit=1)
            answered = time.time()
            with _Shape(self._url):
                self._first = max((int(item["id"]) for item in newest["deliveries"]), default=0)
                there = float(newest["now"])
        except BaseException:
            self._client.close()
            raise
        if not asked <= there <= answered:
            # Rather too late than too early: no event comes before its request.
            self._offset = answered - there
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._client.close()

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every delivery since the start with an id greater than `after`, oldest first."""
        after = max(after, self._first)
        found: list[Delivery] = []
        while True:
            listed = self._get("/api/deliveries", after=after, limit=self._page)
            with _Shape(self._url):
                numbers = [int(item["id"]) for item in listed["deliveries"]]
            found += [self._delivery(number) for number in numbers]
            if len(numbers) < self._page:
                return tuple(found)
            after = numbers[-1]

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as there is a delivery since the start after the id `after`.

        False if there is none within `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while True:
            left = min(max(end - time.monotonic(), 0.0), LONGEST_WAIT)
            answer = self._request(
                "/api/deliveries/wait", {"after": max(after, self._first), "timeout": left}, left
            )
            if answer.status_code == 200:
                return True
            if answer.status_code != 204:
                raise self._refused(answer)
            if time.monotonic() >= end:
                return False

    def judge(self, delivery: Delivery) -> Verdict:
        """Return what `delivery` proves alone, by the contract and the secret of this run."""
        return judge(delivery, self._contract, self._secret)

    def _delivery(self, number: int) -> Delivery:
        data = self._get(f"/api/deliveries/{number}")
        with _Shape(self._url):
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
                # A sink of an earlier version does not tell these; nothing is judged by them.
                began_at=float(data.get("began_at", 0)),
                version=str(data.get("version", "1.1")),
                reply=str(data.get("reply", "")),
            )

    def _get(self, path: str, **parameters: int) -> Json:
        answer = self._request(path, parameters)
        if answer.status_code != 200:
            raise self._refused(answer)
        with _Shape(self._url):
            return answer.json()

    def _request(
        self, path: str, parameters: dict[str, int] | dict[str, float], longer: float = 0.0
    ) -> httpx.Response:
        try:
            return self._client.get(
                f"{self._url}/_hookproof{path}", params=parameters, timeout=PATIENCE + longer
            )
        except httpx.HTTPError as error:
            raise CouldNotJudge(
                f"the sink at {self._url} does not answer ({error}): does it run, is --sink right?"
            ) from None

    def _refused(self, answer: httpx.Response) -> CouldNotJudge:
        told = f"the sink at {self._url} answered {answer.status_code}"
        if answer.status_code == 401:
            return CouldNotJudge(
                f"{told}: it asks for a token, the one in the link that it printed when it "
                "started; pass --sink-token or HOOKPROOF_SINK_TOKEN"
            )
        if answer.status_code == 403:
            return CouldNotJudge(
                f"{told}: it can be read by its address alone; put that into --sink"
            )
        return CouldNotJudge(f"{told} ({brief(answer.text)}): is it a sink of this version?")


class _Shape:
    """Turns what a misshapen answer brings about into the sentence that says so."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        """Begin to read."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, LookupError | TypeError | ValueError | AttributeError):
            raise CouldNotJudge(
                f"{self._url} does not answer as a sink of this version: is --sink right?"
            ) from None


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
