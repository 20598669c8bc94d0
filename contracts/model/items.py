"""Items of a request that trigger an event each (`for-each` of a trigger). Pure."""

from dataclasses import replace

from contracts.model.exchange import Exchange
from openapi.contract import Contract
from openapi.json_pointer import get_at


def item_views(contract: Contract, exchange: Exchange) -> tuple[Exchange, ...]:
    """Return the exchange, and if items of its request trigger events, it again for each item."""
    arrays = {
        event.for_each
        for event in contract.triggered_events
        if event.for_each is not None and event.operation == exchange.request.operation.id
    }
    views = [exchange]
    for array in sorted(arrays):
        items = get_at(exchange.request.json.value, array)
        count = len(items) if isinstance(items, list) else 0
        views += [replace(exchange, item=f"{array}/{index}") for index in range(count)]
    return tuple(views)
