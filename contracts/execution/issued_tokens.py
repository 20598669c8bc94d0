"""Requests with issued credentials: sufficient, insufficient, expired, revoked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from contracts.execution.operation_session import OperationSession
from contracts.generators.access.forms import altered_tokens
from contracts.generators.access.tokens import bearer_value, forge_credentials, is_jwt
from contracts.generators.token_requests import (
    PAST_EXPIRY,
    SIMULTANEOUS_USES,
    USE_ORDER,
    IssueTerms,
    TokenRequest,
)
from contracts.model import credential_kinds
from contracts.model.case import ISSUED_PHASE, Case, ValueFactory, constant_value
from contracts.model.exchange import Credential, Exchange
from contracts.model.settings import PROFILES
from openapi.contract import Json
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import parse_expression
from openapi.schemas.formats import date_time_to_ns, parse_http_date

MAX_OTHER_CREDENTIALS = 8
_SHORT_LIFETIME_S, _EXPIRY_PAUSE_S = 2.0, 2.0
"""Lifetime of a short-lived credential in seconds, and the pause between expiry and use."""


class CredentialIssuer:
    """Issuer of credentials: one operation, and the place of the credential in its response."""

    def __init__(self, session: OperationSession, place: str, stated: Mapping[str, Json]) -> None:
        """Take a pointer into the response, and its `x-hookproof-credential` as `stated`."""
        self._session = session
        self._place = place
        self._where = {
            part: parse_expression(stated[part]).where
            for part in ("permissions", "revoked", "expires")
            if part in stated
        }
        needed = tuple(session.operation.permissions)
        pointer = self._where.get("permissions")
        places = [place for place in session.correlators if place.request == pointer]
        others = tuple(v for p in places for v in p.safe_values if v not in needed)
        known_permissions = (*needed, *others)
        self._known = frozenset(known_permissions)
        limit = max((int(place.maximum) for place in places), default=0)
        self.terms = IssueTerms(
            self._where,
            needed,
            others,
            may_omit_expiry=not session.settings.gentle,
            max_permissions=limit or len(known_permissions),
            breadth=PROFILES[session.settings.profile].breadth,
        )

    def case(self, token_request: TokenRequest) -> Case:
        """Return the case that requests the credential."""
        values: dict[str, ValueFactory] = {
            self._where["permissions"]: constant_value(list(token_request.permissions)),
        }
        if token_request.expires is not None:
            values[self._where["expires"]] = constant_value(token_request.expires)
        values |= {
            w: constant_value(value)
            for w, value in token_request.extra_values.items()
            if value is not MISSING
        }
        base_body = self._session.base_body() | {where.removeprefix("/"): None for where in values}
        for where in token_request.extra_values.keys() - values.keys():
            base_body.pop(where.removeprefix("/"), None)
        return Case("valid", f"create: {token_request.kind}", base_body, values=values)

    def credential(self, token_request: TokenRequest, made: Exchange) -> Credential | None:
        """Return the credential in the response, or None."""
        token = get_at(made.response.json.value, self._place) if made.response else None
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
            return None
        moment = (
            datetime.fromisoformat(token_request.expires).timestamp()
            if token_request.expires
            else None
        )
        return Credential(
            token_request.kind, token_request.expected_outcome, bearer_value(token), moment
        )

    def token_request_of(self, exchange: Exchange) -> TokenRequest | None:
        """Return the credential that `exchange` requested; None if its outcome is not certain."""
        body = exchange.request.json.value
        said = {part: get_at(body, where) for part, where in self._where.items()}
        permissions = said["permissions"]
        plain = isinstance(permissions, list) and all(
            isinstance(p, str) and p in self._known for p in permissions
        )
        if not plain or not isinstance(permissions, list) or said.get("revoked") is True:
            return None
        moment = date_time_to_ns(said.get("expires"))
        if moment is not None and moment / 1e9 < time.time() + 3600:
            return None
        enough = set(self.terms.required_permissions) <= set(permissions)
        kind = credential_kinds.ISSUED_GOOD if enough else credential_kinds.ISSUED_INSUFFICIENT
        return TokenRequest(kind, "accepted" if enough else "forbidden", tuple(permissions))

    def use_case(self, credential: Credential, permissions: tuple[str, ...]) -> Case:
        """Return a case that uses the credential and requests only permissions that it has."""
        values = {self._where["permissions"]: constant_value(list(permissions))}
        body = self._session.base_body()
        sent = self._session.credentials.accompanied(credential)
        return Case(ISSUED_PHASE, credential.label, body, credential=sent, values=values)


def find_issuers(session: OperationSession) -> Iterator[CredentialIssuer]:
    """Yield the issuers in the operation's success response."""
    found = {
        place: session.contract.at(pointer)
        for success in reversed(session.operation.responses_caused_by("valid-request"))
        for schema in list(success.content.values())[:1]
        for place, pointer in extended_properties(
            session.contract, schema, "x-hookproof-credential"
        )
    }
    for place, stated in found.items():
        is_used = stated["security-scheme"] in session.credentials.access.schemes
        if is_used and "permissions" in stated and session.operation.permissions:
            yield CredentialIssuer(session, place, stated)


