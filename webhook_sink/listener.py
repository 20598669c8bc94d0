"""Listener: receives the deliveries of one run on every path, and keeps some of them in memory.

It has no page, no API and no store, unlike `webhook_sink.server.Sink`.
"""

import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import NamedTuple, Self

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract
from openapi.http import body_budget
from openapi.http.body_budget import BodyBudget
from openapi.http.server_thread import ServerThread
from openapi.signatures.scheme import Secrets
from webhook_sink.app import DEFAULT_MAX_BODY_BYTES
from webhook_sink.delivery import Delivery
from webhook_sink.intake.batch_writer import CONTENT_TOO_LARGE
from webhook_sink.intake.endpoint import DeliveryEndpoint
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.replies.steps import ReplyStep
from webhook_sink.server import uvicorn_config
from webhook_sink.verdicts.verdict import Verdict, judge

MAX_SHARED_BYTES = 32 * 1024 * 1024
"""Maximum bytes of all bodies that are not complete yet; a body beyond them gets 503."""


class Intake(NamedTuple):
    """Decision on one delivery, before the reply."""

    keep: bool
    step: ReplyStep


class Listener:
    """Listener in a thread: `with Listener(contract, secret, decide=...) as listener:`.

    Entering the block raises `OSError` for a port in use.
    """

    def __init__(
        self,
        contract: Contract,
        secret: Secrets,
        decide: Callable[[Delivery], Intake],
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Receive on `host` and `port`; `decide` says what to keep and how to reply.

        The thread of the listener calls `decide` once for each delivery.
        """
        self._contract = contract
        self._secret = secret
        self._address = (host, port)
        self._arrivals = SequenceNotifier()
        self._writer = _MemoryWriter(decide, self._arrivals)
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        """Listen; the listener accepts deliveries when this returns."""
        host, _ = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with ExitStack() as opened:
            listener = opened.enter_context(
                socket.create_server(self._address, family=family, backlog=2048)
            )
            endpoint = DeliveryEndpoint(self._writer, DEFAULT_MAX_BODY_BYTES, self._writer.steps)
            self._server = ServerThread(uvicorn_config(_with_lifespan(endpoint)), listener)
            self._server.__enter__()
            opened.pop_all()  # from now on the server closes the socket
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the listener has replied to all deliveries that it has read."""
        if self._server is not None:
            self._server.__exit__()
        self._arrivals.close()

    @property
    def url(self) -> str:
        """URL without a path."""
        host, port = self._address
        port = self._server.port if self._server is not None else port
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def port(self) -> int:
        """Port that the listener uses."""
        return self._server.port if self._server is not None else self._address[1]

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every kept delivery with an id greater than `after`, oldest first."""
        return self._writer.since(after)

    def judge(self, delivery: Delivery, *, with_reason: bool = True) -> Verdict:
        """Return the verdict on `delivery`, computed from the delivery alone."""
        return judge(delivery, self._contract, self._secret, with_reason=with_reason)

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as a delivery with an id greater than `after` is kept.

        Return False if there is none within `timeout` seconds.
        """
        return self._arrivals.wait(after, timeout)


class _MemoryWriter:
    """Writer that asks `decide`, and keeps deliveries in memory. Ids count from 1."""

    def __init__(self, decide: Callable[[Delivery], Intake], arrivals: SequenceNotifier) -> None:
        self._decide = decide
        self._arrivals = arrivals
        self._kept: list[Delivery] = []
        self._lock = threading.Lock()
        self.steps: dict[str, ReplyStep] = {}
        """Steps that were chosen and are more than a status, by their text."""

    async def write(self, draft: Delivery) -> Delivery:
        """Return `draft` with its reply, and with an id if it is kept."""
        keep, step = self._decide(draft)
        if draft.truncated:
            step = ReplyStep("", "response", CONTENT_TOO_LARGE)
        if step.text:
            self.steps[step.text] = step
        if not keep:
            return draft.with_reply(0, step.status, step.text)
        with self._lock:
            stored = draft.with_reply(len(self._kept) + 1, step.status, step.text)
            self._kept.append(stored)
        self._arrivals.announce(stored.id)
        return stored

    def since(self, after: int) -> tuple[Delivery, ...]:
        """Return the kept deliveries with an id greater than `after`."""
        with self._lock:
            return tuple(self._kept[after:])


def _with_lifespan(app: ASGIApp) -> ASGIApp:
    """Return `app` with the lifespan that the server requires."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[dict[str, object]]:
        yield {body_budget.STATE_KEY: BodyBudget(MAX_SHARED_BYTES)}

    router = Router(lifespan=lifespan)

    async def with_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        await (app if scope["type"] == "http" else router)(scope, receive, send)

    return with_lifespan
