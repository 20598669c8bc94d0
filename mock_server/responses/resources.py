"""Resources: links between operations, and the resources that a success creates."""

import json
from collections.abc import Iterable

from mock_server.exchange import MockExchange
from mock_server.messages import HttpResponse
from mock_server.storage.database import ResourceKey, Store
from openapi.contract import Contract, Link, Operation
from openapi.json_pointer import MISSING
from openapi.parameters import parameter_key


class OperationResources:
    """Resources of the mock, from the point of view of one operation."""

    def __init__(self, contract: Contract, operation: Operation, store: Store) -> None:
        """Read the links to the operation, and those of its success."""
        creator = contract.find_creator(operation)
        success = operation.response_caused_by("valid-request")
        self._operation = operation
        self._link_parameters = [name for name, _ in creator[1].values] if creator else []
        self._can_be_unknown = operation.response_caused_by("unknown-resource") is not None
        self._links: tuple[Link, ...] = success.links if success else ()
        self._store = store

    @property
    def pointers_of_resource_names(self) -> set[str]:
        """Places in a success body that name a resource."""
        expressions = [part for link in self._links for _, part in link.values]
        return {p.where for p in expressions if (p.message, p.part) == ("response", "body")}

    def knows(self, exchange: MockExchange) -> bool:
        """Check whether the requested resource exists.

        Any does if no link leads to the operation, or if the contract has no response to an unknown
        one.
        """
        is_checked = bool(self._link_parameters) and self._can_be_unknown
        return not is_checked or self._store.knows(self._key(exchange))

    def added(self, exchange: MockExchange, response: HttpResponse) -> tuple[ResourceKey, ...]:
        """Return every key of the resource that `response` created."""
        found = [
            (link, {name: exchange.evaluate(part, response) for name, part in link.values})
            for link in self._links
        ]
        return tuple(
            _key(link.operation, sorted(values.items()))
            for link, values in found
            if MISSING not in values.values()
        )

    def removed(self, exchange: MockExchange) -> ResourceKey | None:
        """Return the key of the resource that a success deletes, or None."""
        return (
            self._key(exchange)
            if self._operation.method == "DELETE" and self._link_parameters
            else None
        )

    def _key(self, exchange: MockExchange) -> ResourceKey:
        values = (
            (name, exchange.parameters.get(parameter_key("path", name)))
            for name in self._link_parameters
        )
        return _key(self._operation.id, sorted(values))


def _key(operation_id: str, values: Iterable[tuple[str, object]]) -> ResourceKey:
    return operation_id, json.dumps(list(values))
