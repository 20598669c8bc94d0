"""Deliveries to every receiver, each with its record; made anew for every attempt."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mock_server.exchange import Behaviour, Exchange
from mock_server.messages import Delivery, Posting, sealed
from mock_server.storage.journal import Journal
from mock_server.webhooks.delivery_queue import Parcel, Receiver, Sender
from mock_server.webhooks.records import WHOLE, Sent, kept, secrets_of
from openapi.contract import Event
from openapi.redaction import Redaction


class CannotRedeliver(Exception):
    """A delivery cannot be sent once more; the sentence says why."""


def planned(posting: Posting, behaviour: Behaviour) -> list[Delivery]:
    """Return what goes to each receiver at one moment: signed then, and spoilt by the faults."""
    delivery = sealed(posting, posting.body)
    if behaviour.delivery:
        delivery = behaviour.delivery(delivery, posting)
    return behaviour.plan([delivery], posting) if behaviour.plan else [delivery]


class Dispatch:
    """Hands deliveries to the sender and notes them in the journal."""

    def __init__(
        self,
        sender: Sender,
        journal: Journal,
        behave: Callable[[frozenset[str]], Behaviour],
        mask: Redaction,
    ) -> None:
        """`behave` returns the mock's behaviour with the faults of these names besides."""
        self._sender = sender
        self._journal = journal
        self._behave = behave
        self._mask = mask

    @property
    def receivers(self) -> Sequence[Receiver]:
        """All receivers, in their order."""
        return self._sender.receivers

    def send(self, posting: Posting, exchange: Exchange, request: int) -> None:
        """Queue what is due to every receiver for this exchange, whose record is `request`."""
        secrets = secrets_of(exchange)
        for place, _ in enumerate(planned(posting, exchange.behaviour)):
            make = _maker(posting, exchange.behaviour, place)
            for index, receiver in enumerate(self.receivers):
                number = self._journal.number()
                taken = receiver.offer(Parcel(number, posting.number, len(posting.body), make))
                if not taken:
                    self._journal.count(f"dropped/{index + 1}")
                sent = Sent(
                    number,
                    request,
                    kept(posting),
                    place,
                    receiver=(index + 1, receiver.origin),
                    faults=tuple(sorted(exchange.faults)),
                    dropped=not taken,
                    secrets=secrets,
                    size=len(posting.body),
                    mask=self._mask,
                )
                self._journal.note("delivery", sent)

    def redeliver(self, record: Mapping[str, Any], events: Iterable[Event], secret: str) -> None:
        """Queue the delivery of `record` once more; raise `CannotRedeliver` if that cannot be.

        It is made as it was the first time, faults included, and signed now.
        """
        again = record["again"]
        if again is None:
            raise CannotRedeliver(f"its payload is larger than {WHOLE} bytes and was not kept")
        event = next((e for e in events if e.name == record["event"]), None)
        if event is None:
            raise CannotRedeliver(f"the contract has no event {record['event']} any more")
        place, origin = record["receiver"]["number"], record["receiver"]["origin"]
        receiver = self.receivers[place - 1] if place <= len(self.receivers) else None
        if receiver is None or receiver.origin != origin:
            raise CannotRedeliver(f"the mock sends no webhooks to {origin} any more")
        try:
            behaviour = self._behave(frozenset(again["faults"]))
        except ValueError as error:
            raise CannotRedeliver(str(error)) from None
        posting = Posting(
            event,
            again["body"].encode(),
            again["number"],
            secret,
            again["identity"],
            at=time.time(),
        )
        make = _maker(posting, behaviour, again["place"])
        size = len(posting.body)
        if not receiver.offer(Parcel(record["id"], posting.number, size, make, redelivered=True)):
            raise CannotRedeliver(f"too many deliveries to {origin} are open; try again later")


def _maker(posting: Posting, behaviour: Behaviour, place: int) -> Callable[[float], Delivery]:
    return lambda at: planned(replace(posting, at=at), behaviour)[place]
