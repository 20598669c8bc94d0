"""Emitter: builds and serialises the payload of an exchange's event."""

import logging
import random
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from mock_server.exchange import EventContext, MockExchange
from mock_server.messages import EventMessage
from mock_server.unique_values import UniqueValues
from mock_server.webhooks.dispatcher import Dispatcher, PlannedDelivery
from mock_server.webhooks.payload import build_payload, serialize_payload
from openapi.contract import Contract, Event
from openapi.examples import body_example
from openapi.http.loopback import is_loopback_host
from openapi.json_pointer import get_at

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
        callback_hosts: frozenset[str] = frozenset(),
    ) -> None:
        """Use `secret` to sign the events that `dispatcher` sends.

        Callbacks go only to loopback and to `callback_hosts`.

        The same `seed` gives the same payloads, except times, echoes and `unique_values`.
        """
        self._contract = contract
        triggered = contract.triggered_events
        self._events = {e.name: _with_example_payload(contract, e, seed) for e in triggered}
        self._has_callbacks = any(event.callback for event in triggered)
        self._callback_hosts = callback_hosts
        self._unique_values = unique_values
        self._secret = secret
        self._dispatcher = dispatcher
        self._number = 0

    def plan(self, exchange: MockExchange, request: int) -> list[PlannedDelivery]:
        """Return the deliveries for an exchange with its response, if any. Never raises.

        `request` is the id of the request record.
        """
        if not self._dispatcher.receivers and not self._has_callbacks:
            return []
        try:
            return [*self._plan(exchange, request)]
        except Exception:
            # The request is a success; a failure here must not close the connection.
            _LOG.exception("failed to build an event")
            return []

    def send(self, planned: Iterable[PlannedDelivery]) -> None:
        """Queue the deliveries."""
        self._dispatcher.send(planned)

    def _plan(self, exchange: MockExchange, request: int) -> Iterator[PlannedDelivery]:
        operation, response, hooks = exchange.operation, exchange.response, exchange.hooks
        if operation is None or response is None:
            return
        status = hooks.trigger(response.status, exchange) if hooks.trigger else response.status
        for triggered in self._contract.events_triggered_by(operation.id, status):
            event, url = self._events[triggered.name], None
            if event.callback is not None:
                url = event.callback.evaluate(exchange.evaluate)
                if url is None or not self._may_call(event, url):
                    continue
            elif not self._dispatcher.receivers:
                continue
            items = self._items_of(event, exchange)
            # A batch has all objects; otherwise each item gets a separate event.
            batch = event.objects is not None and items
            for some in [items] if batch else [(item,) for item in items]:
                message = self._message(event, exchange, some)
                yield from self._dispatcher.plan(message, exchange, request, url)

    def _items_of(self, event: Event, exchange: MockExchange) -> tuple[str, ...]:
        """Return the pointer of each part of the request body that triggers `event`.

        It is an item of an array, or the whole body with an empty pointer.
        """
        places = [""]
        if event.for_each is not None:
            found = get_at(exchange.value, event.for_each)
            count = len(found) if isinstance(found, list) else 0
            places = [f"{event.for_each}/{index}" for index in range(count)]
        return tuple(
            place
            for place in places
            if self._contract.meets_condition(event, get_at(exchange.value, place))
        )

    def _may_call(self, event: Event, url: str) -> bool:
        """Return whether the mock sends a callback to `url`; log why not."""
        host = _host_of(url)
        if host is not None and (is_loopback_host(host) or host in self._callback_hosts):
            return True
        if host is None:
            _LOG.warning("callback %s not sent: its URL is no http or https URL", event.name)
        else:
            text = "callback %s not sent: %s is not on loopback; pass --allow-host %s to allow it"
            _LOG.warning(text, event.name, host, host)
        return False

    def _message(
        self, event: Event, exchange: MockExchange, items: tuple[str, ...]
    ) -> EventMessage:
        hooks = exchange.hooks
        self._number += 1
        event_context = EventContext(event, exchange, self._number, self._unique_values, items)
        value = build_payload(event_context)
        if hooks.payload:
            value = hooks.payload(value, event_context)
        return EventMessage(
            event,
            serialize_payload(event, value),
            self._number,
            self._secret,
            webhook_id=f"msg_{uuid.uuid4().hex}",
            at=time.time(),
        )


def _host_of(url: str) -> str | None:
    """Return the host of an http or https URL, or None."""
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") and has_port else None


def _with_example_payload(contract: Contract, event: Event, seed: int) -> Event:
    """Return `event` with an example payload, generated from its schema if it has none."""
    rng = random.Random(f"{seed}/{event.name}")  # noqa: S311 - examples, not secrets
    made = event.examples or (body_example(contract, event.schema, rng),)
    return replace(event, examples=made)