def try_each_kind(session: OperationSession) -> str | None:
    """Request each kind of credential and use it; return a sentence if no credential is usable."""
    for issuer in find_issuers(session):
        usable = 0
        good: Credential | None = None
        for token_request in issuer.terms.token_requests():
            credential = issuer.credential(token_request, session.send(issuer.case(token_request)))
            if credential is None and token_request.expires == PAST_EXPIRY:
                credential = _issue_short_lived(session, issuer)  # a past expiry may be rejected
            # The service may also reject unknown permissions.
            if credential is not None:
                usable += 1
                good = good or credential
                session.send(issuer.use_case(credential, token_request.permissions))
        if good is not None and good.expected_outcome == "accepted":
            # Use the first again: it must still work after others were revoked.
            session.send(issuer.use_case(good, issuer.terms.sufficient_permissions))
            _use_altered(session, issuer, good)
            if issuer.terms.breadth:
                _use_in_other_order(session, issuer)
        if not usable:
            return "the service issued no usable credential"
    return None


def _use_altered(session: OperationSession, issuer: CredentialIssuer, good: Credential) -> None:
    """Use altered texts of an issued credential, which the service must reject."""
    token = (good.value or "").removeprefix(bearer_value(""))
    for form, text in altered_tokens(token, issuer.terms.breadth):
        kind = credential_kinds.ISSUED_ALTERED
        altered = Credential(kind, "refused", bearer_value(text), form=form)
        session.send(issuer.use_case(altered, issuer.terms.sufficient_permissions))
    if issuer.terms.breadth and not is_jwt(session.credentials.token):
        # The run could forge no JWT from its own token.
        for forged in forge_credentials(token):
            session.send(issuer.use_case(forged, issuer.terms.sufficient_permissions))


def _use_in_other_order(session: OperationSession, issuer: CredentialIssuer) -> None:
    """Request two credentials, and use the first after the second was issued."""
    requests = [next(issuer.terms.token_requests()) for _ in {*USE_ORDER}]
    made = [issuer.credential(one, session.send(issuer.case(one))) for one in requests]
    for credential in (made[at] for at in USE_ORDER):
        if credential is not None:
            session.send(issuer.use_case(credential, issuer.terms.sufficient_permissions))


def try_from_other_requests(session: OperationSession) -> None:
    """Use some credentials from the responses of other phases.

    The permissions of a credential must not depend on other properties of its request.
    """
    for issuer in find_issuers(session):
        for exchange in _sample_exchanges(session.exchanges):
            token_request = issuer.token_request_of(exchange)
            credential = issuer.credential(token_request, exchange) if token_request else None
            if token_request is not None and credential is not None:
                session.send(issuer.use_case(credential, token_request.permissions))


def _sample_exchanges(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return a spread sample of accepted requests, at most one of each description."""
    kinds = {
        e.request.description: e
        for e in exchanges
        if e.has_status_of("valid-request") and e.request.credential.expected_outcome == "accepted"
    }
    found = list(kinds.values())
    return found[:: max(1, len(found) // MAX_OTHER_CREDENTIALS)][:MAX_OTHER_CREDENTIALS]


def _issue_short_lived(session: OperationSession, issuer: CredentialIssuer) -> Credential | None:
    """Request a credential that expires soon, and wait for its expiry."""
    ahead = _service_time(session) - time.time()
    moment = datetime.now(UTC) + timedelta(seconds=ahead + _SHORT_LIFETIME_S)
    token_request = TokenRequest(
        credential_kinds.ISSUED_EXPIRED,
        "refused",
        issuer.terms.sufficient_permissions,
        expires=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    if session.settings.profile == "quick":
        return None
    credential = issuer.credential(token_request, session.send(issuer.case(token_request)))
    if credential is not None and credential.expired_at is not None:
        time.sleep(max(credential.expired_at - ahead + _EXPIRY_PAUSE_S - time.time(), 0.0))
    return credential


def _service_time(session: OperationSession) -> float:
    for exchange in reversed(session.exchanges):
        date = exchange.response.header("date") if exchange.response else None
        moment = parse_http_date(date) if date else None
        if moment is not None:
            return time.time() + (moment.timestamp() - exchange.ended)
    return time.time()


def try_concurrently(session: OperationSession) -> None:
    """Request several different credentials concurrently, and use each.

    The service must not confuse the permissions of concurrent requests. Use one credential on
    several connections at once.
    """
    for issuer in find_issuers(session):
        good: Credential | None = None
        batch = issuer.terms.concurrent_requests()
        made = session.send_together([issuer.case(one) for one in batch])
        for one, exchange in zip(batch, made, strict=True):
            credential = issuer.credential(one, exchange)
            if credential is not None:
                session.send(issuer.use_case(credential, one.permissions))
                good = good or (credential if one.expected_outcome == "accepted" else None)
        if good is not None and issuer.terms.breadth:
            use = issuer.use_case(good, issuer.terms.sufficient_permissions)
            session.send_together([use] * SIMULTANEOUS_USES)
