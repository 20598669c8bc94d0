"""Sink server: a context manager for scripts and tests, and the uvicorn configuration."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic
from typing import NamedTuple, Self

import uvicorn
from starlette.types import ASGIApp

from openapi.contract import Contract
from openapi.http.server_thread import ServerThread
from openapi.signatures.scheme import Secrets
from webhook_sink.api.access import create_token_if_exposed
from webhook_sink.app import DEFAULT_MAX_BODY_BYTES, create_app
from webhook_sink.delivery import Delivery
from webhook_sink.destination import NO_FORWARDING, ForwardPolicy
from webhook_sink.intake.batch_writer import StatusChooser, follow_script
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.protocol import SinkProtocol
from webhook_sink.replies.script import ReplyInput
from webhook_sink.storage.location import parse_location
from webhook_sink.storage.open_store import open_store
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.verdict import Verdict, judge
from webhook_sink.wait_for import (
    MAX_COMPARED_DELIVERIES,
    DeliveryCriteria,
    NoSuchDelivery,
    UnmatchedDelivery,
    WhereClause,
    criteria,
    timeout_message,
)

DEFAULT_WAIT_S = 10.0
_SHUTDOWN_GRACE_S = 3


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    """Return the configuration for `app` (of `create_app`), with the protocol that it needs.

    The caller binds the socket: `uvicorn.Server(uvicorn_config(app)).run(sockets=[listener])`.
    """
    return uvicorn.Config(
        app,
        http=SinkProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # senders can forge headers; the connection has the remote address
        timeout_graceful_shutdown=_SHUTDOWN_GRACE_S,
    )


class _Running(NamedTuple):
    """A running server, its store and its notifier."""

    server: ServerThread
    store: Store
    arrivals: SequenceNotifier


class Sink:
    """Sink in a thread: `with Sink(contract, secret) as sink:` listens until the block ends.

    Entering the block raises `OSError` for a port in use, and `StoreError` if the store cannot be
    opened.
    """

    def __init__(  # noqa: PLR0913 - every option of a sink
        self,
        contract: Contract,
        secret: Secrets = None,
        host: str = "127.0.0.1",
        port: int = 0,
        store: Path | str | None = None,
        replies: ReplyInput = (200,),
        reply: StatusChooser = follow_script,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        *,
        token: str | None = None,
        forward_policy: ForwardPolicy = NO_FORWARDING,
        verify: bool = False,
        challenges: Sequence[str] = (),
        challenge_token: str | None = None,
    ) -> None:
        """Take the options of a sink; port 0 is any free port.

        `store` is an SQLite file, or the URL of a PostgreSQL database (`postgresql://...`);
        `ValueError` for an invalid URL. Without `store` the file is temporary. Page and API require
        `token`. On an address that other machines can reach, the sink generates a token by default.
        `verify` replies 401 to a delivery whose signature is not valid, `challenges` names the
        handshakes that the sink answers, and `challenge_token` is the verify token of Meta. For the
        other options see `webhook_sink.app.create_app`.
        """
        self._contract = contract
        self._secret = secret
        self._address = (host, port)
        self._store = parse_location(store) if isinstance(store, str) else store
        self._replies = replies
        self._reply = reply
        self._max_body_bytes = max_body_bytes
        self._token = token
        self._forward_policy = forward_policy
        self._verify = verify
        self._challenges = challenges
        self._challenge_token = challenge_token
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        """Listen; the sink accepts deliveries when this returns."""
        host, _ = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with ExitStack() as opened:
            listener = opened.enter_context(
                socket.create_server(self._address, family=family, backlog=2048)
            )
            store = opened.enter_context(closing(open_store(self._store)))
            arrivals = SequenceNotifier()
            self._token = self._token or create_token_if_exposed(listener)
            app = create_app(
                self._contract,
                store=store,
                secret=self._secret,
                replies=self._replies,
                reply=self._reply,
                max_body_bytes=self._max_body_bytes,
                forward_policy=self._forward_policy,
                arrivals=arrivals,
                token=self._token,
                verify=self._verify,
                challenges=self._challenges,
                challenge_token=self._challenge_token,
            )
            server = ServerThread(uvicorn_config(app), listener)
            server.__enter__()
            opened.pop_all()  # from now on the server closes listener and store
        self._running = _Running(server, store, arrivals)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the sink has replied to all deliveries that it has read."""
        self._server.server.__exit__()
        self._running = None

    @property
    def port(self) -> int:
        """Port that the sink listens on."""
        return self._server.server.port

    @property
    def url(self) -> str:
        """URL without a path: `/_hookproof/` is the page, all other paths accept deliveries."""
        host, _ = self._address
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def token(self) -> str | None:
        """Token of page and API; None if they need none, or before the block begins."""
        return self._token

    def deliveries(self, after: int = 0) -> tuple[Delivery, ...]:
        """Return every delivery stored with an id greater than `after`, oldest first."""
        return self._server.store.list(after=after)

    def judge(self, delivery: Delivery, *, with_reason: bool = True) -> Verdict:
        """Return the verdict on `delivery`, computed from the delivery alone.

        `with_reason` adds the reason of a wrong signature, which takes milliseconds.
        """
        return judge(delivery, self._contract, self._secret, with_reason=with_reason)

    def wait(self, after: int, timeout: float) -> bool:
        """Return True as soon as a delivery with an id greater than `after` is stored.

        Return False if there is none within `timeout` seconds.
        """
        running = self._server
        stored = running.store.list(after=after, limit=1)
        return bool(stored) or running.arrivals.wait(after, timeout)

    def wait_for(
        self,
        event: str | None = None,
        where: WhereClause | None = None,
        timeout: float = DEFAULT_WAIT_S,
        after: int = 0,
    ) -> Delivery:
        """Return the first delivery with this event that satisfies `where`, once it is stored.

        `where` is a predicate of the delivery, or maps JSON pointers into the payload to values.
        Deliveries with an id up to `after` do not count. Raises `NoSuchDelivery` after `timeout`
        seconds, and `ValueError` for an event that is not in the contract.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        expected = criteria(event, where, [known.name for known in self._contract.events])
        end, seen = monotonic() + timeout, after
        while True:
            for delivery in self.deliveries(after=seen):
                seen = delivery.id
                if self._matches(delivery, expected):
                    return delivery
            if not self.wait(seen, max(end - monotonic(), 0)):
                received = self.deliveries(after=after)
                unmatched = [
                    self._unmatched(delivery) for delivery in received[-MAX_COMPARED_DELIVERIES:]
                ]
                raise NoSuchDelivery(
                    timeout_message(expected, len(received), unmatched, timeout, self.url, after)
                )

    def _matches(self, delivery: Delivery, expected: DeliveryCriteria) -> bool:
        if expected.event is not None:
            found = self.judge(delivery).event
            if found is None or found.name != expected.event:
                return False
        condition = expected.condition
        return expected.matches_body(delivery.body) and (condition is None or condition(delivery))

    def _unmatched(self, delivery: Delivery) -> UnmatchedDelivery:
        verdict = self.judge(delivery)
        event = verdict.event.name if verdict.event else None
        findings = [(found.check, found.located_message) for found in verdict.findings]
        sent = (delivery.id, delivery.method, delivery.target)
        return UnmatchedDelivery(*sent, event, verdict.summary, findings, delivery.body)

    @property
    def _server(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the sink is not running: use it in a `with` statement")
        return self._running
