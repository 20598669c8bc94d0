"""The closed books of a run, which the checks read, and the judgements that they return."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from contracts.correlators import Correlator
from contracts.exchange import Exchange
from contracts.ledger import Balance, Received
from contracts.settings import Settings
from openapi.document import Contract, Event
from openapi.finding import Finding, finding


@dataclass(frozen=True, eq=False)
class Books:
    """All that happened in a run. Nothing is added any more."""

    contract: Contract
    settings: Settings
    exchanges: tuple[Exchange, ...]
    received: tuple[Received, ...]
    balance: Balance
    undecided: tuple[str, ...]
    """A sentence for each case that the run could not make."""
    places: Mapping[str, tuple[Correlator, ...]]
    """The correlators of each operation, by its id."""

    @property
    def answered(self) -> Iterator[tuple[Exchange, int]]:
        """Yield each exchange that got an answer, and its status."""
        for exchange in self.exchanges:
            if exchange.status is not None:
                yield exchange, exchange.status

    def deadline(self, event: Event) -> float:
        """Return the seconds within which a delivery of `event` must have come."""
        stated = float(event.trigger["deadline"]["seconds"])
        given = self.settings.webhook_deadline
        return stated if given is None else given


@dataclass(frozen=True, slots=True)
class Judgement:
    """One case of one check."""

    subject: str
    """What is tried: cases of the same subject are counted together."""
    case: int
    broken: Finding | None = None
    detail: str = ""
    """Tells apart what is broken at one pointer: each is a finding of its own."""
    size: int = 0
    """The bytes of the request: of several cases the smallest is shown."""


def kept(subject: str, case: int) -> Judgement:
    """Return the judgement that the constraint was kept in `case`."""
    return Judgement(subject, case)


def broken(  # noqa: PLR0913 - the place, the words, and the ways to tell findings apart
    books: Books,
    pointer: str,
    exchange: Exchange | None,
    message: str,
    *,
    case: int | None = None,
    subject: str | None = None,
    instance: str | None = None,
    detail: str = "*",
    apart: str = "",
    severity: str | None = None,
) -> Judgement:
    """Return the judgement that the constraint at `pointer` was broken.

    `detail` picks the provenance where a keyword has several; `apart` tells findings apart.
    """
    made = finding(books.contract, "", pointer, message, instance=instance, detail=detail)
    if severity is not None:
        made = replace(made, severity=severity)
    number = exchange.request.number if exchange else 0
    size = len(exchange.request.body) if exchange else 0
    return Judgement(subject or pointer, number if case is None else case, made, apart, size)


def merged(check: str, judgements: Iterable[Judgement]) -> list[Finding]:
    """Join the judgements of one check: a finding for each fault, with how often it was seen."""
    tried: dict[str, set[int]] = {}
    groups: dict[tuple[str, str, str], list[Judgement]] = {}
    for judgement in judgements:
        tried.setdefault(judgement.subject, set()).add(judgement.case)
        if judgement.broken is not None:
            key = (judgement.broken.severity, judgement.broken.pointer, judgement.detail)
            groups.setdefault(key, []).append(judgement)
    result = []
    for group in groups.values():
        smallest = min(group, key=lambda judgement: judgement.size)
        assert smallest.broken is not None
        result.append(
            replace(
                smallest.broken,
                check=check,
                count=len({judgement.case for judgement in group}),
                tried=len(tried[smallest.subject]),
            )
        )
    return sorted(result, key=lambda found: (found.severity, -found.count))
