"""Emitter: builds and serialises the payload of an exchange's event."""

import logging
import random
import time
import uuid
from dataclasses import replace

from mock_server.exchange import EventContext, MockExchange
from mock_server.messages import EventMessage
from mock_server.unique_values import UniqueValues
from mock_server.webhooks.dispatcher import Dispatcher
from mock_server.webhooks.payload import build_payload, serialize_json
from openapi.contract import Contract, Event
from openapi.examples import body_example

_LOG = logging.getLogger("hookproof.mock")


class WebhookEmitter:
    """Emitter of the events that the contract's triggers define."""

    def __init__(
        self,
        contract: Contract,
        secret: str,
        dispatcher: Dispatcher,
        seed: int,
        unique_values: UniqueValues,
    ) -> None:
        """Use `secret` to sign the events that `dispatcher` sends.

        The same `seed` gives the same payloads, except times, echoes and `unique_values`.
        """
        self._contract = contract
        triggered = contract.triggered_events
        self._events = {e.name: _with_example_payload(contract, e, seed) for e in triggered}
        self._unique_values = unique_values
        self._secret = secret
        self._dispatcher = dispatcher
        self._number = 0

    def emit(self, exchange: MockExchange, request: int) -> None:
        """Queue the deliveries for a finished exchange, if any. Never raises.

        `request` is the id of the request record.
        """
        if not self._dispatcher.receivers:
            return
        try:
            self._emit(exchange, request)
        except Exception:
            # The response was sent; a failure here must not close the connection.
            _LOG.exception("failed to build an event")

    def _emit(self, exchange: MockExchange, request: int) -> None:
        operation, response, hooks = exchange.operation, exchange.response, exchange.hooks
        if operation is None or response is None:
            return
        status = hooks.trigger(response.status, exchange) if hooks.trigger else response.status
        for triggered in self._contract.events_triggered_by(operation.id, status):
            self._emit_event(self._events[triggered.name], exchange, request)

    def _emit_event(self, event: Event, exchange: MockExchange, request: int) -> None:
        hooks = exchange.hooks
        self._number += 1
        event_context = EventContext(event, exchange, self._number, self._unique_values)
        value = build_payload(event_context)
        if hooks.payload:
            value = hooks.payload(value, event_context)
        event_message = EventMessage(
            event,
            serialize_json(value),
            self._number,
            self._secret,
            webhook_id=f"msg_{uuid.uuid4().hex}",
            at=time.time(),
        )
        self._dispatcher.send(event_message, exchange, request)


def _with_example_payload(contract: Contract, event: Event, seed: int) -> Event:
    """Return `event` with an example payload, generated from its schema if it has none."""
    rng = random.Random(f"{seed}/{event.name}")  # noqa: S311 - examples, not secrets
    made = event.examples or (body_example(contract, event.schema, rng),)
    return replace(event, examples=made)
