"""Records of deliveries and their attempts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_server.exchange import MockExchange
from mock_server.messages import EventMessage
from mock_server.storage.records import MAX_SHOWN_BYTES, REDACTION_MARGIN_BYTES, body_excerpt
from mock_server.webhooks.delivery_queue import AttemptReport
from openapi.extensions import extended_properties
from openapi.json_pointer import get_at
from openapi.redaction import REDACTED, Redaction

MAX_RESENDABLE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """Record of a delivery to one receiver, with the data to send it again."""

    id: int
    about: int
    """Id of the triggering request."""
    event_message: EventMessage
    place: int
    """Index among several deliveries of one event."""
    receiver: tuple[int, str]
    """Number of the receiver, from 1, and its origin; 0 for the URL of a callback."""
    url: str
    faults: tuple[str, ...]
    """Faults of this event, in addition to the mock's own."""
    expected_response: str
    """Response of a right receiver, by the faults of event and mock."""
    dropped: bool
    secrets: tuple[str, ...]
    """Secrets of the response, which must not be shown."""
    size: int
    """Size of the payload in bytes; a large payload is stored truncated."""
    redactor: Redaction

    def data(self) -> dict[str, Any]:
        """Return the record as JSON data; `redelivery` is internal."""
        return _delivery_data(self._values(), self.event_message.body, self.redactor)

    def stored(self) -> str:
        """Return the record as JSON that `restored_delivery` reads; it takes less time."""
        return json.dumps({**self._values(), "body": self.event_message.body.decode("latin-1")})

    def _values(self) -> dict[str, Any]:
        event_message = self.event_message
        return {
            "at": event_message.at,
            "event": event_message.event.name,
            "request": self.about,
            "receiver": self.receiver,
            "faults": self.faults,
            "expected_response": self.expected_response,
            "dropped": self.dropped,
            "size": self.size,
            "secrets": [text for text in self.secrets if _in_json(text) in event_message.body],
            "number": event_message.number,
            "identity": event_message.webhook_id,
            "place": self.place,
            "url": self.url,
        }


def restored_delivery(stored: str, redactor: Redaction) -> dict[str, Any]:
    """Return the data of the record that `DeliveryRecord.stored` has written."""
    values = json.loads(stored)
    return _delivery_data(values, values["body"].encode("latin-1"), redactor)


def _delivery_data(values: Mapping[str, Any], body: bytes, redactor: Redaction) -> dict[str, Any]:
    shown = body
    for secret in values["secrets"]:
        shown = shown.replace(_in_json(secret), REDACTED.encode())
    shown = shown[: MAX_SHOWN_BYTES + REDACTION_MARGIN_BYTES]
    number, origin = values["receiver"]
    faults = list(values["faults"])
    resend_data = {
        "body": body.decode(errors="replace"),
        "faults": faults,
        **{name: values[name] for name in ("number", "identity", "place", "url")},
    }
    return {
        "at": values["at"],
        "event": values["event"],
        "request": values["request"],
        "receiver": {"number": number, "origin": origin},
        "payload": body_excerpt(shown, values["size"], redactor),
        "faults": faults,
        "expected_response": values["expected_response"],
        "dropped": values["dropped"],
        "redelivery": resend_data if values["size"] == len(body) else None,
    }


def _in_json(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def truncate_message(event_message: EventMessage) -> EventMessage:
    """Return `event_message` with a large body truncated, to save memory."""
    if len(event_message.body) <= MAX_RESENDABLE_BYTES:
        return event_message
    return replace(
        event_message, body=event_message.body[: MAX_SHOWN_BYTES + REDACTION_MARGIN_BYTES]
    )


def response_secrets(exchange: MockExchange) -> tuple[str, ...]:
    """Return the strings of the exchange's response that the contract marks as secret."""
    operation, response = exchange.operation, exchange.response
    response_spec = operation.response_for(response.status) if operation and response else None
    if response_spec is None or response is None or not response.body:
        return ()
    body = response.json
    found = [
        get_at(body, place)
        for schema in response_spec.content.values()
        for place, _ in extended_properties(exchange.contract, schema, "x-hookproof-secret")
    ]
    return tuple(text for text in found if isinstance(text, str) and text)


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """Record of one attempt and its outcome."""

    id: int
    about: int
    """Id of the delivery."""
    at: float
    report: AttemptReport
    redactor: Redaction

    def data(self) -> dict[str, Any]:
        """Return the record as JSON data, without secrets."""
        queued_delivery, outcome = self.report.queued_delivery, self.report.outcome
        webhook_request = outcome.webhook_request if outcome else None
        return {
            "at": self.at,
            "milliseconds": round(outcome.seconds * 1000, 3) if outcome else None,
            "attempt": queued_delivery.attempt,
            "redelivered": queued_delivery.redelivered,
            "expected_response": queued_delivery.expected_response,
            "outcome": outcome.text if outcome else None,
            "next": self.report.next,
            "backoff_seconds": self.report.delay,
            "method": webhook_request.method if webhook_request else None,
            "headers": self.redactor.headers(webhook_request.headers) if webhook_request else [],
            "size": len(webhook_request.body) if webhook_request else None,
        }
