"""The closed books of a run, which the checks read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.correlators import Correlator
from contracts.exchange import Exchange
from contracts.ledger import Balance, Received
from contracts.settings import Settings
from openapi.document import Contract, Event


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
    cut_short: str | None
    """Why cases were left out that nobody wanted left out, or None."""
    places: Mapping[str, tuple[Correlator, ...]]
    """The correlators of each operation, by its id."""

    @property
    def answered(self) -> Iterator[tuple[Exchange, int]]:
        """Yield each exchange that got an answer, and its status."""
        for exchange in self.exchanges:
            if exchange.status is not None:
                yield exchange, exchange.status

    @cached_property
    def cases(self) -> Mapping[int, Sequence[Exchange]]:
        """Every case by its number: the exchanges in which it was tried."""
        cases: dict[int, list[Exchange]] = {}
        for exchange in self.exchanges:
            cases.setdefault(exchange.request.case, []).append(exchange)
        return cases

    def deadline(self, event: Event) -> float:
        """Return the seconds within which a delivery of `event` must have come."""
        stated = float(event.trigger["deadline"]["seconds"])
        given = self.settings.webhook_deadline
        return stated if given is None else given
