"""From an answered exchange to queued deliveries: serialised once, those bytes signed."""

import logging
import time
import uuid

from mock_server.exchange import Exchange
from mock_server.payload import Occasion, payload, serialise
from mock_server.sender import Delivery, Sender
from openapi.document import Contract
from openapi.signature import signed_headers

_LOG = logging.getLogger("hookproof.mock")


class Webhooks:
    """Sends the events that the contract's triggers ask for."""

    def __init__(self, contract: Contract, secret: str, sender: Sender) -> None:
        """Take what is signed with `secret` to `sender`."""
        self._contract = contract
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
        event = self._contract.triggered_by(operation.id, status)
        if event is None or not event.examples:
            return
        self._number += 1
        occasion = Occasion(event, exchange, self._number, self._secret)
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


def sealed(occasion: Occasion, body: bytes) -> Delivery:
    """Return the delivery of these bytes, signed as the event's contract says."""
    headers = [("Content-Type", occasion.event.media_type)]
    scheme = occasion.event.signature
    if scheme is not None:
        identity = f"msg_{uuid.uuid4().hex}"
        headers += signed_headers(scheme, body, occasion.secret, identity, time.time())
    return Delivery(tuple(headers), body)
