"""Repeats: deliveries of an event that was received before, and what the contract says of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contracts.judgement import Judgement, undecided
from contracts.ledger.ledger import Ledger, ReceivedEvent
from openapi.contract import Event
from openapi.json_pointer import join_pointer
from webhook_sink.delivery import Delivery


def repeat_text(repeat: Delivery, original: Delivery) -> str:
    """Return the description of a repeat."""
    return f"delivery {repeat.id} repeats delivery {original.id}, which had got {original.status}"


def no_redelivery_pointer(event: Event) -> str:
    """Return the pointer of the rule that the service does not resend a received event."""
    return join_pointer(event.pointer, "x-hookproof-trigger", "no-redelivery")


@dataclass(frozen=True, slots=True)
class UnstatedRepeats:
    """Repeats of events whose contract neither forbids nor allows them."""

    _reasons: dict[str, str] = field(default_factory=dict)
    """Reason by event name: the first repeat, so that the report has one sentence for each."""

    def judge(
        self, event: Event, number: int, repeat: Delivery, original: Delivery
    ) -> Iterator[Judgement]:
        """Yield the undecided judgement of case `number`, unless the contract allows repeats."""
        if "redelivery" in event.trigger:
            return
        reason = (
            f"{repeat_text(repeat, original)}, and the contract does not say whether that is "
            "right: state no-redelivery or redelivery in the x-hookproof-trigger of "
            f"{event.name}"
        )
        reason = self._reasons.setdefault(event.name, reason)
        yield undecided(no_redelivery_pointer(event), number, reason)


def matched_deliveries(ledger: Ledger) -> Mapping[bytes, Delivery]:
    """Return the first delivery of each body among the events that belong to a request."""
    events = (event for _, event in ledger.reconciliation.pairs)
    deliveries = [item.delivery for event in events for item in event.attempts]
    return {delivery.body: delivery for delivery in reversed(deliveries)}


def unforbidden_repeat(
    known: Mapping[bytes, Delivery], received_event: ReceivedEvent
) -> tuple[Event, Delivery] | None:
    """Return event and delivery that an unmatched event repeats, unless the contract forbids it.

    No value identifies such an event, so that only equal bytes show a repeat.
    """
    event, delivery = received_event.first.verdict.event, received_event.first.delivery
    if event is None or "no-redelivery" in event.trigger or delivery.body not in known:
        return None
    return event, known[delivery.body]
