"""Strangers: deliveries that match no request and that nothing proves to be the service's own."""

from collections import Counter
from dataclasses import dataclass

from openapi.contract import Contract
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict

MAX_SENDERS = 50
"""Maximum number of pairs of path and sender that are counted apart."""
_MAX_PATH_CHARACTERS = 100
_OTHERS = ("other paths", "other senders")


@dataclass(frozen=True, slots=True)
class SenderCount:
    """Number of deliveries of one sender to one path."""

    path: str
    """Path without a query, truncated."""
    sender: str
    """Address without a port."""
    count: int
    event_like: int
    """Number of those that look like an event of the contract."""


@dataclass(frozen=True, slots=True)
class DroppedDeliveries:
    """Deliveries that a run did not keep."""

    own: int = 0
    """Number of those with a valid signature or with the mark of the run."""
    elsewhere: int = 0
    """Number of those to another path than the run's."""
    beyond_limits: int = 0
    """Number of the others, which were more than the run keeps."""
    senders: tuple[SenderCount, ...] = ()
    """All but the run's own by path and sender, the most frequent first."""


class SenderCounter:
    """Counter of deliveries by path and sender, with a bounded number of entries."""

    def __init__(self) -> None:
        """Begin with no delivery."""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._event_like: Counter[tuple[str, str]] = Counter()

    def add(self, path: str, sender: str, count: int, event_like: int) -> None:
        """Count deliveries."""
        key = (path, sender)
        if key not in self._counts and len(self._counts) >= MAX_SENDERS:
            key = _OTHERS
        self._counts[key] += count
        self._event_like[key] += event_like

    def add_delivery(self, delivery: Delivery, *, event_like: bool) -> None:
        """Count one delivery."""
        self.add(delivery_path(delivery), sender_address(delivery), 1, int(event_like))

    def counts(self) -> tuple[SenderCount, ...]:
        """Return the counts, the most frequent first."""
        return tuple(
            SenderCount(path, sender, count, self._event_like[path, sender])
            for (path, sender), count in self._counts.most_common()
        )


def delivery_path(delivery: Delivery) -> str:
    """Return the path of a delivery for a report: without the query, and truncated."""
    path = delivery.target.partition("?")[0]
    return path if len(path) <= _MAX_PATH_CHARACTERS else f"{path[:_MAX_PATH_CHARACTERS]}..."


def sender_address(delivery: Delivery) -> str:
    """Return the address of a sender without its port, which changes with each connection."""
    return delivery.remote.rpartition(":")[0] or delivery.remote


def is_event_like(delivery: Delivery, verdict: Verdict, contract: Contract) -> bool:
    """Return whether a judged delivery looks like an event, or is a valid one of the contract.

    A batch may have objects of others, which say nothing about this run.
    """
    event = verdict.event
    is_valid = event is not None and event.objects is None and not verdict.findings
    return is_valid or looks_like_event(delivery, contract)


def looks_like_event(delivery: Delivery, contract: Contract) -> bool:
    """Return whether a delivery has a signature header or names an event of the contract."""
    return any(
        (event.signature is not None and delivery.header_values(event.signature.header))
        or event.name.encode() in delivery.body
        for event in contract.events
    )
