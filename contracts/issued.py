"""Credentials that the service itself issued, used: good ones, too narrow, expired, revoked."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts import credentials
from contracts.conversation import Conversation
from contracts.credentials import bearer
from contracts.exchange import Credential, Exchange, Expects
from contracts.plan import Plan, Value, constant
from openapi.document import Json
from openapi.expression import parse
from openapi.formats import http_date
from openapi.json_text import parse as parse_json
from openapi.marked import marked
from openapi.pointer import get

ISSUED = "issued"
"""The block of requests that were made with a credential which the service had issued."""
LONG_PAST = "2019-08-24T14:15:22Z"
_SHORT, _PAUSE = 2.0, 2.0
"""Seconds for which a short-lived credential is valid, and how long after that it is tried."""
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """A credential to be issued, and what a service must make of it."""

    kind: str
    expects: Expects
    permissions: tuple[str, ...]
    revoked: bool = False
    expires: str | None = None


class Issuer:
    """Has credentials issued by one operation's success, at one place of its answer."""

    def __init__(self, talk: Conversation, place: str, stated: Mapping[str, Json]) -> None:
        """`place` is a pointer into the answer, `stated` its `x-credential`."""
        self._talk = talk
        self._place = place
        self._where = {
            part: parse(stated[part]).where
            for part in ("permissions", "revoked", "expires")
            if part in stated
        }
        self.needed = list(talk.operation.permissions)
        known = (v for p in talk.places if p.request == self._where.get("permissions") for v in
                 p.choice)  # fmt: skip
        self.few = [permission for permission in known if permission not in self.needed][:2]

    @property
    def enough(self) -> tuple[str, ...]:
        """Permissions with those that are needed neither first nor last: none may be lost."""
        return (*self.few[:1], *self.needed, *self.few[1:])

    def wanted(self) -> Iterator[Wanted]:
        """Yield each kind of credential that the contract's words allow to be asked for."""
        yield Wanted(credentials.ISSUED_GOOD, "accepted", self.enough)
        yield Wanted(credentials.ISSUED_TOO_FEW, "forbidden", tuple(self.few))
        for permission in self.needed:
            for alike in _alike(permission):
                yield Wanted(credentials.ISSUED_ALIKE, "forbidden", (alike,))
        if "revoked" in self._where:
            yield Wanted(credentials.ISSUED_REVOKED, "refused", self.enough, revoked=True)
        if "expires" in self._where:
            yield Wanted(credentials.ISSUED_EXPIRED, "refused", self.enough, expires=LONG_PAST)

    def plan(self, wanted: Wanted) -> Plan:
        """Return the request that asks for the credential."""
        values: dict[str, Value] = {
            self._where["permissions"]: constant(list(wanted.permissions)),
        }
        if wanted.revoked:
            values[self._where["revoked"]] = constant(True)
        if wanted.expires is not None:
            values[self._where["expires"]] = constant(wanted.expires)
        base = self._talk.base() | {where.removeprefix("/"): None for where in values}
        return Plan("valid", f"create: {wanted.kind}", base, self._talk.media_type, values=values)

    def credential(self, wanted: Wanted, made: Exchange) -> Credential | None:
        """Return the credential that the answer holds, or None."""
        token = get(parse_json(made.answer.body).value, self._place) if made.answer else None
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
            return None
        moment = datetime.fromisoformat(wanted.expires).timestamp() if wanted.expires else None
        return Credential(wanted.kind, wanted.expects, bearer(token), moment)

    def use(self, credential: Credential, permissions: tuple[str, ...]) -> Plan:
        """Return a request with the credential, that asks for nothing that it does not hold."""
        values = {self._where["permissions"]: constant(list(permissions))}
        described = f"credential {credential.kind}"
        talk = self._talk
        return Plan(ISSUED, described, talk.base(), talk.media_type, credential, values=values)


def issuers(talk: Conversation) -> Iterator[Issuer]:
    """Yield what issues credentials in the operation's success, if anything does."""
    success = talk.operation.answer_to("valid-request")
    if success is None or not success.content:
        return
    schema = next(iter(success.content.values()))
    for place, pointer in marked(talk.contract, schema, "x-credential"):
        stated = talk.contract.at(pointer)
        if "permissions" in stated and talk.operation.permissions:
            yield Issuer(talk, place, stated)


def one_by_one(talk: Conversation) -> str | None:
    """Have each kind of credential issued and use it; return a sentence if none could be had."""
    for issuer in issuers(talk):
        usable = 0
        for wanted in issuer.wanted():
            credential = issuer.credential(wanted, talk.send(issuer.plan(wanted)))
            if credential is None and wanted.expires is not None:
                credential = _short_lived(talk, issuer)  # the past may be refused
            # Permissions that nobody knows may be refused, too.
            if credential is not None:
                usable += 1
                talk.send(issuer.use(credential, wanted.permissions))
        if not usable:
            return "the service issued no credential that could be used"
    return None


def _short_lived(talk: Conversation, issuer: Issuer) -> Credential | None:
    """Have a credential issued that expires in a moment; return when that moment has passed."""
    ahead = _clock_of_the_service(talk) - time.time()
    moment = datetime.now(UTC) + timedelta(seconds=ahead + _SHORT)
    wanted = Wanted(
        credentials.ISSUED_EXPIRED,
        "refused",
        issuer.enough,
        expires=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    if talk.settings.profile == "quick":
        return None
    credential = issuer.credential(wanted, talk.send(issuer.plan(wanted)))
    if credential is not None and credential.expired_at is not None:
        time.sleep(max(credential.expired_at - ahead + _PAUSE - time.time(), 0.0))
    return credential


def _clock_of_the_service(talk: Conversation) -> float:
    for exchange in reversed(talk.exchanges):
        told = exchange.answer.header("date") if exchange.answer else None
        moment = http_date(told) if told else None
        if moment is not None:
            return time.time() + (moment.timestamp() - exchange.ended)
    return time.time()


def at_once(talk: Conversation) -> None:
    """Have several credentials with different permissions issued at once, and use each.

    What one request asked for must not end up in the credential of another.
    """
    for issuer in issuers(talk):
        pair = [
            Wanted(credentials.ISSUED_GOOD, "accepted", issuer.enough),
            Wanted(credentials.ISSUED_TOO_FEW, "forbidden", tuple(issuer.few)),
        ]
        wanted = pair * AT_ONCE
        made = talk.send_together([issuer.plan(one) for one in wanted])
        for one, exchange in zip(wanted, made, strict=True):
            credential = issuer.credential(one, exchange)
            if credential is not None:
                talk.send(issuer.use(credential, one.permissions))


def _alike(permission: str) -> list[str]:
    """Return permissions that only look like `permission`."""
    resource, colon, action = permission.partition(":")
    other = "read" if action == "write" else "write"
    return [f"{permission}Extra", f"{resource}{colon}{other}", f"x{permission}"]
