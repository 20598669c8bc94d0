"""Credentials that the service itself issued, used: good ones, too narrow, expired, revoked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from contracts.execution.operation_session import Conversation
from contracts.generators.credentials import bearer
from contracts.generators.token_requests import Terms, Wanted
from contracts.model import credential_kinds
from contracts.model.case import ISSUED, Plan, Value, constant
from contracts.model.exchange import Credential, Exchange
from openapi.contract import Json
from openapi.extensions import marked
from openapi.formats import http_date, instant
from openapi.json_pointer import MISSING, get
from openapi.runtime_expression import parse

OTHERS = 8
"""So many credentials of other requests are used."""
_SHORT, _PAUSE = 2.0, 2.0
"""Seconds for which a short-lived credential is valid, and how long after that it is tried."""


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
        needed = tuple(talk.operation.permissions)
        known = (v for p in talk.places if p.request == self._where.get("permissions") for v in
                 p.choice)  # fmt: skip
        others = tuple(permission for permission in known if permission not in needed)
        self._known = frozenset((*needed, *others))
        self.terms = Terms(self._where, needed, others, lasting=not talk.settings.gentle)

    def plan(self, wanted: Wanted) -> Plan:
        """Return the request that asks for the credential."""
        values: dict[str, Value] = {
            self._where["permissions"]: constant(list(wanted.permissions)),
        }
        if wanted.revoked:
            values[self._where["revoked"]] = constant(True)
        if wanted.expires is not None:
            values[self._where["expires"]] = constant(wanted.expires)
        values |= {w: constant(value) for w, value in wanted.given.items() if value is not MISSING}
        base = self._talk.base() | {where.removeprefix("/"): None for where in values}
        for where in wanted.given.keys() - values.keys():
            base.pop(where.removeprefix("/"), None)
        return Plan("valid", f"create: {wanted.kind}", base, self._talk.media_type, values=values)

    def credential(self, wanted: Wanted, made: Exchange) -> Credential | None:
        """Return the credential that the answer holds, or None."""
        token = get(made.answer.json.value, self._place) if made.answer else None
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
            return None
        moment = datetime.fromisoformat(wanted.expires).timestamp() if wanted.expires else None
        return Credential(wanted.kind, wanted.expects, bearer(token), moment)

    def meant_by(self, exchange: Exchange) -> Wanted | None:
        """Return what credential a request asked for; None where that is not plain to say."""
        body = exchange.request.json.value
        said = {part: get(body, where) for part, where in self._where.items()}
        permissions = said["permissions"]
        plain = isinstance(permissions, list) and all(
            isinstance(p, str) and p in self._known for p in permissions
        )
        if not plain or not isinstance(permissions, list) or said.get("revoked") is True:
            return None
        moment = instant(said.get("expires"))
        if moment is not None and moment / 1e9 < time.time() + 3600:
            return None
        enough = set(self.terms.needed) <= set(permissions)
        kind = credential_kinds.ISSUED_GOOD if enough else credential_kinds.ISSUED_TOO_FEW
        return Wanted(kind, "accepted" if enough else "forbidden", tuple(permissions))

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
        good: Credential | None = None
        for wanted in issuer.terms.wanted():
            credential = issuer.credential(wanted, talk.send(issuer.plan(wanted)))
            if credential is None and wanted.expires is not None:
                credential = _short_lived(talk, issuer)  # the past may be refused
            # Permissions that nobody knows may be refused, too.
            if credential is not None:
                usable += 1
                good = good or credential
                talk.send(issuer.use(credential, wanted.permissions))
        if good is not None and good.expects == "accepted":
            # The first once more: it serves more than once, and others were revoked since.
            talk.send(issuer.use(good, issuer.terms.enough))
        if not usable:
            return "the service issued no credential that could be used"
    return None


def of_other_requests(talk: Conversation) -> None:
    """Use credentials that requests of other blocks were answered with, of several kinds.

    What a credential is good for must not depend on what else its request said.
    """
    for issuer in issuers(talk):
        for exchange in _varied(talk.exchanges):
            wanted = issuer.meant_by(exchange)
            credential = issuer.credential(wanted, exchange) if wanted else None
            if wanted is not None and credential is not None:
                talk.send(issuer.use(credential, wanted.permissions))


def _varied(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return some accepted requests, one of each description, spread over all of them."""
    success = {e.request.operation.answer_to("valid-request") for e in exchanges}
    statuses = {int(response.status) for response in success if response}
    kinds = {
        e.request.description: e
        for e in exchanges
        if e.status in statuses and e.request.credential.expects == "accepted"
    }
    found = list(kinds.values())
    return found[:: max(1, len(found) // OTHERS)][:OTHERS]


def _short_lived(talk: Conversation, issuer: Issuer) -> Credential | None:
    """Have a credential issued that expires in a moment; return when that moment has passed."""
    ahead = _clock_of_the_service(talk) - time.time()
    moment = datetime.now(UTC) + timedelta(seconds=ahead + _SHORT)
    wanted = Wanted(
        credential_kinds.ISSUED_EXPIRED,
        "refused",
        issuer.terms.enough,
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
    """Have several credentials that differ in what they are good for issued at once, and use each.

    What one request asked for must not end up in the credential of another.
    """
    for issuer in issuers(talk):
        wanted = issuer.terms.mixed()
        made = talk.send_together([issuer.plan(one) for one in wanted])
        for one, exchange in zip(wanted, made, strict=True):
            credential = issuer.credential(one, exchange)
            if credential is not None:
                talk.send(issuer.use(credential, one.permissions))
