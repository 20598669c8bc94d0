"""The records of deliveries and of the attempts to make them."""

import json
from dataclasses import dataclass, replace
from typing import Any

from mock_server.exchange import Exchange
from mock_server.messages import Posting
from mock_server.responses.headers import marked
from mock_server.storage.records import BEYOND, SHOWN, shown
from mock_server.webhooks.delivery_queue import Tried
from openapi.json_pointer import get
from openapi.redaction import REDACTED, Redaction

WHOLE = 64 * 1024
"""Bytes of a payload that is kept whole, and can be sent once more later."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery to one receiver: everything that it can be made of once more."""

    id: int
    about: int
    """The request that brought it about."""
    posting: Posting
    place: int
    """Which of several deliveries of one event, from 0."""
    receiver: tuple[int, str]
    """Its place among the receivers, from 1, and its origin."""
    faults: tuple[str, ...]
    """Those that this event has besides the mock's own."""
    dropped: bool
    secrets: tuple[str, ...]
    """Texts of the answer that are not to be shown."""
    size: int
    """Bytes of the payload, of which a very large one is not kept whole."""
    mask: Redaction

    def data(self) -> dict[str, Any]:
        """Return it as JSON data; what stands below `again` is not for showing."""
        posting = self.posting
        body = posting.body
        for secret in self.secrets:
            body = body.replace(json.dumps(secret)[1:-1].encode(), REDACTED.encode())
        number, origin = self.receiver
        return {
            "at": posting.at,
            "event": posting.event.name,
            "request": self.about,
            "receiver": {"number": number, "origin": origin},
            "payload": shown(body[: SHOWN + BEYOND], self.size, self.mask),
            "faults": list(self.faults),
            "dropped": self.dropped,
            "again": self._again() if self.size == len(posting.body) else None,
        }

    def _again(self) -> dict[str, Any]:
        return {
            "body": self.posting.body.decode(),
            "number": self.posting.number,
            "identity": self.posting.identity,
            "place": self.place,
            "faults": list(self.faults),
        }


def kept(posting: Posting) -> Posting:
    """Return what is kept of `posting`, so that many large payloads do not fill the memory."""
    if len(posting.body) <= WHOLE:
        return posting
    return replace(posting, body=posting.body[: SHOWN + BEYOND])


def secrets_of(exchange: Exchange) -> tuple[str, ...]:
    """Return the texts that the answer of `exchange` holds where the contract marks a secret."""
    operation, answer = exchange.operation, exchange.answer
    response = operation.responses.get(str(answer.status)) if operation and answer else None
    if response is None or answer is None or not answer.body:
        return ()
    schemas = [exchange.contract.at(pointer) for pointer in response.content.values()]
    places = [place for s in schemas for place, _ in marked(exchange.contract, s, "x-secret")]
    found = [get(json.loads(answer.body), place) for place in places]
    return tuple(text for text in found if isinstance(text, str) and text)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver, and what comes of it."""

    id: int
    about: int
    """The delivery."""
    at: float
    tried: Tried
    mask: Redaction

    def data(self) -> dict[str, Any]:
        """Return it as JSON data, without secrets."""
        parcel, outcome = self.tried.parcel, self.tried.outcome
        sent = outcome.delivery if outcome else None
        return {
            "at": self.at,
            "milliseconds": round(outcome.seconds * 1000, 3) if outcome else None,
            "attempt": parcel.attempt,
            "redelivered": parcel.redelivered,
            "outcome": outcome.text if outcome else None,
            "next": self.tried.next,
            "wait": self.tried.delay,
            "method": sent.method if sent else None,
            "headers": self.mask.headers(sent.headers) if sent else [],
            "size": len(sent.body) if sent else None,
        }
