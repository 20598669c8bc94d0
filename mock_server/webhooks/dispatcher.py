"""Dispatcher: queues one delivery for each receiver and records it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from mock_server.exchange import Hooks, MockExchange
from mock_server.messages import EventMessage, WebhookRequest, build_signed_request
from mock_server.storage.journal import Journal
from mock_server.webhooks.delivery_queue import (
    DeliveryQueue,
    DeliveryQueues,
    QueuedDelivery,
    origin_of,
)
from mock_server.webhooks.records import (
    MAX_RESENDABLE_BYTES,
    DeliveryRecord,
    response_secrets,
    truncate_message,
)
from openapi.contract import Event
from openapi.redaction import Redaction

CALLBACK_RECEIVER = 0
"""Number of the receiver in the record of a callback; configured receivers begin with 1."""


class PlannedDelivery(NamedTuple):
    """Delivery that is not queued yet, and its record."""

    queued_delivery: QueuedDelivery
    record: DeliveryRecord


class RedeliveryError(Exception):
    """Reason why a delivery cannot be sent again."""


def build_requests(event_message: EventMessage, hooks: Hooks) -> list[WebhookRequest]:
    """Return the requests to each receiver: signed at the time of `event_message`, then faulted."""
    webhook_request = build_signed_request(event_message, event_message.body)
    if hooks.webhook_request:
        webhook_request = hooks.webhook_request(webhook_request, event_message)
    return (
        hooks.webhook_requests([webhook_request], event_message)
        if hooks.webhook_requests
        else [webhook_request]
    )


class Dispatcher:
    """Dispatcher of deliveries to the queues and the journal."""

    def __init__(
        self,
        delivery_queues: DeliveryQueues,
        journal: Journal,
        hooks_with_faults: Callable[[frozenset[str]], Hooks],
        response_with_faults: Callable[[frozenset[str], str], str],
        redactor: Redaction,
        on_dropped: Callable[[int], None],
    ) -> None:
        """Use `hooks_with_faults` to get the mock's hooks with more faults.

        `response_with_faults` returns the expected response to a delivery with them, for the name
        of an event. `on_dropped` gets the id of each delivery that no queue has room for.
        """
        self._delivery_queues = delivery_queues
        self._journal = journal
        self._hooks_with_faults = hooks_with_faults
        self._response_with_faults = response_with_faults
        self._redactor = redactor
        self._on_dropped = on_dropped

    @property
    def receivers(self) -> Sequence[DeliveryQueue]:
        """Queues of all receivers, in the order of the settings."""
        return self._delivery_queues.receivers

    def plan(
        self,
        event_message: EventMessage,
        exchange: MockExchange,
        request: int,
        callback_url: str | None = None,
    ) -> Iterator[PlannedDelivery]:
        """Yield the deliveries of an event; `request` is the id of the request record.

        A callback goes to its URL alone, another event to all receivers.
        """
        secrets = response_secrets(exchange)
        path = event_message.event.path or ""
        targets = [
            (number, f"{receiver.url.rstrip('/')}{path}" if path else receiver.url)
            for number, receiver in enumerate(self.receivers, 1)
        ]
        if callback_url is not None:
            targets = [(CALLBACK_RECEIVER, callback_url)]
        expected = self._response_with_faults(exchange.faults, event_message.event.name)
        for place, _ in enumerate(build_requests(event_message, exchange.hooks)):
            for receiver_number, url in targets:
                build_request = _request_builder(event_message, exchange.hooks, place, url)
                number = self._journal.number()
                size = len(event_message.body)
                queued_delivery = QueuedDelivery(
                    number, event_message.number, size, build_request, url, expected
                )
                record = DeliveryRecord(
                    number,
                    request,
                    truncate_message(event_message),
                    place,
                    receiver=(receiver_number, origin_of(url)),
                    url=url,
                    faults=tuple(sorted(exchange.faults)),
                    expected_response=expected,
                    dropped=False,
                    secrets=secrets,
                    size=size,
                    redactor=self._redactor,
                )
                yield PlannedDelivery(queued_delivery, record)

    def send(self, planned: Iterable[PlannedDelivery]) -> None:
        """Queue and record the deliveries."""
        for queued_delivery, record in planned:
            receiver_number, _ = record.receiver
            receiver = (
                self._delivery_queues.callbacks()
                if receiver_number == CALLBACK_RECEIVER
                else self.receivers[receiver_number - 1]
            )
            is_queued = receiver.enqueue(queued_delivery)
            if not is_queued:
                self._journal.count(f"dropped/{receiver_number}")
                self._on_dropped(record.id)
            self._journal.append("delivery", replace(record, dropped=not is_queued))

    def redeliver(self, record: Mapping[str, Any], events: Iterable[Event], secret: str) -> None:
        """Queue the delivery of `record` again; raise `RedeliveryError` if that is impossible.

        The request is built like the first one, including faults, and signed with the current time.
        """
        resend_data = record["redelivery"]
        if resend_data is None:
            raise RedeliveryError(
                f"the payload is larger than {MAX_RESENDABLE_BYTES} bytes and was not stored"
            )
        event = next((e for e in events if e.name == record["event"]), None)
        if event is None:
            raise RedeliveryError(f"the contract no longer has the event {record['event']}")
        place, origin = record["receiver"]["number"], record["receiver"]["origin"]
        if place == CALLBACK_RECEIVER:
            receiver = self._delivery_queues.callbacks()
        elif place <= len(self.receivers) and self.receivers[place - 1].origin == origin:
            receiver = self.receivers[place - 1]
        else:
            raise RedeliveryError(f"the mock no longer sends webhooks to {origin}")
        faults = frozenset(resend_data["faults"])
        try:
            hooks = self._hooks_with_faults(faults)
        except ValueError as error:
            raise RedeliveryError(str(error)) from None
        event_message = EventMessage(
            event,
            resend_data["body"].encode(),
            resend_data["number"],
            secret,
            resend_data["identity"],
            at=time.time(),
        )
        url = resend_data["url"]
        build_request = _request_builder(event_message, hooks, resend_data["place"], url)
        size = len(event_message.body)
        if not receiver.enqueue(
            QueuedDelivery(
                record["id"],
                event_message.number,
                size,
                build_request,
                url,
                self._response_with_faults(faults, event.name),
                redelivered=True,
            )
        ):
            raise RedeliveryError(f"too many deliveries to {origin} are pending; try again later")


def _request_builder(
    event_message: EventMessage, hooks: Hooks, place: int, url: str
) -> Callable[[float], WebhookRequest]:
    return lambda at: build_requests(replace(event_message, at=at, url=url), hooks)[place]
