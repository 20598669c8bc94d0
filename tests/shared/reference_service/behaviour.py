"""Values that travel through the service, and the hook points between them.

A `Behaviour` is the whole service as data: one callable for each decision. `conforming.py` composes
the conforming one. A legal variant and a deviation are functions from one behaviour to the next, so
the server never asks which of them is active.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_service.token_store import TokenStore

Document = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


class RejectionError(Exception):
    """The request ends here, with this status."""

    def __init__(self, status: int, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@dataclass(frozen=True)
class Request:
    """One HTTP request, read to its end; `number` counts from 1."""

    number: int
    client: str
    method: str
    path: str
    headers: Headers
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True)
class Response:
    """One HTTP response; `stunt` takes the socket over in place of sending it."""

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
    """Who is calling, by which credential, and what that credential permits."""

    user: str
    credential: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class TokenSpec:
    """What a valid request asks for; `expires` in ticks (see dates.py)."""

    name: str
    scopes: tuple[str, ...]
    revoked: bool
    expires: int | None


@dataclass(frozen=True)
class Issued:
    """A personal access token that was made, with what its event may need to know."""

    ident: str
    number: int
    spec: TokenSpec
    caller: Caller
    created: int
    authorization: str
    token: str = ""


@dataclass(frozen=True)
class Delivery:
    """One delivery as it goes over the wire."""

    method: str
    headers: Headers
    body: bytes
    chunked: bool = False

    def with_header(self, name: str, value: str) -> Delivery:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Secrets:
    """What signs credentials, and what signs deliveries."""

    jwt: str
    webhook: str


Rule = Callable[[object], Any]  # the value or ABSENT -> what is kept; raises RejectionError
Check = Callable[[Document, TokenSpec, Caller], None]
Edit = Callable[[Request, int, Any], Any]  # a request, a status, a document -> the document
Reply = Callable[[Request, Response], Response]
PlannedEvents = tuple[tuple[float, Issued], ...]  # seconds to wait, what to announce


@dataclass(frozen=True)
class Behaviour:
    """Every hook point, in the order in which a request meets them."""

    body_limit: int
    guards: Mapping[str, Callable[[Request], None]]  # before all else; raise RejectionError
    present: Callable[[Request], str]  # request -> credential text
    recognise: Callable[[TokenStore, str], Caller]  # credential text -> caller
    permit: Callable[[Caller], bool]
    body_first: bool  # complain about the body before the credential
    media: Callable[[str], bool]
    decode: Callable[[bytes], Any]
    shape: Callable[[Any], Document]
    rules: Mapping[str, Rule]
    checks: tuple[Check, ...]  # what looks at the request as a whole
    claim: Callable[[TokenStore, str], bool]  # is the name now ours?
    issue: Callable[[TokenStore, Issued], str]  # makes the access token
    rejected_events: Callable[
        [Request, RejectionError], TokenSpec | None
    ]  # announce a rejected request? (never)
    edits: tuple[Edit, ...]  # on the document of a response
    replies: tuple[Reply, ...]  # on status, headers, body
    framings: tuple[Reply, ...]  # on how a response travels
    indent: int | None
    clock: Callable[[], int]
    write_date: Callable[[int], str]
    announce: Callable[[Issued], PlannedEvents]  # the delivery behaviour
    event_first: bool  # post the event before the response
    payloads: tuple[Callable[[Issued, Document], Any], ...]
    pack: Callable[[Any], bytes]
    sign: Callable[[bytes, Secrets], str]
    deliveries: tuple[Callable[[Issued, Delivery], Delivery], ...]  # after signing
    retries: tuple[float, ...]
    again: tuple[Callable[[Issued, Delivery, Secrets], Delivery], ...]  # before a further attempt
    keep_alive: bool  # many deliveries on one connection


Change = Callable[[Behaviour], Behaviour]


def setting(**values: Any) -> Change:
    """Put values in place of what the hook points hold."""
    return lambda behaviour: replace(behaviour, **values)


def around(hook: str, wrap: Callable[[Any], Any]) -> Change:
    """Wrap what one hook point holds; `wrap` runs once, so it may hold state."""
    return lambda behaviour: replace(behaviour, **{hook: wrap(getattr(behaviour, hook))})


def adding(hook: str, *steps: Callable[..., Any]) -> Change:
    """Append steps to a hook point that holds several."""
    return around(hook, lambda old: (*old, *steps))


def guard(key: str, make: Callable[[], Callable[[Request], None]]) -> Change:
    return lambda behaviour: replace(behaviour, guards={**behaviour.guards, key: make()})


def together(*changes: Change) -> Change:
    def change(behaviour: Behaviour) -> Behaviour:
        for one in changes:
            behaviour = one(behaviour)
        return behaviour

    return change
