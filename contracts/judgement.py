"""Judgement of one case by a check, and grouping of judgements into findings."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from contracts.expectations.keywords import ConstraintKey, constraint_key
from contracts.ledger.differences import complexity
from contracts.ledger.ledger import JudgedDelivery, Ledger
from contracts.model.exchange import Exchange
from openapi.finding import Finding, make_finding


class Judgement(NamedTuple):
    """Outcome of one case for one constraint: passed, failed (with a finding) or undecided.

    A named tuple, because a run makes a hundred thousand: a frozen dataclass takes five times as
    long.
    """

    constraint: ConstraintKey
    case_id: int
    finding: Finding | None = None
    undecided_reason: str = ""
    """Reason why the case decided nothing; empty if it passed or failed."""
    fault: str = ""
    """Key of the fault: judgements with one key are one finding."""
    exchange: Exchange | None = None
    judged_delivery: JudgedDelivery | None = None
    expected: str = ""
    received: str = ""

    def changed(self, finding: Finding | None, undecided_reason: str) -> "Judgement":
        """Return the judgement with another finding and another reason."""
        return Judgement(
            self.constraint,
            self.case_id,
            finding,
            undecided_reason,
            self.fault,
            self.exchange,
            self.judged_delivery,
            self.expected,
            self.received,
        )

    @property
    def size(self) -> int:
        """Size of the body in bytes."""
        if self.exchange is not None:
            return len(self.exchange.request.body)
        return len(self.judged_delivery.delivery.body) if self.judged_delivery else 0


@dataclass(frozen=True, slots=True)
class GroupedFinding:
    """A finding and the simplest case that shows it."""

    id: str
    """Id of eight hex digits; the same fault has the same id in every run."""
    finding: Finding
    judgement: Judgement
    """The simplest case: fewest differences from the plain valid request, then smallest."""
    judgements: tuple[Judgement, ...] = ()
    """All cases of the finding."""


def passed(pointer: str, case_id: int, detail: str = "*") -> Judgement:
    """Return the judgement that `case_id` passed."""
    return Judgement(constraint_key(pointer, detail), case_id)


def undecided(pointer: str, case_id: int, why: str, detail: str = "*") -> Judgement:
    """Return the judgement that `case_id` did not decide the constraint."""
    return Judgement(constraint_key(pointer, detail), case_id, undecided_reason=why)


def failed(  # noqa: PLR0913 - place, message, evidence, and two ways to separate faults
    ledger: Ledger,
    pointer: str,
    exchange: Exchange | None,
    message: str,
    *,
    case_id: int | None = None,
    instance: str | None = None,
    detail: str = "*",
    apart: str = "",
    fault: str = "",
    severity: str | None = None,
    judged_delivery: JudgedDelivery | None = None,
    expected: str = "",
    received: str = "",
) -> Judgement:
    """Return the judgement that the exchange or delivery violates the constraint at `pointer`.

    `detail` selects the provenance if a keyword has several. `apart` separates faults of one
    keyword. `fault` joins judgements at several places into one fault.
    """
    made = make_finding(ledger.contract, "", pointer, message, instance=instance, detail=detail)
    if severity is not None:
        made = replace(made, severity=severity)
    number = exchange.request.case_id if exchange else 0
    place = constraint_key(pointer, detail)
    return Judgement(
        place,
        number if case_id is None else case_id,
        made,
        "",
        fault or " ".join((*place, apart)),
        exchange,
        judged_delivery,
        expected,
        received,
    )


def group_findings(
    check: str, judgements: Iterable[Judgement], ledger: Ledger | None = None
) -> list[GroupedFinding]:
    """Return one finding for each fault of one check, with the number of its cases.

    With a ledger, the simplest case of each fault comes first; without one, the smallest.
    """
    tried: dict[ConstraintKey, set[int]] = {}
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        if not judgement.undecided_reason:
            tried.setdefault(judgement.constraint, set()).add(judgement.case_id)
        if judgement.finding is not None:
            groups.setdefault((judgement.finding.severity, judgement.fault), []).append(judgement)
    result = []
    for (severity, fault), group in groups.items():
        simplest = min(group, key=lambda judgement: _complexity(ledger, judgement))
        assert simplest.finding is not None
        cases = {judgement.case_id for judgement in group}
        among = set().union(*(tried[judgement.constraint] for judgement in group))
        finding = replace(simplest.finding, check=check, count=len(cases), tried=len(among))
        name = _finding_id(check, severity, fault)
        result.append(GroupedFinding(name, finding, simplest, tuple(group)))
    return sorted(result, key=lambda found: (found.finding.severity, -found.finding.count))


def _complexity(ledger: Ledger | None, judgement: Judgement) -> tuple[int, int, int]:
    """Return what makes a case hard to read: its differences, its size, its number."""
    exchange, item = judgement.exchange, judgement.judged_delivery
    number = item.delivery.id if item else 0
    if ledger is not None and exchange is None and item is not None:
        exchange = ledger.triggering_exchanges.get(item.delivery.id)
    if ledger is None or exchange is None:
        return 0, judgement.size, number
    plain = ledger.plain_requests.get(exchange.request.operation.id)
    return *complexity(exchange.request, plain), number or exchange.request.number


def _finding_id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:8]
