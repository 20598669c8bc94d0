"""Sender of one event: conforming deliveries, and the parts from which the others are made. Pure.

Every delivery is a new event, unless it repeats one on purpose.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.receivers.trials.client import Attempt, Framing
from contracts.receivers.trials.parameter_headers import parameter_headers
from openapi.contract import Contract, Event, Json
from openapi.event_payloads import fresh_payload
from openapi.json_pointer import get_at
from openapi.serialization.bodies import write_body
from openapi.signatures.message import Message
from openapi.signatures.scheme import SignatureScheme, SignedHeaders

Dumps = Callable[[Json], bytes]


NEW_PROPERTY = "hookproofAddition"
"""Name of a property that no contract has."""


def dump_compact(value: Json) -> bytes:
    """Return JSON without white space, as JavaScript writes it."""
    return _encoded(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def dump_sorted(value: Json) -> bytes:
    """Return JSON without white space, with the properties of each object in alphabetical order."""
    return _encoded(json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True))


def dump_spaced(value: Json) -> bytes:
    """Return JSON with spaces after commas and colons and with ASCII only, as Python writes it."""
    return json.dumps(value).encode()


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Event to send: its payload as bytes, its id and the time of sending."""

    number: int
    payload: Json
    body: bytes
    identity: str
    at: float
    content_type: str


class Sender:
    """Sender of the events of one kind to one receiver."""

    def __init__(
        self,
        contract: Contract,
        event: Event,
        *,
        url: str,
        secret: str | None,
        run_id: str,
        seed: int,
        numbers: Iterator[int],
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send `event`; without a secret, or without a scheme, nothing is signed.

        `numbers` are those of the events, of all senders of the run.
        """
        self.contract, self.event = contract, event
        self.url = url
        self.secret = secret or ""
        self.scheme: SignatureScheme | None = event.signature if secret else None
        self.dumps: Dumps = dump_compact
        self._run_id, self._seed = run_id, seed
        self._headers = tuple(headers)
        self._numbers = numbers
        self._parameters = parameter_headers(contract, event)

    @property
    def is_json(self) -> bool:
        """Whether the payload is JSON."""
        return self.event.content.kind == "json"

    def has_url_of(self, other: "Sender") -> bool:
        """Return whether the contract states the same URL for the events of both."""
        return _url_parts(self.event) == _url_parts(other.event)

    def new_event(
        self, at: float | None = None, change: Callable[[Json], Json] | None = None
    ) -> NewEvent:
        """Return an event that was not sent before; `change` of its payload comes last."""
        number = next(self._numbers)
        moment = time.time() if at is None else at
        payload = fresh_payload(self.contract, self.event, self._seed_text(number), moment)
        payload = change(payload) if change else payload
        identity = f"msg_{self._run_id}{number:05d}"
        return self.with_payload(NewEvent(number, payload, b"", identity, moment, ""), payload)

    def older_event(self, newer: NewEvent, at: float) -> NewEvent:
        """Return another event about the same object as `newer`, with an earlier time."""
        other = self.new_event(at)
        payload = fresh_payload(self.contract, self.event, self._seed_text(newer.number), at)
        if isinstance(payload, dict) and isinstance(other.payload, dict):
            # Without an id in the signature, the one in the root is that of the event.
            ids = {k: v for k, v in other.payload.items() if k in ("id", "eventId", "event_id")}
            payload = {**payload, **ids}
        return self.with_payload(other, payload)

    def _seed_text(self, number: int) -> str:
        return f"{self._seed}/{self._run_id}/{number}"

    def with_payload(self, event: NewEvent, payload: Json) -> NewEvent:
        """Return the event with another payload."""
        if self.is_json:
            content_type, body = self.event.content.sent, self.dumps(payload)
        else:
            content_type, body = write_body(self.event.content, payload)
        return replace(event, payload=payload, body=body, content_type=content_type)

    def with_property(self, value: Json) -> NewEvent | None:
        """Return a new event with an additional property, or None if the schema allows none."""
        event = self.new_event()
        if not (self.is_json and isinstance(event.payload, dict)):
            return None
        payload = {**event.payload, NEW_PROPERTY: value}
        is_valid = self.contract.schema(self.event.schema).is_valid(payload)
        return self.with_payload(event, payload) if is_valid else None

    def plain_headers(self, event: NewEvent) -> SignedHeaders:
        """Return the headers of a delivery without those of its signature."""
        named = tuple(
            (name.source.where, str(name.values[0]))
            for name in self.event.names
            if name.source.part == "header"
        )
        agent = ("User-Agent", "hookproof")
        given = {name.lower() for name, _ in self._headers}
        seed = self._seed_text(event.number)
        required = tuple(
            (one.name, text)
            for one in self._parameters
            if one.name.lower() not in given and (text := one.value(self.contract, seed))
        )
        return (("Content-Type", event.content_type), agent, *named, *required, *self._headers)

    def signed_headers(
        self, event: NewEvent, secrets: Sequence[str] | None = None, body: bytes | None = None
    ) -> SignedHeaders:
        """Return the headers of the signature of the event, or of another body or secret."""
        if self.scheme is None:
            return ()
        message = self.message(event, body)
        given = (self.secret,) if secrets is None else tuple(secrets)
        return self.scheme.signed_headers(message, given, event.identity, event.at)

    def message(self, event: NewEvent, body: bytes | None = None) -> Message:
        """Return the message that is signed, without the headers of the signature."""
        plain = tuple((n.encode(), v.encode("latin-1", "replace"))
                      for n, v in self.plain_headers(event))  # fmt: skip
        signed = event.body if body is None else body
        return Message(signed, plain, self.event.method, self.url)

    def attempt(
        self,
        event: NewEvent,
        signed: SignedHeaders | None = None,
        *,
        body: bytes | None = None,
        framing: Framing = "length",
    ) -> Attempt:
        """Return the request of an event; `signed` replaces the headers of its signature.

        `body` replaces the bytes that are sent, not those that are signed.
        """
        headers = self.signed_headers(event) if signed is None else signed
        return self._attempt(event, headers, event.body if body is None else body, framing, None)

    def signed_attempt(self, event: NewEvent, body: bytes) -> Attempt:
        """Return the request of an event with other bytes, which are signed."""
        headers = self.signed_headers(event, body=body)
        return self._attempt(event, headers, body, "length", body)

    def _attempt(
        self,
        event: NewEvent,
        headers: SignedHeaders,
        sent: bytes,
        framing: Framing,
        signed_body: bytes | None,
    ) -> Attempt:
        names = {name.lower() for name, _ in headers}
        plain = (pair for pair in self.plain_headers(event) if pair[0].lower() not in names)
        url = self.scheme.delivery_url(self.message(event, signed_body)) if self.scheme else ""
        return Attempt((*plain, *headers), sent, self.event.method, framing, url)


def _url_parts(event: Event) -> tuple[str | None, ...]:
    return event.path, event.callback.text if event.callback else None


def documented_statuses(contract: Contract, event: Event) -> tuple[str, ...]:
    """Return the keys of the responses that the contract documents for a receiver."""
    stated: Any = get_at(contract.document, f"{event.pointer}/responses")
    return tuple(stated) if isinstance(stated, Mapping) else ()
