"""Mistakes in the reading of a payload and in the handling of its event."""

import json
import threading
import time
from typing import Any, Final

from receivers.python.receiver import Event, Receiver, Request, Response
from receivers.python.schemes import Scheme

QUERY_S = 0.15
"""Duration of a query to the database of which some mistakes need one."""
DEADLINE_MISSED_S = 35.0
CONNECTIONS = 4
"""Number of connections in the pool of some mistakes."""
INVOICE = {
    *("id", "number", "amount", "currency", "customer", "lines", "memo", "paidAt", "reason"),
}
ENVELOPE = {"type", "timestamp", "event", "triggeredAt", "data"}


class ConflictError(Exception):
    """Key that a table has already."""


class HandlesTwice(Receiver):
    """Does not look whether an event was handled."""

    def handle(self, event: Event) -> None:
        self.apply(event)


class HandlesTwiceAtOnce(Receiver):
    """Looks for the event first and stores it when the work is done."""

    def handle(self, event: Event) -> None:
        if event.id in self.book.handled:
            return
        time.sleep(QUERY_S)
        self.apply(event)
        self.book.handled.add(event.id)


class HandlesNewSignatureTwice(Receiver):
    """Recognises a delivery by its signature, which differs in each attempt."""

    def read(self, request: Request) -> Event:
        event = super().read(request)
        signature = request.headers.get(self.scheme.signature_header) or event.id
        return Event(signature, event.type, event.time, event.object_id, event.payload)


class OlderOverwrites(Receiver):
    """Takes the event that arrives last for the newest one."""

    def apply(self, event: Event) -> None:
        self.book.change(event)


class DuplicateRefused(Receiver):
    """Answers 409 to an event that was handled."""

    def accepted(self, event: Event) -> Response | None:
        if event.id in self.book.handled:
            return Response(409, {"error": "duplicate event"})
        return super().accepted(event)


class DuplicateFails(Receiver):
    """Inserts the id of the event, and does not expect that the table has it already."""

    def handle(self, event: Event) -> None:
        with self.book.lock:
            if event.id in self.book.handled:
                raise ConflictError(event.id)
            super().handle(event)


class DuplicateAtOnceFails(Receiver):
    """Looks for the event, then inserts it, and does not expect another one in between."""

    def handle(self, event: Event) -> None:
        if event.id in self.book.handled:
            return
        time.sleep(QUERY_S)
        with self.book.lock:
            if event.id in self.book.handled:
                raise ConflictError(event.id)
            super().handle(event)


class UnknownTypeFails(Receiver):
    """Finds the function for an event in a dictionary, and has none for other types."""

    def accepted(self, event: Event) -> Response | None:
        functions = {
            "invoice.paid": self.handle,
            "invoice.voided": self.handle,
            "personalAccessToken.created": self.handle,
        }
        functions[event.type](event)
        return self.success()


class UnknownTypeForbidden(Receiver):
    """Answers 422 to an event of an unknown type, which the sender retries."""

    def unknown(self, event: Event) -> Response | None:
        return Response(422, {"error": "unknown event"})


class ExpectsJson(Receiver):
    """Parses the body without an expectation of errors."""

    def parsed(self, body: bytes) -> Any:
        return json.loads(body)


class ExpectsJsonErrorsOnly(Receiver):
    """Expects `JSONDecodeError`, but not the other errors of the parser."""

    def parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except json.JSONDecodeError:
            return None


class ExpectsEveryProperty(Receiver):
    """Reads properties of the payload without a look at its schema."""

    def read(self, request: Request) -> Event:
        payload = self.parsed(request.body)
        if isinstance(payload, dict):
            kind = payload[self.scheme.type_property]
            moment = self.moment(payload[self.scheme.time_property])
            object_id = payload["data"]["id"].strip()
            if kind.startswith("invoice."):
                int(payload["data"]["amount"])
                payload["data"]["customer"]["name"].strip()
            event_id = request.headers.get(self.scheme.id_header or "") or f"{kind}:{object_id}"
            return Event(event_id, kind, moment, object_id, payload)
        return super().read(request)


class UnknownPropertyRefused(Receiver):
    """Compares the names of the properties with those that it knows."""

    def accepted(self, event: Event) -> Response | None:
        data = event.payload["data"]
        foreign = event.type.startswith("invoice.") and not set(data) <= INVOICE
        if foreign or not set(event.payload) <= ENVELOPE:
            return Response(400, {"error": "unknown property"})
        return super().accepted(event)


class RecordsBeforeWork(Receiver):
    """Records the event, then waits for one of few connections, and fails if none is free."""

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.connections = threading.Semaphore(CONNECTIONS)

    def accepted(self, event: Event) -> Response | None:
        with self.book.lock:
            if event.id in self.book.handled:
                return self.seen(event)
            self.book.handled.add(event.id)
        if not self.connections.acquire(blocking=False):
            return Response(503, {"error": "no connection"}, {"Retry-After": "1"})
        time.sleep(QUERY_S)
        self.apply(event)
        self.connections.release()
        return self.success()

    def seen(self, event: Event) -> Response | None:
        """Return the response to an event that is recorded."""
        return self.success()


class RetryRefused(RecordsBeforeWork):
    """Refuses the retry of an event for which it answered 503."""

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.done: set[str] = set()

    def apply(self, event: Event) -> None:
        super().apply(event)
        self.done.add(event.id)

    def seen(self, event: Event) -> Response | None:
        if event.id in self.done:
            return self.success()
        return Response(400, {"error": "event was received"})


class MissesDeadline(Receiver):
    """Does the slow work of an event before it answers."""

    def handle(self, event: Event) -> None:
        super().handle(event)
        time.sleep(DEADLINE_MISSED_S)


HANDLING: Final[dict[str, type[Receiver]]] = {
    "handles-twice": HandlesTwice,
    "handles-twice-at-once": HandlesTwiceAtOnce,
    "handles-new-signature-twice": HandlesNewSignatureTwice,
    "older-overwrites": OlderOverwrites,
    "duplicate-409": DuplicateRefused,
    "duplicate-500": DuplicateFails,
    "duplicate-at-once-500": DuplicateAtOnceFails,
    "unknown-type-500": UnknownTypeFails,
    "unknown-type-422": UnknownTypeForbidden,
    "non-json-500": ExpectsJson,
    "odd-json-500": ExpectsJsonErrorsOnly,
    "schema-violation-500": ExpectsEveryProperty,
    "unknown-property-400": UnknownPropertyRefused,
    "retry-without-effect": RecordsBeforeWork,
    "retry-refused": RetryRefused,
    "deadline-missed": MissesDeadline,
}
