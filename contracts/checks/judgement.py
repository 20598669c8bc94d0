"""What a check says of each case, and the findings that come of it: one for each distinct fault."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from contracts.expectations.keywords import Key, key
from contracts.ledger.ledger import Books, Received
from contracts.model.exchange import Exchange
from openapi.finding import Finding, finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """One case of one constraint: kept, broken, or, where `doubt` says why, not decided."""

    constraint: Key
    case: int
    broken: Finding | None = None
    doubt: str = ""
    """Why the case decided nothing."""
    fault: str = ""
    """Judgements of one fault are one finding."""
    exchange: Exchange | None = None
    received: Received | None = None
    expected: str = ""
    came: str = ""

    @property
    def size(self) -> int:
        """The bytes of what was sent: of several cases the smallest is shown."""
        if self.exchange is not None:
            return len(self.exchange.request.body)
        return len(self.received.delivery.body) if self.received else 0


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and the smallest case that shows it."""

    id: str
    """Eight hex digits, the same for the same fault in every run."""
    finding: Finding
    case: Judgement


def kept(pointer: str, case: int, detail: str = "*") -> Judgement:
    """Return the judgement that the constraint was kept in `case`."""
    return Judgement(key(pointer, detail), case)


def doubtful(pointer: str, case: int, why: str, detail: str = "*") -> Judgement:
    """Return the judgement that `case` decided nothing about the constraint."""
    return Judgement(key(pointer, detail), case, doubt=why)


def broken(  # noqa: PLR0913 - the place, the words, the evidence, and the ways to tell faults apart
    books: Books,
    pointer: str,
    exchange: Exchange | None,
    message: str,
    *,
    case: int | None = None,
    instance: str | None = None,
    detail: str = "*",
    apart: str = "",
    fault: str = "",
    severity: str | None = None,
    received: Received | None = None,
    expected: str = "",
    came: str = "",
) -> Judgement:
    """Return the judgement that the constraint at `pointer` was broken.

    `detail` picks the provenance where a keyword has several; `apart` tells faults of one keyword
    apart; `fault` joins what is one fault at several places.
    """
    made = finding(books.contract, "", pointer, message, instance=instance, detail=detail)
    if severity is not None:
        made = replace(made, severity=severity)
    number = exchange.request.case if exchange else 0
    place = key(pointer, detail)
    return Judgement(
        place,
        number if case is None else case,
        made,
        "",
        fault or " ".join((*place, apart)),
        exchange,
        received,
        expected,
        came,
    )


def merged(check: str, judgements: Iterable[Judgement]) -> list[Found]:
    """Join the judgements of one check: a finding for each fault, with how often it was seen."""
    tried: dict[Key, set[int]] = {}
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        if not judgement.doubt:
            tried.setdefault(judgement.constraint, set()).add(judgement.case)
        if judgement.broken is not None:
            groups.setdefault((judgement.broken.severity, judgement.fault), []).append(judgement)
    result = []
    for (severity, fault), group in groups.items():
        smallest = min(group, key=lambda judgement: judgement.size)
        assert smallest.broken is not None
        cases = {judgement.case for judgement in group}
        among = set().union(*(tried[judgement.constraint] for judgement in group))
        told = replace(smallest.broken, check=check, count=len(cases), tried=len(among))
        result.append(Found(_id(check, severity, fault), told, smallest))
    return sorted(result, key=lambda found: (found.finding.severity, -found.finding.count))


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:8]
