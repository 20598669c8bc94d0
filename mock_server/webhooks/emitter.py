"""From an answered exchange to the payload of its event: serialised once, then dispatched."""

import logging
import random
import time
import uuid
from dataclasses import replace

from mock_server.exchange import Exchange, Occasion
from mock_server.messages import Posting
from mock_server.unique_values import Identities
from mock_server.webhooks.dispatcher import Dispatch
from mock_server.webhooks.payload import payload, serialise
from openapi.contract import Contract, Event
from openapi.examples import example

_LOG = logging.getLogger("hookproof.mock")


class Webhooks:
    """Sends the events that the contract's triggers ask for."""

    def __init__(
        self, contract: Contract, secret: str, dispatch: Dispatch, seed: int, identities: Identities
    ) -> None:
        """Take what is to be signed with `secret` to `dispatch`.

        The same `seed` makes the same payloads, but for the time, what they echo, and what
        `identities` makes.
        """
        self._contract = contract
        self._events = {e.name: _exemplified(contract, e, seed) for e in contract.events}
        self._identities = identities
        self._secret = secret
        self._dispatch = dispatch
        self._number = 0

    def after(self, exchange: Exchange, request: int) -> None:
        """Queue the deliveries for an answered exchange, if any are due. Never raises.

        `request` is the number of its record.
        """
        if not self._dispatch.receivers:
            return
        try:
            self._announce(exchange, request)
        except Exception:
            # The answer is out; a payload that cannot be made must not take the connection along.
            _LOG.exception("an event could not be made")

    def _announce(self, exchange: Exchange, request: int) -> None:
        operation, answer, behaviour = exchange.operation, exchange.answer, exchange.behaviour
        if operation is None or answer is None:
            return
        status = behaviour.trigger(answer.status, exchange) if behaviour.trigger else answer.status
        fired = self._contract.triggered_by(operation.id, status)
        if fired is None:
            return
        event = self._events[fired.name]
        self._number += 1
        occasion = Occasion(event, exchange, self._number, self._identities)
        value = payload(occasion)
        if behaviour.payload:
            value = behaviour.payload(value, occasion)
        posting = Posting(
            event,
            serialise(value),
            self._number,
            self._secret,
            identity=f"msg_{uuid.uuid4().hex}",
            at=time.time(),
        )
        self._dispatch.send(posting, exchange, request)


def _exemplified(contract: Contract, event: Event, seed: int) -> Event:
    """Return `event` with an example payload, made from its schema if the contract has none."""
    choose = random.Random(f"{seed}/{event.name}")  # noqa: S311 - examples, not secrets
    made = event.examples or (example(contract, event.schema, choose),)
    return replace(event, examples=made)
