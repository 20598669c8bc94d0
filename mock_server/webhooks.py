"""From an answered exchange to queued deliveries: serialised once, those bytes signed."""

import logging
import random
import time
import uuid
from dataclasses import replace

from mock_server.exchange import Exchange
from mock_server.fresh import Identities
from mock_server.payload import Occasion, payload, serialise
from mock_server.sender import Delivery, Sender
from openapi.document import Contract, Event
from openapi.sample import example
from openapi.signature import signed_headers

_LOG = logging.getLogger("hookproof.mock")


class Webhooks:
    """Sends the events that the contract's triggers ask for."""

    def __init__(
        self, contract: Contract, secret: str, sender: Sender, seed: int, identities: Identities
    ) -> None:
        """Take what is signed with `secret` to `sender`.

        The same `seed` makes the same payloads, but for the time, what they echo, and what
        `identities` makes.
        """
        self._contract = contract
        self._events = {e.name: _exemplified(contract, e, seed) for e in contract.events}
        self._identities = identities
        self._secret = secret
        self._sender = sender
        self._number = 0

    def after(self, exchange: Exchange) -> None:
        """Queue the deliveries for an answered exchange, if any are due. Never raises."""
        if not self._sender.receivers:
            return
        try:
            self._announce(exchange)
        except Exception:
            # The answer is out; a payload that cannot be made must not take the connection along.
            _LOG.exception("an event could not be made")

    def _announce(self, exchange: Exchange) -> None:
        operation, answer, behaviour = exchange.operation, exchange.answer, exchange.behaviour
        if operation is None or answer is None:
            return
        status = behaviour.trigger(answer.status, exchange) if behaviour.trigger else answer.status
        fired = self._contract.triggered_by(operation.id, status)
        if fired is None:
            return
        event = self._events[fired.name]
        self._number += 1
        occasion = Occasion(event, exchange, self._number, self._secret, self._identities)
        value = payload(occasion)
        if behaviour.payload:
            value = behaviour.payload(value, occasion)
        delivery = sealed(occasion, serialise(value))
        if behaviour.delivery:
            delivery = behaviour.delivery(delivery, occasion)
        plan = [delivery]
        if behaviour.plan:
            plan = behaviour.plan(plan, occasion)
        for planned in plan:
            self._sender.offer(planned)


def _exemplified(contract: Contract, event: Event, seed: int) -> Event:
    """Return `event` with an example payload, made from its schema if the contract has none."""
    choose = random.Random(f"{seed}/{event.name}")  # noqa: S311 - examples, not secrets
    made = event.examples or (example(contract, event.schema, choose),)
    return replace(event, examples=made)


def sealed(occasion: Occasion, body: bytes) -> Delivery:
    """Return the delivery of these bytes, signed as the event's contract says."""
    headers = [("Content-Type", occasion.event.media_type)]
    scheme = occasion.event.signature
    if scheme is not None:
        identity = f"msg_{uuid.uuid4().hex}"
        headers += signed_headers(scheme, body, occasion.secret, identity, time.time())
    return Delivery(tuple(headers), body)
