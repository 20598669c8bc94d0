"""Event of a created token: composed, serialised once, signed, and sent in the background."""

from __future__ import annotations

import base64
import heapq
import hmac
import http.client
import itertools
import json
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from reference_service import users
from reference_service.behaviour import (
    Behaviour,
    Delivery,
    Document,
    Issued,
    Outcome,
    PlannedEvents,
    ReceiverReply,
    Secrets,
)

_SENDERS = 8


def payload(issued: Issued, behaviour: Behaviour) -> Document:
    spec, date = issued.spec, behaviour.write_date
    data = {
        "id": issued.ident,
        "createdAt": date(issued.created),
        "updatedAt": date(issued.created),
        "name": spec.name,
        "expiresAt": None if spec.expires is None else date(spec.expires),
        "revoked": spec.revoked,
        "scopes": list(spec.scopes),
        "userId": issued.caller.user,
        "user": users.user(issued.caller.user, issued.created, date),
        "lastUsedAt": None,
        "lastRotatedAt": None,
    }
    event = "personalAccessToken.created"
    return {"event": event, "data": data, "triggeredAt": date(issued.created)}


def pack(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # JSON can write a lone surrogate only as an escape
        return json.dumps(document, separators=(",", ":")).encode("ascii")


def mac(body: bytes, secret: str, method: str = "sha256") -> bytes:
    return hmac.new(secret.encode("utf-8"), body, method).digest()


def sign(body: bytes, secrets: Secrets) -> str:
    return base64.b64encode(mac(body, secrets.webhook)).decode("ascii")


def delivery(issued: Issued, behaviour: Behaviour, secrets: Secrets) -> Delivery:
    document: Any = payload(issued, behaviour)
    for change in behaviour.payloads:
        document = change(issued, document)
    body = behaviour.pack(document)
    signature = behaviour.sign(body, secrets)
    headers = (("Content-Type", "application/json"), ("Webhook-Signature", signature))
    made = Delivery("POST", headers, body)
    for step in behaviour.deliveries:
        made = step(issued, made)
    return made


def take_reply(reply: ReceiverReply) -> Outcome:
    accepted = reply.status is not None and 200 <= reply.status < 300
    return "delivered" if accepted else "retry"


@dataclass(order=True)
class _Due:
    at: float
    order: int
    issued: Issued = field(compare=False)
    attempt: int = field(default=0, compare=False)
    delivery: Delivery | None = field(default=None, compare=False)
    reply: ReceiverReply | None = field(default=None, compare=False)


class Sender:
    """Queue of deliveries for eight threads; a delivery without a 2xx response is retried."""

    def __init__(self, url: str, behaviour: Behaviour, secrets: Secrets) -> None:
        self._url, self._behaviour, self._secrets = urlsplit(url), behaviour, secrets
        self._due: list[_Due] = []
        self._count = itertools.count()
        self._condition = threading.Condition()
        self._closed = False
        self._paused_until = 0.0
        self._local = threading.local()  # the connection of each thread

    def start(self) -> None:
        for _ in range(1 if self._behaviour.in_order else _SENDERS):
            threading.Thread(target=self._work, daemon=True).start()

    def close(self) -> None:
        """Stop the threads and drop the deliveries that are still due."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def post(self, planned_events: PlannedEvents) -> None:
        now = time.monotonic()
        for delay, issued in planned_events:
            self._queue(_Due(now + delay, next(self._count), issued))

    def _queue(self, due: _Due) -> None:
        with self._condition:
            heapq.heappush(self._due, due)
            self._condition.notify()

    def _next(self) -> _Due | None:
        with self._condition:
            while not self._closed:
                at = max(self._due[0].at, self._paused_until) if self._due else None
                wait = None if at is None else at - time.monotonic()
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._condition.wait(wait)
        return None

    def _work(self) -> None:
        while (due := self._next()) is not None:
            try:
                self._attempt(due)
            except Exception:  # one event that cannot be composed must not stop the others
                traceback.print_exc()
        self._hang_up()

    def _attempt(self, due: _Due) -> None:
        if due.delivery is None:
            due.delivery = delivery(due.issued, self._behaviour, self._secrets)
        elif due.reply is not None:
            due.delivery = self._again(due, due.delivery, due.reply)
        reply = self._reply(due.delivery)
        self._pause(self._behaviour.pause(reply))
        self.post(self._behaviour.twin(reply, due.issued))
        outcome = self._behaviour.take_reply(reply)
        if outcome == "retry" and due.attempt < len(self._behaviour.retries):
            delay = self._behaviour.retries[due.attempt]
            if self._behaviour.in_order:
                self._pause(delay)  # the delivery stays the first of the queue
            else:
                due.at = time.monotonic() + delay
            due.attempt += 1
            due.reply = reply
            self._queue(due)

    def _again(self, due: _Due, made: Delivery, reply: ReceiverReply) -> Delivery:
        for step in self._behaviour.again:
            made = step(due.issued, made, self._secrets)
        for after in self._behaviour.after:
            made = after(reply, due.issued, made, self._secrets)
        return made

    def _pause(self, seconds: float) -> None:
        with self._condition:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _reply(self, made: Delivery) -> ReceiverReply:
        begun = time.monotonic()
        try:
            status, retry_after = self._send(made)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return ReceiverReply(None, time.monotonic() - begun)
        wait = float(retry_after) if retry_after.isdigit() else 0.0
        return ReceiverReply(status, time.monotonic() - begun, wait)

    def _send(self, made: Delivery) -> tuple[int, str]:
        connection = self._connection()
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        connection.putrequest(made.method, target, skip_accept_encoding=True)
        for key, value in (*made.headers, ("User-Agent", "reference-service/1.0")):
            connection.putheader(key, value)
        if made.chunked:
            connection.putheader("Transfer-Encoding", "chunked")
            pieces = [made.body[at : at + 300] for at in range(0, len(made.body), 300)]
            connection.endheaders(iter(pieces), encode_chunked=True)
        else:
            connection.putheader("Content-Length", str(len(made.body)))
            connection.endheaders(made.body)
        response = connection.getresponse()
        response.read()
        if not self._behaviour.keep_alive:
            self._hang_up()
        return response.status, response.getheader("Retry-After", "")

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._local, "kept", None)
        if kept is None:
            secure = self._url.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            kept = kind(
                self._url.hostname or "127.0.0.1",
                self._url.port,
                timeout=self._behaviour.response_timeout,
            )
            self._local.kept = kept
        return kept

    def _hang_up(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self._local, "kept", None)
        if kept is not None:
            kept.close()
            self._local.kept = None
