"""The values that travel through the service, and the hook points between them.

A `Plan` is the whole service as data: one callable for each decision. The conforming plan is
composed in `conforming.py`; each legal behaviour and each deviation is a function from one plan
to the next, so the server itself never asks which of them is switched on.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vault import Vault

Document = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


class RefusalError(Exception):
    """The request ends here, with this status."""

    def __init__(self, status: int, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@dataclass(frozen=True)
class Ask:
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
class Answer:
    """One HTTP answer; `stunt` takes the socket over in place of sending it."""

    status: int
    headers: Headers
    body: bytes
    framing: str = "length"  # or "chunked", or "close"
    pause: float = 0.0
    stunt: Callable[[socket.socket], None] | None = None

    def with_header(self, name: str, value: str) -> Answer:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Caller:
    """Who is calling, by which credential, and what that credential permits."""

    user: str
    credential: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
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
    wish: Wish
    caller: Caller
    created: int
    authorization: str
    token: str = ""


@dataclass(frozen=True)
class Parcel:
    """One delivery as it goes over the wire."""

    method: str
    headers: Headers
    body: bytes
    chunked: bool = False

    def with_header(self, name: str, value: str) -> Parcel:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True)
class Secrets:
    """What signs credentials, and what signs deliveries."""

    jwt: str
    webhook: str


Rule = Callable[[object], Any]  # the value or ABSENT -> what is kept; raises RefusalError
Check = Callable[[Document, Wish, Caller], None]
Edit = Callable[[Ask, int, Any], Any]  # a request, a status, a document -> the document
Reply = Callable[[Ask, Answer], Answer]
Drafts = tuple[tuple[float, Issued], ...]  # seconds to wait, what to announce


@dataclass(frozen=True)
class Plan:
    """Every hook point, in the order in which a request meets them."""

    body_limit: int
    gates: Mapping[str, Callable[[Ask], None]]  # before all else; raise RefusalError
    present: Callable[[Ask], str]  # request -> credential text
    recognise: Callable[[Vault, str], Caller]  # credential text -> caller
    permit: Callable[[Caller], bool]
    body_first: bool  # complain about the body before the credential
    media: Callable[[str], bool]
    decode: Callable[[bytes], Any]
    shape: Callable[[Any], Document]
    rules: Mapping[str, Rule]
    checks: tuple[Check, ...]  # what looks at the request as a whole
    claim: Callable[[Vault, str], bool]  # is the name now ours?
    issue: Callable[[Vault, Issued], str]  # makes the access token
    ghosts: Callable[[Ask, RefusalError], Wish | None]  # announce a refused request? (never)
    edits: tuple[Edit, ...]  # on the document of an answer
    replies: tuple[Reply, ...]  # on status, headers, body
    framings: tuple[Reply, ...]  # on how an answer travels
    indent: int | None
    clock: Callable[[], int]
    write_date: Callable[[int], str]
    announce: Callable[[Issued], Drafts]  # the delivery plan
    event_first: bool  # post the event before the answer
    payloads: tuple[Callable[[Issued, Document], Any], ...]
    pack: Callable[[Any], bytes]
    sign: Callable[[bytes, Secrets], str]
    parcels: tuple[Callable[[Issued, Parcel], Parcel], ...]  # after signing
    retries: tuple[float, ...]
    again: tuple[Callable[[Issued, Parcel, Secrets], Parcel], ...]  # before a further attempt
    keep_alive: bool  # many deliveries on one connection


Change = Callable[[Plan], Plan]


def setting(**values: Any) -> Change:
    """Put values in place of what the hook points hold."""
    return lambda plan: replace(plan, **values)


def around(hook: str, wrap: Callable[[Any], Any]) -> Change:
    """Wrap what one hook point holds; `wrap` runs once, so it may hold state."""
    return lambda plan: replace(plan, **{hook: wrap(getattr(plan, hook))})


def adding(hook: str, *steps: Callable[..., Any]) -> Change:
    """Append steps to a hook point that holds several."""
    return around(hook, lambda old: (*old, *steps))


def gate(key: str, make: Callable[[], Callable[[Ask], None]]) -> Change:
    return lambda plan: replace(plan, gates={**plan.gates, key: make()})


def together(*changes: Change) -> Change:
    def change(plan: Plan) -> Plan:
        for one in changes:
            plan = one(plan)
        return plan

    return change
