"""Causes: which finding follows from another one, because one fault explains both. Pure.

A finding follows from another only if that one explains each of its cases. The rules: the same
place in the same message; properties that another naming convention hides; values of one format
that one serialiser writes; a response or an event that comes from a wrong status; the same
undocumented status instead of the same documented one; a trait of the body that only failing
requests have; two checks of one mistake, such as a secret that repeats; a missing event that
arrived unreadable.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.checks import CHECKS
from contracts.expectations.expectation import Expectation, expected_response
from contracts.judgement import GroupedFinding, Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.credential_kinds import MISPLACED
from contracts.model.exchange import Exchange
from contracts.reporting.traits import body_traits
from openapi.json_pointer import get_at, is_array_index
from openapi.runtime_expression import parse_expression
from openapi.schemas.validation import type_name

_FAILED_REQUESTS = ("no-response", "server-error")
_WRONG_STATUSES = (
    "valid-request",
    "invalid-request",
    "invalid-credential",
    "insufficient-permission",
    "issued-credential",
    "unknown-resource",
    "duplicate-request",
    "allowed-rejection",
)
_UNREADABLE_DELIVERIES = ("webhook-method", "webhook-media-type", "webhook-json")
_ROOTS_FIRST = (*_FAILED_REQUESTS, *_WRONG_STATUSES, *_UNREADABLE_DELIVERIES, "webhook-event-name")
"""Checks whose findings explain others, nearest to the root first; the others follow in order."""
_DERIVED_EVENTS = ("webhook-unexpected", "webhook-sent")
_RESPONSE_CHECKS = ("response-", "unique-value", "secret-leak")
_FIRST_ERROR = 400
"""Lowest status of an error."""


def find_roots(ledger: Ledger, findings: Sequence[GroupedFinding]) -> dict[str, str]:
    """Return the id of the root for each finding that follows from another one.

    A root follows from nothing. A violation never follows from a warning.
    """
    causes = sorted((_Cause(ledger, found) for found in findings), key=lambda cause: cause.order)
    groups: list[list[_Cause]] = []
    for cause in causes:
        group = next((group for group in groups if _explains(group, cause)), None)
        if group is None:
            groups.append([cause])
        else:
            group.append(cause)
    return {other.found.id: group[0].found.id for group in groups for other in group[1:]}


@dataclass(frozen=True)
class _Cause:
    """A finding with what its cases share."""

    ledger: Ledger
    found: GroupedFinding

    @property
    def check(self) -> str:
        return self.found.finding.check

    @property
    def order(self) -> tuple[bool, int, bool, int, str]:
        """Order from roots to what follows: violations, checks near the root, many cases.

        Of one check, what belongs to a request comes first.
        """
        names = [*_ROOTS_FIRST, *(name for name in CHECKS if name not in _ROOTS_FIRST)]
        place = names.index(self.check) if self.check in names else len(names)
        finding = self.found.finding
        warns = finding.severity == "warning"
        return warns, place, not self.exchanges, -finding.count, self.found.id

    @cached_property
    def exchanges(self) -> Mapping[int, Exchange]:
        """Exchanges of all cases, by request number."""
        found = (_exchange(self.ledger, judgement) for judgement in self._judgements)
        return {exchange.request.number: exchange for exchange in found if exchange is not None}

    @cached_property
    def deliveries(self) -> frozenset[int]:
        """Ids of the deliveries of all cases."""
        return frozenset(
            judgement.judged_delivery.delivery.id
            for judgement in self._judgements
            if judgement.judged_delivery is not None
        )

    @cached_property
    def places(self) -> frozenset[tuple[int, str]] | None:
        """Message and place of each case; None if a case has no place."""
        found = set()
        for judgement in self._judgements:
            instance = judgement.finding.instance if judgement.finding else None
            subject = _subject(self.ledger, judgement)
            if instance is None or subject is None:
                return None
            found.add((subject, _without_numbers(instance)))
        return frozenset(found)

    @cached_property
    def subjects(self) -> frozenset[int | None]:
        """Messages of all cases."""
        return frozenset(_subject(self.ledger, judgement) for judgement in self._judgements)

    @cached_property
    def is_renamed(self) -> bool:
        """Whether each case misses a property that is there in another naming convention."""
        return all(map(_has_other_name, self._judgements))

    @cached_property
    def shapes(self) -> frozenset[tuple[str, str, str]]:
        """Format, JSON type and form of each wrong value that has a format in the schema."""
        document = self.ledger.contract.document
        return frozenset(filter(None, (_shape(document, one) for one in self._judgements)))

    @cached_property
    def message(self) -> str:
        """Message that the places are in: `delivery`, `response` or `request`."""
        if self.check.startswith("webhook-") or self.deliveries:
            return "delivery"
        return "response" if self.check.startswith(_RESPONSE_CHECKS) else "request"

    @cached_property
    def statuses(self) -> frozenset[tuple[str, int]]:
        """Operation and status of each exchange, if the contract lacks all of these statuses."""
        exchanges = self.exchanges.values()
        if any(e.status is None or _is_documented(e) for e in exchanges):
            return frozenset()
        return frozenset((e.request.operation.id, e.status or 0) for e in exchanges)

    @cached_property
    def plain_statuses(self) -> frozenset[int | None]:
        """Statuses of the plain valid request of each operation of the cases."""
        plain = self.ledger.plain_requests
        found = (plain.get(e.request.operation.id) for e in self.exchanges.values())
        by_case = self.ledger.exchanges_by_case
        return frozenset(e.status for r in found if r for e in by_case[r.case_id])

    @cached_property
    def expectations(self) -> Sequence[Expectation]:
        """Expected response of each exchange."""
        contract = self.ledger.contract
        return [expected_response(contract, e.request, e.started) for e in self.exchanges.values()]

    @property
    def _judgements(self) -> Iterable[Judgement]:
        return self.found.judgements or (self.found.judgement,)


def _is_documented(exchange: Exchange) -> bool:
    """Return whether the contract has the status, or a range or `default` for it with a cause."""
    stated = exchange.documented_response
    return stated is not None and (stated.status.isdecimal() or bool(stated.cause))


def _exchange(ledger: Ledger, judgement: Judgement) -> Exchange | None:
    """Return the exchange of a case; for a delivery the one that triggered it."""
    if judgement.exchange is not None or judgement.judged_delivery is None:
        return judgement.exchange
    return ledger.triggering_exchanges.get(judgement.judged_delivery.delivery.id)


def _subject(ledger: Ledger, judgement: Judgement) -> int | None:
    """Return a number for the message that a case is about: its request, else its delivery."""
    exchange = _exchange(ledger, judgement)
    if exchange is not None:
        return exchange.request.number
    return -judgement.judged_delivery.delivery.id if judgement.judged_delivery else None


def _has_other_name(judgement: Judgement) -> bool:
    finding = judgement.finding
    if finding is None or finding.instance is None or not finding.pointer.endswith("/required"):
        return False
    value = get_at(_json(judgement), finding.instance)
    names = {name: _folded(name) for name in value} if isinstance(value, dict) else {}
    return finding.detail not in names and _folded(finding.detail) in names.values()


def _shape(document: Mapping[str, object], judgement: Judgement) -> tuple[str, str, str] | None:
    """Return format, type and form of the value; None for one without a format, or null."""
    finding = judgement.finding
    if finding is None or finding.instance is None:
        return None
    schema_pointer, _, keyword = finding.pointer.rpartition("/")
    schema, value = get_at(document, schema_pointer), get_at(_json(judgement), finding.instance)
    stated = schema.get("format") if isinstance(schema, dict) else None
    if keyword not in ("format", "type") or stated is None or not isinstance(value, str | int):
        return None
    return stated, type_name(value), re.sub(r"\d+", "0", str(value))


def _json(judgement: Judgement) -> object:
    if judgement.judged_delivery is not None:
        return judgement.judged_delivery.verdict.payload
    response = judgement.exchange.response if judgement.exchange else None
    return response.json.value if response else None


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _without_numbers(place: str) -> str:
    return "/".join("*" if is_array_index(token) else token for token in place.split("/"))


def _explains(group: Sequence[_Cause], other: _Cause) -> bool:
    """Return whether a group, its root first, explains every case of `other`, later in order."""
    severities = (group[0].found.finding.severity, other.found.finding.severity)
    if severities == ("warning", "violation"):
        return False
    return _has_the_wrong_status_of(group, other) or any(
        rule(one, other)
        for one in group
        for rule in (
            _is_at_the_same_place,
            _is_renamed_with,
            _is_serialised_like,
            _is_unchecked_credential,
            _is_the_same_mistake,
            _is_event_of_a_rejection,
            _is_the_same_undocumented_status,
            _fails_by_the_same_trait,
            _is_unreadable_event,
        )
    )


def _is_at_the_same_place(root: _Cause, other: _Cause) -> bool:
    """Whether both see the same values of the same messages.

    Findings of one check need equal cases; a finding of another check may have fewer.
    """
    if root.message != other.message or not root.places or not other.places:
        return False
    if root.check == other.check:
        return root.places == other.places
    return other.places <= root.places


def _is_renamed_with(root: _Cause, other: _Cause) -> bool:
    """Whether both miss properties that the same messages have in another naming convention."""
    same = root.message == other.message and other.subjects <= root.subjects
    return same and root.is_renamed and other.is_renamed


def _is_serialised_like(root: _Cause, other: _Cause) -> bool:
    """Whether both have values of one format, such as date-time, in the same wrong form."""
    return bool(root.shapes & other.shapes)


def _is_unchecked_credential(root: _Cause, other: _Cause) -> bool:
    """Whether an operation accepts requests without a credential, so that it checks none."""
    if (root.check, other.check) != ("invalid-credential", "insufficient-permission"):
        return False
    unchecked = {
        (exchange.request.operation, exchange.status)
        for exchange in root.exchanges.values()
        if exchange.request.credential.kind in ("missing", *MISPLACED)
    }
    return {(e.request.operation, e.status) for e in other.exchanges.values()} <= unchecked


def _is_the_same_mistake(root: _Cause, other: _Cause) -> bool:
    """Whether both checks see one mistake: a secret that repeats, a body that is no JSON."""
    match root.check, other.check:
        case "unique-value", "secret-leak":
            return not other.deliveries and other.exchanges.keys() <= root.exchanges.keys()
        case "webhook-media-type", "webhook-json":
            return other.deliveries <= root.deliveries
    return False


def _is_event_of_a_rejection(root: _Cause, other: _Cause) -> bool:
    """Whether the events of no request in `other` may be of rejected ones, as those in `root`."""
    if (root.check, other.check) != ("webhook-unexpected", "webhook-unexpected"):
        return False
    statuses = {exchange.status for exchange in root.exchanges.values()}
    further = sum(
        status in statuses and exchange.request.number not in root.exchanges
        for exchange, status in root.ledger.answered_exchanges
    )
    return bool(root.exchanges) and not other.exchanges and other.found.finding.count <= further


def _has_the_wrong_status_of(group: Sequence[_Cause], other: _Cause) -> bool:
    """Whether `other` is about the responses, or events, of requests that had a wrong status."""
    root = group[0]
    if root.check not in (*_FAILED_REQUESTS, *_WRONG_STATUSES) or not other.exchanges:
        return False
    if not other.exchanges.keys() <= {number for one in group for number in one.exchanges}:
        return False
    if other.check.startswith("response-") or other.check in _DERIVED_EVENTS:
        return other.check != root.check
    return root.check == "invalid-request" and _echoes_invalid_value(root, other)


def _echoes_invalid_value(root: _Cause, other: _Cause) -> bool:
    """Whether `other` is at the payload place that echoes the invalid value of `root`."""
    sent = {j.finding.instance for j in root.found.judgements if j.finding}
    echoed = {
        stated["to"]
        for event in root.ledger.contract.events
        for stated in event.trigger.get("echoes", ())
        if parse_expression(stated["from"]).where in sent
    }
    places = {place for _, place in other.places or ()}
    return other.message == "delivery" and bool(places) and places <= echoed


def _is_the_same_undocumented_status(root: _Cause, other: _Cause) -> bool:
    """Whether one error or success handler sent both: the same status for the same documented one.

    A status of the contract proves nothing: each request may get it for another reason.
    """
    compared = (root.check, other.check)
    if not all(check in _WRONG_STATUSES for check in compared) or not other.statuses:
        return False
    if len(root.statuses) != 1 or root.statuses != other.statuses:
        return False
    ((_, status),) = root.statuses
    if status < _FIRST_ERROR and status not in root.plain_statuses:
        return True  # No success has this status, so an error handler sends it.
    wanted = {expected.statuses for expected in root.expectations}
    if len(wanted) != 1:
        return False
    (statuses,) = wanted
    if status // 100 not in {known // 100 for known in statuses}:
        return False
    return all(
        {*statuses} <= {*e.statuses, *(allowed.status for allowed in e.allowed_rejections)}
        for e in other.expectations
    )


def _fails_by_the_same_trait(root: _Cause, other: _Cause) -> bool:
    """Whether all requests of both have a trait in the body that no accepted request has."""
    if {root.check, other.check} - set(_FAILED_REQUESTS):
        return False
    exchanges = [*root.exchanges.values(), *other.exchanges.values()]
    operations = {exchange.request.operation for exchange in exchanges}
    if len(operations) != 1 or len({exchange.status for exchange in exchanges}) != 1:
        return False
    shared = frozenset[str].intersection(*(body_traits(e.request) for e in exchanges))
    accepted = (
        body_traits(exchange.request)
        for exchange, status in root.ledger.answered_exchanges
        if status < _FIRST_ERROR and exchange.request.operation in operations
    )
    return bool(shared.difference(*accepted))


def _is_unreadable_event(root: _Cause, other: _Cause) -> bool:
    """Whether the events that `other` misses, or cannot match, arrived in the form of `root`."""
    unmatched = {
        item.delivery.id
        for event in root.ledger.reconciliation.unmatched_events
        for item in event.attempts
    }
    arrived = root.deliveries & unmatched
    if root.check not in (*_UNREADABLE_DELIVERIES, "webhook-event-name") or not arrived:
        return False
    if other.check == "webhook-sent":
        return len(other.exchanges) <= len(arrived)
    foreign = {-judgement.case_id for judgement in other.found.judgements}
    return other.check == "webhook-unexpected" and foreign <= arrived
