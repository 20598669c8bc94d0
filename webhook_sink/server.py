"""The sink on a real port: for scripts and tests as a context manager, for the command a config."""

import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from openapi.document import Contract
from webhook_sink.app import LIMIT, create_app
from webhook_sink.arrivals import Arrivals
from webhook_sink.delivery import Delivery
from webhook_sink.running import Running
from webhook_sink.store import open_store
from webhook_sink.verdict import Verdict, judge
from webhook_sink.wire import WireProtocol
from webhook_sink.writer import Reply, as_listed

WAIT = 10.0
"""Seconds that a delivery is waited for, unless told otherwise."""
_SHOWN = 20
_GRACE = 3
"""Seconds that a request may take to end when the server stops."""


class NoSuchDelivery(AssertionError):
    """No delivery matched before the deadline; the message shows what did arrive."""


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    """Return the configuration under which `app` (of `create_app`) sees requests as they came.

    The caller binds the socket: `uvicorn.Server(uvicorn_config(app)).run(sockets=[listener])`.
    """
    return uvicorn.Config(
        app,
        http=WireProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the remote address is the connection's, whatever a sender claims
        timeout_graceful_shutdown=_GRACE,
    )


class Sink:
    """`with Sink(contract, secret) as sink:` listens in a thread until the block ends.

    Nothing is opened before the block is entered. There, a port in use raises `OSError`, and a
    store that cannot be opened `StoreError`.
    """

    def __init__(
        self,
        contract: Contract,
        secret: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        store: Path | None = None,
        replies: tuple[int, ...] = (200,),
        reply: Reply = as_listed,
        limit: int = LIMIT,
    ) -> None:
        """Port 0 is any free one. `store` is an SQLite file, or None for memory alone.

        The rest is as in `webhook_sink.app.create_app`.
        """
        self._contract = contract
        self._secret = secret
        self._address = (host, port)
        self._file = store
        self._replies = replies
        self._reply = reply
        self._limit = limit
        self._running: Running | None = None

    def __enter__(self) -> Self:
        """Listen; deliveries are taken when this returns."""
        host, _ = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with ExitStack() as opened:
            listener = opened.enter_context(
                socket.create_server(self._address, family=family, backlog=2048)
            )
            store = opened.enter_context(closing(open_store(self._file)))
            arrivals = Arrivals()
            app = create_app(
                self._contract,
                store=store,
                secret=self._secret,
                replies=self._replies,
                reply=self._reply,
                limit=self._limit,
                arrivals=arrivals,
            )
            running = Running(uvicorn_config(app), listener, store, arrivals)
            running.start()
            opened.pop_all()  # from here on the server closes what it serves from
        self._running = running
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, once every delivery that was read is answered."""
        self._here.stop()
        self._running = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._here.port

    @property
    def url(self) -> str:
        """The URL without a path: any path takes deliveries, `/_hookproof/` is the page."""
        host, _ = self._address
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every delivery stored with an id greater than `after`, oldest first."""
        return self._here.store.list(after=after)

    def judge(self, delivery: Delivery) -> Verdict:
        """Return what `delivery` proves alone."""
        return judge(delivery, self._contract, self._secret)

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as a delivery with an id greater than `after` is stored.

        False if there is none within `timeout` seconds.
        """
        here = self._here
        return bool(here.store.list(after=after, limit=1)) or here.arrivals.wait(after, timeout)

    def wait_for(
        self,
        event: str | None = None,
        where: Callable[[Delivery], bool] | None = None,
        timeout: float = WAIT,
        after: int = 0,
    ) -> Delivery:
        """Return the first delivery with this event that satisfies `where`, once it is stored.

        Those with an id up to `after` do not count. Raises `NoSuchDelivery` after `timeout`
        seconds, and `ValueError` for an event that the contract does not know.
        """
        known = [known.name for known in self._contract.events]
        if event is not None and event not in known:
            raise ValueError(f"the contract does not know the event {event!r}; it knows {known}")
        end, seen = monotonic() + timeout, after
        while True:
            for delivery in self.deliveries(after=seen):
                seen = delivery.id
                if self._is(delivery, event) and (where is None or where(delivery)):
                    return delivery
            if not self.wait(seen, max(end - monotonic(), 0)):
                raise NoSuchDelivery(self._arrived(event, where is not None, timeout, after))

    def _is(self, delivery: Delivery, event: str | None) -> bool:
        if event is None:
            return True
        found = self.judge(delivery).event
        return found is not None and found.name == event

    def _arrived(self, event: str | None, asked: bool, timeout: float, after: int) -> str:
        found = self.deliveries(after=after)
        wanted = f"delivery of {event}" if event else "delivery"
        condition = " that satisfies `where`" if asked else ""
        text = f"no {wanted}{condition} within {timeout:g} s at {self.url}; "
        lines = [f"{len(found)} arrived" + (", the last of them:" if found else "")]
        for delivery in found[-_SHOWN:]:
            verdict = self.judge(delivery)
            name = verdict.event.name if verdict.event else "no known event"
            what = f"{delivery.method} {delivery.target!a} {name}: {verdict.words}"
            lines.append(f"  {delivery.id} {what}")
            lines.extend(f"    {found.check}: {found.message}" for found in verdict.findings[:5])
        return text + "\n".join(lines)

    @property
    def _here(self) -> "Running":
        if self._running is None:
            raise RuntimeError("the sink does not run: use it in a `with` statement")
        return self._running
