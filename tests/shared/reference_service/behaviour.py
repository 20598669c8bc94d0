"""Values that travel through the service, and the hook points between them.

A `Behaviour` is the whole service as data: one callable for each decision. `conforming.py` defines
the conforming one. A legal variant or a deviation is a function that returns a changed behaviour,
so the server never asks which of them is active.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from reference_service.token_store import TokenStore

Document = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


class RejectionError(Exception):
    """Rejection of the request with this status."""

    def __init__(self, status: int, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@dataclass(frozen=True)
class Request:
    """One complete HTTP request; `number` counts from 1."""

    number: int
    client: str
    method: str
    path: str
    headers: Headers
    body: bytes
    query: str = ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True)
class Response:
    """One HTTP response; `stunt`, where given, uses the socket instead of sending the response."""

    status: int
    headers: Headers
    body: bytes
    framing: str = "length"  # or "chunked", or "close"
    pause: float = 0.0
    stunt: Callable[[socket.socket], None] | None = None

    def with_header(self, name: str, value: str) -> Response:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Caller:
    """User, credential and permissions of a request."""

    user: str
    credential: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class TokenSpec:
    """Values of a valid request; `expires` is in ticks (see dates.py)."""

    name: str
    scopes: tuple[str, ...]
    revoked: bool
    expires: int | None


@dataclass(frozen=True)
class Issued:
    """Created personal access token, with the data of its event."""

    ident: str
    number: int
    spec: TokenSpec
    caller: Caller
    created: int
    authorization: str
    token: str = ""


@dataclass(frozen=True)
class Delivery:
    """One delivery as it is sent."""

    method: str
    headers: Headers
    body: bytes
    chunked: bool = False

    def with_header(self, name: str, value: str) -> Delivery:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Secrets:
    """Secrets that sign credentials and deliveries."""

    jwt: str
    webhook: str


@dataclass(frozen=True)
class ReceiverReply:
    """Reply of a receiver to one delivery; no status without a response."""

    status: int | None
    seconds: float
    retry_after: float = 0.0


Outcome = Literal["delivered", "retry", "lost"]
Rule = Callable[[object], Any]  # value or ABSENT -> stored value; raises RejectionError
Check = Callable[[Document, TokenSpec, Caller], None]
Edit = Callable[[Request, int, Any], Any]  # request, status, document -> changed document
Reply = Callable[[Request, Response], Response]
PlannedEvents = tuple[tuple[float, Issued], ...]  # seconds to wait, token to announce


@dataclass(frozen=True)
class Behaviour:
    """All hook points, in the order in which the service calls them for a request."""

    body_limit: int
    read_body: Callable[[BufferedIOBase, Message, int], bytes]
    guards: Mapping[str, Callable[[Request], None]]  # run first; raise RejectionError
    present: Callable[[Request], str]  # request -> credential text
    recognise: Callable[[TokenStore, str], Caller]  # credential text -> caller
    permit: Callable[[Caller], bool]
    body_first: bool  # check the body before the credential
    media: Callable[[str], bool]
    decode: Callable[[bytes], Any]
    shape: Callable[[Any], Document]
    rules: Mapping[str, Rule]
    checks: tuple[Check, ...]  # checks of the whole request
    claim: Callable[[TokenStore, str], bool]  # reserves the name; False if it is taken
    issue: Callable[[TokenStore, Issued], str]  # creates the access token
    rejected_events: Callable[
        [Request, RejectionError], TokenSpec | None
    ]  # event of a rejected request; the conforming service has none
    edits: tuple[Edit, ...]  # change the document of a response
    replies: tuple[Reply, ...]  # change status, headers or body
    framings: tuple[Reply, ...]  # change the transfer of a response
    indent: int | None
    clock: Callable[[], int]
    write_date: Callable[[int], str]
    announce: Callable[[Issued], PlannedEvents]  # events of a created token
    event_first: bool  # send the event before the response
    payloads: tuple[Callable[[Issued, Document], Any], ...]
    pack: Callable[[Any], bytes]
    sign: Callable[[bytes, Secrets], str]
    deliveries: tuple[Callable[[Issued, Delivery], Delivery], ...]  # after signing
    retries: tuple[float, ...]
    again: tuple[Callable[[Issued, Delivery, Secrets], Delivery], ...]  # run before a retry
    keep_alive: bool  # send many deliveries on one connection
    response_timeout: float  # of a receiver, in seconds
    take_reply: Callable[[ReceiverReply], Outcome]
    pause: Callable[[ReceiverReply], float]  # seconds without any delivery after a reply
    after: tuple[
        Callable[[ReceiverReply, Issued, Delivery, Secrets], Delivery], ...
    ]  # run before a retry, like `again`, and know the reply that failed
    twin: Callable[[ReceiverReply, Issued], PlannedEvents]  # further events after a reply
    in_order: bool  # a failed delivery holds back the later ones


Change = Callable[[Behaviour], Behaviour]


def setting(**values: Any) -> Change:
    """Replace the values of hook points."""
    return lambda behaviour: replace(behaviour, **values)


def around(hook: str, wrap: Callable[[Any], Any]) -> Change:
    """Wrap the value of one hook point; `wrap` runs once, so it may hold state."""
    return lambda behaviour: replace(behaviour, **{hook: wrap(getattr(behaviour, hook))})


def adding(hook: str, *steps: Callable[..., Any]) -> Change:
    """Append steps to a hook point that has a list of steps."""
    return around(hook, lambda old: (*old, *steps))


def guard(key: str, make: Callable[[], Callable[[Request], None]]) -> Change:
    return lambda behaviour: replace(behaviour, guards={**behaviour.guards, key: make()})


def together(*changes: Change) -> Change:
    def change(behaviour: Behaviour) -> Behaviour:
        for one in changes:
            behaviour = one(behaviour)
        return behaviour

    return change
