"""Deviations that every response or event shows, and those of requests at the same time."""

from __future__ import annotations

import base64
import itertools
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import dates, rate_limit, rules
from reference_service.behaviour import (
    Behaviour,
    Caller,
    Change,
    Document,
    Issued,
    PlannedEvents,
    RejectionError,
    Request,
    Response,
    TokenSpec,
    adding,
    around,
    guard,
    setting,
    together,
)
from reference_service.deviation import Deviation, Layer
from reference_service.token_store import TokenStore

_NO_MARK: Final = "JSON has no byte order mark (RFC 8259, section 8.1)"
_TYPES: Final = "fields, nesting and types are as in the seed's example (seed)"
_OWNER: Final = "data.userId names the token's owner (implied)"
_WHEN: Final = "createdAt, updatedAt and triggeredAt tell when the token was created (implied)"
_LIMIT: Final = "the rate limit is 50 requests in 5 s for each address (docs)"
_SECRET: Final = "the access token is in the 201 body and nowhere else (implied)"
_CREDENTIAL: Final = "each request is judged by its own credential (rfc9110)"
_VALID: Final = "a valid request creates a token and its event (seed, implied)"
_TWICE: Final = "a duplicate is a 409 or creates another token (assumed, implied)"
_FAILS: Final = "a 5xx is a failure of the service, whatever the request (implied)"
_MARK: Final = b"\xef\xbb\xbf"
_HOUR: Final = 3600 * dates.TICKS
_MOMENT_S: Final = 0.01


