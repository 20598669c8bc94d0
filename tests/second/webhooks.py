"""The event of a created token: composed, serialised once, signed, and posted in the background."""

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

import people
from plan import Document, Drafts, Issued, Parcel, Plan, Secrets

_SENDERS = 8
_PATIENCE = 10.0  # seconds that a receiver may take to answer


def payload(issued: Issued, plan: Plan) -> Document:
    wish, date = issued.wish, plan.write_date
    data = {
        "id": issued.ident,
        "createdAt": date(issued.created),
        "updatedAt": date(issued.created),
        "name": wish.name,
        "expiresAt": None if wish.expires is None else date(wish.expires),
        "revoked": wish.revoked,
        "scopes": list(wish.scopes),
        "userId": issued.caller.user,
        "user": people.user(issued.caller.user, issued.created, date),
        "lastUsedAt": None,
        "lastRotatedAt": None,
    }
    event = "personalAccessToken.created"
    return {"event": event, "data": data, "triggeredAt": date(issued.created)}


def pack(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a character can only be written as an escape
        return json.dumps(document, separators=(",", ":")).encode("ascii")


def mac(body: bytes, secret: str, method: str = "sha256") -> bytes:
    return hmac.new(secret.encode("utf-8"), body, method).digest()


def sign(body: bytes, secrets: Secrets) -> str:
    return base64.b64encode(mac(body, secrets.webhook)).decode("ascii")


def parcel(issued: Issued, plan: Plan, secrets: Secrets) -> Parcel:
    document: Any = payload(issued, plan)
    for change in plan.payloads:
        document = change(issued, document)
    body = plan.pack(document)
    signature = plan.sign(body, secrets)
    headers = (("Content-Type", "application/json"), ("Webhook-Signature", signature))
    made = Parcel("POST", headers, body)
    for step in plan.parcels:
        made = step(issued, made)
    return made


@dataclass(order=True)
class _Due:
    at: float
    order: int
    issued: Issued = field(compare=False)
    attempt: int = field(default=0, compare=False)
    parcel: Parcel | None = field(default=None, compare=False)


class Sender:
    """Eight threads that post what is due; a delivery not answered 2xx comes due again."""

    def __init__(self, url: str, plan: Plan, secrets: Secrets) -> None:
        self._url, self._plan, self._secrets = urlsplit(url), plan, secrets
        self._due: list[_Due] = []
        self._count = itertools.count()
        self._bell = threading.Condition()
        self._line = threading.local()  # each thread's own connection, where it is kept

    def start(self) -> None:
        for _ in range(_SENDERS):
            threading.Thread(target=self._work, daemon=True).start()

    def post(self, drafts: Drafts) -> None:
        now = time.monotonic()
        for delay, issued in drafts:
            self._queue(_Due(now + delay, next(self._count), issued))

    def _queue(self, due: _Due) -> None:
        with self._bell:
            heapq.heappush(self._due, due)
            self._bell.notify()

    def _next(self) -> _Due:
        with self._bell:
            while True:
                wait = self._due[0].at - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._bell.wait(wait)

    def _work(self) -> None:
        while True:
            due = self._next()
            try:
                self._attempt(due)
            except Exception:  # one event that cannot be composed must not stop the others
                traceback.print_exc()

    def _attempt(self, due: _Due) -> None:
        if due.parcel is None:
            due.parcel = parcel(due.issued, self._plan, self._secrets)
        if not self._delivered(due.parcel) and due.attempt < len(self._plan.retries):
            due.at = time.monotonic() + self._plan.retries[due.attempt]
            due.attempt += 1
            for step in self._plan.again:
                due.parcel = step(due.issued, due.parcel, self._secrets)
            self._queue(due)

    def _delivered(self, made: Parcel) -> bool:
        try:
            return 200 <= self._send(made) < 300
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return False

    def _send(self, made: Parcel) -> int:
        line = self._connection()
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        line.putrequest(made.method, target, skip_accept_encoding=True)
        for key, value in (*made.headers, ("User-Agent", "second-sender/1.0")):
            line.putheader(key, value)
        if made.chunked:
            line.putheader("Transfer-Encoding", "chunked")
            pieces = [made.body[at : at + 300] for at in range(0, len(made.body), 300)]
            line.endheaders(iter(pieces), encode_chunked=True)
        else:
            line.putheader("Content-Length", str(len(made.body)))
            line.endheaders(made.body)
        answer = line.getresponse()
        answer.read()
        if not self._plan.keep_alive:
            self._hang_up()
        return answer.status

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._line, "kept", None)
        if kept is None:
            secure = self._url.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            kept = kind(self._url.hostname or "127.0.0.1", self._url.port, timeout=_PATIENCE)
            self._line.kept = kept
        return kept

    def _hang_up(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self._line, "kept", None)
        if kept is not None:
            kept.close()
            self._line.kept = None