def _wrong(layer: Layer, mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation(layer, mistake, fact, change)


def _marked(test: Callable[[int], bool]) -> Change:
    def reply(request: Request, response: Response) -> Response:
        return replace(response, body=_MARK + response.body) if test(response.status) else response

    return adding("replies", reply)


def _in_header(name: str, make: Callable[[str], str]) -> Change:
    def edit(behaviour: Behaviour) -> Behaviour:
        def reply(request: Request, response: Response) -> Response:
            if response.status != 201:
                return response
            return response.with_header(name, make(rules.decode(response.body)["accessToken"]))

        return adding("replies", reply)(behaviour)

    return edit


def _reversible(text: str) -> str:
    return '"' + base64.b64encode(text.encode()).decode() + '"'


def _data(change: Callable[[Issued, Document], Document]) -> Change:
    return adding(
        "payloads",
        lambda issued, document: {
            **document,
            "data": {**document["data"], **change(issued, document["data"])},
        },
    )


def _owned_by(find: Callable[[], Callable[[Issued], str]]) -> Change:
    """Name another owner, in both places that name it."""

    def change(behaviour: Behaviour) -> Behaviour:
        owner = find()

        def edit(issued: Issued, data: Document) -> Document:
            name = owner(issued)
            return {"userId": name, "user": {**data["user"], "id": name}}

        return _data(edit)(behaviour)

    return change


def _replicas() -> Callable[[Issued], str]:
    owners = itertools.cycle((str(uuid.uuid4()), str(uuid.uuid4())))
    return lambda issued: next(owners)


def _migrated() -> Callable[[Issued], str]:
    numbers = itertools.count()
    return lambda issued: issued.caller.user if next(numbers) < 20 else "u-0001"


def _dated(**moments: Callable[[Issued], int]) -> Change:
    return _data(
        lambda issued, data: {name: dates.write(find(issued)) for name, find in moments.items()}
    )


def _triggered(find: Callable[[Issued], int]) -> Change:
    return adding(
        "payloads", lambda issued, document: {**document, "triggeredAt": dates.write(find(issued))}
    )


def _is_past(spec: TokenSpec) -> bool:
    return spec.expires is not None and spec.expires < dates.now()


def _expiry(make: Callable[[TokenSpec], Any]) -> Change:
    return _data(
        lambda issued, data: {"expiresAt": make(issued.spec)} if _is_past(issued.spec) else {}
    )


def _nothing_granted(issued: Issued, data: Document) -> Document:
    known = set(issued.caller.permissions)
    return {"scopes": None} if not set(issued.spec.scopes) & known and issued.spec.scopes else {}


def _limited(burst: int, seconds: float, cost: Callable[[Request], int] = lambda r: 1) -> Change:
    def make() -> Callable[[Request], None]:
        lock, started, used = threading.Lock(), [0.0], [0]

        def check(request: Request) -> None:
            with lock:
                now = time.time()
                if now >= started[0] + seconds:
                    started[0], used[0] = now, 0
                used[0] += cost(request)
                end, over = started[0] + seconds, used[0] > burst
            if over:
                told = (*rate_limit.in_seconds(end), *rate_limit.headers(0, end))
                raise RejectionError(429, "tooManyRequests", "Too many requests.", told)

        return check

    return guard("limit", make)


def _shared_caller(behaviour: Behaviour) -> Behaviour:
    slot: list[Caller] = []

    def recognise(store: TokenStore, text: str) -> Caller:
        slot[:] = [behaviour.recognise(store, text)]
        time.sleep(_MOMENT_S)
        return slot[0]

    return setting(recognise=recognise)(behaviour)


def _shared_header(behaviour: Behaviour) -> Behaviour:
    slot: list[str] = []

    def present(request: Request) -> str:
        slot[:] = [behaviour.present(request)]
        time.sleep(_MOMENT_S)
        return slot[0]

    return setting(present=present)(behaviour)


def _blocks_for_a_moment(behaviour: Behaviour) -> Behaviour:
    until = [0.0]

    def recognise(store: TokenStore, text: str) -> Caller:
        try:
            caller = behaviour.recognise(store, text)
        except RejectionError:
            until[0] = time.monotonic() + 3 * _MOMENT_S
            raise
        time.sleep(_MOMENT_S)
        if time.monotonic() < until[0]:
            raise RejectionError(401, "unauthorised", "Try again later.")
        return caller

    return setting(recognise=recognise)(behaviour)


def _single_flight(behaviour: Behaviour) -> Behaviour:
    lock, flying = threading.Lock(), [0]
    last: list[Caller] = []

    def recognise(store: TokenStore, text: str) -> Caller:
        with lock:
            flying[0] += 1
            alone = flying[0] == 1
        try:
            if not alone and last:
                return last[0]
            last[:] = [behaviour.recognise(store, text)]
            time.sleep(2 * _MOMENT_S)
            return last[0]
        finally:
            with lock:
                flying[0] -= 1
                if flying[0] == 0:
                    last.clear()

    return setting(recognise=recognise)(behaviour)


def _after_conflict(act: Callable[[Any, Request], Any]) -> Change:
    """Change the response to a request that is as long as the last one with a conflict."""

    def change(behaviour: Behaviour) -> Behaviour:
        length = [-1]

        def check(request: Request) -> None:
            if len(request.body) == length[0]:
                act(behaviour, request)

        def reply(request: Request, response: Response) -> Response:
            length[0] = len(request.body) if response.status == 409 else -1
            return response

        return adding("replies", reply)(guard("conflict", lambda: check)(behaviour))

    return change


def _conflict_again(behaviour: Behaviour, request: Request) -> None:
    raise RejectionError(409, "nameTaken", "The name is taken.")


def _stale_buffer(behaviour: Behaviour) -> Behaviour:
    """Read a body into the buffer of the last conflict, which only another length replaces."""
    kept: list[Any] = []
    used: list[tuple[int, Any]] = []

    def decode(raw: bytes) -> Any:
        document = behaviour.decode(raw)
        used[:] = [(len(raw), document)]
        return document

    def claim(store: TokenStore, name: str) -> bool:
        free = behaviour.claim(store, name)
        if not free:
            kept[:] = used
        return free

    def announce(issued: Issued) -> PlannedEvents:
        if kept and used and kept[0][0] == used[0][0]:
            issued = replace(issued, spec=replace(issued.spec, name=kept[0][1]["name"]))
        kept.clear()
        return behaviour.announce(issued)

    return setting(decode=decode, claim=claim, announce=announce)(behaviour)


def _event_skipped(behaviour: Behaviour) -> Behaviour:
    """Forget to clear the mark of a conflict, which suppresses the event of the next request."""
    lengths: list[int] = []
    conflicts: list[int] = []

    def decode(raw: bytes) -> Any:
        lengths[:] = [len(raw)]
        return behaviour.decode(raw)

    def claim(store: TokenStore, name: str) -> bool:
        free = behaviour.claim(store, name)
        if not free:
            conflicts[:] = lengths
        return free

    def announce(issued: Issued) -> PlannedEvents:
        suppressed = bool(conflicts) and conflicts == lengths
        conflicts.clear()
        return () if suppressed else behaviour.announce(issued)

    return setting(decode=decode, claim=claim, announce=announce)(behaviour)


def _equal_within(seconds: float, act: Callable[[Request, Response], Response]) -> Change:
    """Change the response to a request that equals an accepted one of a moment ago."""

    def change(behaviour: Behaviour) -> Behaviour:
        accepted: dict[bytes, tuple[float, Response]] = {}

        def reply(request: Request, response: Response) -> Response:
            then, first = accepted.get(request.body, (0.0, response))
            if time.monotonic() - then < seconds:
                return act(request, first)
            if response.status == 201:
                accepted[request.body] = (time.monotonic(), response)
            return response

        return adding("replies", reply)(behaviour)

    return change


def _crashes_on(field: str, *tests: Callable[[Any], bool]) -> Change:
    return together(*(rules.crashes(field, test) for test in tests))


def _string(test: Callable[[str], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and test(value)


_SEEN: Final = {
    "bom-in-responses": _wrong(
        "responses",
        "Encoding.UTF8 of .NET writes its preamble before every body.",
        _NO_MARK,
        _marked(lambda status: True),
    ),
    "bom-in-created": _wrong(
        "responses",
        "The template file of the 201 was saved by an editor that adds a byte order mark.",
        _NO_MARK,
        _marked(lambda status: status == 201),
    ),
    "bom-in-errors": _wrong(
        "responses",
        "The error handler writes its own UTF-8 text, with a preamble.",
        _NO_MARK,
        _marked(lambda status: status >= 400),
    ),
    "webhook-bom": _wrong(
        "webhooks",
        "The sender encodes the payload with a preamble, and signs it too.",
        _NO_MARK,
        around("pack", lambda old: lambda document: _MARK + old(document)),
    ),
    "payload-past-expiry-number": _wrong(
        "webhooks",
        "The branch for expired tokens copies the stored Unix time.",
        _TYPES,
        _expiry(lambda spec: (spec.expires or 0) // dates.TICKS),
    ),
    "payload-past-expiry-local": _wrong(
        "webhooks",
        "The branch for expired tokens formats the date without its zone.",
        _TYPES,
        _expiry(lambda spec: dates.write(spec.expires or 0).rstrip("Z")),
    ),
    "payload-unknown-scopes-null": _wrong(
        "webhooks",
        "A filter of known permissions returns null in place of an empty array.",
        _TYPES,
        _data(_nothing_granted),
    ),
    "payload-user-of-event": _wrong(
        "webhooks",
        "The id of the owner is a new one in every event.",
        _OWNER,
        _owned_by(lambda: lambda issued: str(uuid.uuid5(uuid.NAMESPACE_OID, issued.ident))),
    ),
    "payload-user-of-replica": _wrong(
        "webhooks",
        "Each replica of the service numbers its users itself.",
        _OWNER,
        _owned_by(_replicas),
    ),
    "payload-user-migrated": _wrong(
        "webhooks",
        "A cache of users is refreshed from a table with other ids.",
        _OWNER,
        _owned_by(_migrated),
    ),
    "payload-created-ahead": _wrong(
        "webhooks",
        "createdAt is local time, written with a Z.",
        _WHEN,
        _dated(createdAt=lambda issued: issued.created + 2 * _HOUR),
    ),
    "payload-created-long-ago": _wrong(
        "webhooks",
        "createdAt is the default value of the column.",
        _WHEN,
        _dated(createdAt=lambda issued: 0),
    ),
    "payload-updated-before-created": _wrong(
        "webhooks",
        "updatedAt is cut to the minute.",
        _WHEN,
        _dated(
            createdAt=lambda issued: issued.created // (_HOUR // 60) * (_HOUR // 60) + _HOUR // 61,
            updatedAt=lambda issued: issued.created // (_HOUR // 60) * (_HOUR // 60),
        ),
    ),
    "payload-triggered-behind": _wrong(
        "webhooks",
        "triggeredAt is written by a host in another time zone.",
        _WHEN,
        _triggered(lambda issued: issued.created - 5 * _HOUR),
    ),
    "rate-limit-of-trial": _wrong(
        "robustness",
        "The limit of a trial account is configured for all.",
        _LIMIT,
        _limited(20, 5.0),
    ),
    "rate-limit-per-second": _wrong(
        "robustness",
        "The proxy allows three requests in each second.",
        _LIMIT,
        _limited(3, 1.0),
    ),
    "rate-limit-of-writes": _wrong(
        "robustness",
        "Each of three layers counts a POST.",
        _LIMIT,
        _limited(50, 5.0, lambda request: 3 if request.method == "POST" else 1),
    ),
    "token-in-location": _wrong(
        "responses",
        "Location is built with the token, which is the key of the resource.",
        _SECRET,
        _in_header("Location", lambda token: f"/v3/personal-access-tokens/{token}"),
    ),
    "token-in-cookie": _wrong(
        "responses",
        "The middleware of the web pages also sets the token as a cookie.",
        _SECRET,
        _in_header("Set-Cookie", lambda token: f"session={token}; HttpOnly"),
    ),
    "token-in-etag": _wrong(
        "responses",
        "ETag is the encoded body key in place of a hash.",
        _SECRET,
        _in_header("ETag", _reversible),
    ),
}

_AT_ONCE: Final = {
    "caller-in-a-global": _wrong(
        "credentials",
        "The recognised caller is kept in a global variable, which another request replaces.",
        _CREDENTIAL,
        _shared_caller,
    ),
    "header-in-a-field": _wrong(
        "credentials",
        "A singleton keeps the Authorization header in a field until it is checked.",
        _CREDENTIAL,
        _shared_header,
    ),
    "caller-of-a-single-flight": _wrong(
        "credentials",
        "Concurrent checks are joined into one, whatever their credential.",
        _CREDENTIAL,
        _single_flight,
    ),
    "valid-blocked-by-invalid": _wrong(
        "credentials",
        "An invalid credential blocks its address for a moment.",
        _CREDENTIAL,
        _blocks_for_a_moment,
    ),
    "conflict-by-length": _wrong(
        "responses",
        "A cached conflict is found by path and Content-Length.",
        _VALID,
        _after_conflict(_conflict_again),
    ),
    "payload-of-stale-buffer": _wrong(
        "webhooks",
        "The event is read from a reused buffer, which still has the conflicting body.",
        _VALID,
        _stale_buffer,
    ),
    "webhook-lost-after-conflict": _wrong(
        "webhooks",
        "The mark of a conflict is keyed by the length, and suppresses the next event.",
        _VALID,
        _event_skipped,
    ),
    "equal-request-cached": _wrong(
        "responses",
        "A cache returns the first response to equal bodies for two seconds.",
        _TWICE,
        _equal_within(2.0, lambda request, first: first),
    ),
    "equal-request-accepted-202": _wrong(
        "responses",
        "Protection against double clicks answers equal bodies with 202.",
        _TWICE,
        _equal_within(2.0, lambda request, first: replace(first, status=202, body=b"{}")),
    ),
    "equal-request-500": _wrong(
        "robustness",
        "The key of the request log is a hash of body and second, and is unique.",
        _FAILS,
        _equal_within(
            2.0,
            lambda request, first: replace(
                first, status=500, body=b'{"message": "Something went wrong.", "code": "error"}'
            ),
        ),
    ),
}

_CRASHES: Final = {
    "seven-crashes": _wrong(
        "robustness",
        "Seven unhandled exceptions, each with another cause.",
        _FAILS,
        together(
            _crashes_on(
                "name",
                _string(lambda v: "%" in v),
                _string(lambda v: any(c > "\uffff" for c in v)),
                lambda v: v is None,
                lambda v: isinstance(v, list),
            ),
            _crashes_on("scopes", lambda v: v == [], lambda v: isinstance(v, dict)),
            _crashes_on("revoked", lambda v: isinstance(v, str)),
        ),
    ),
    "one-permission-500": _wrong(
        "robustness",
        "One permission has no row in the database.",
        _FAILS,
        _crashes_on("scopes", lambda v: isinstance(v, list) and "webhook:read" in v),
    ),
    "body-over-a-buffer-500": _wrong(
        "robustness",
        "Names over 200 characters overflow the column of the audit log.",
        _FAILS,
        _crashes_on("name", _string(lambda v: len(v) > 200)),
    ),
}

UNJUDGED: Final[dict[str, Deviation]] = {**_SEEN, **_AT_ONCE, **_CRASHES}
