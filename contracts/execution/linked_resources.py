"""Linked resources: path parameter values from the success of another operation."""

from collections.abc import Callable

from contracts.model.errors import RunStopped
from contracts.model.exchange import Exchange
from openapi.contract import Link
from openapi.json_pointer import MISSING
from openapi.parameters import parameter_key
from openapi.serialization.text_values import serialize_value


class LinkedResource:
    """Supply of existing resources for the path parameters of one operation."""

    def __init__(self, create: Callable[[], Exchange], link: Link, *, consumes: bool) -> None:
        """Take the function that creates a resource, and the link that names it.

        With `consumes`, each success uses up the resource, so the next request needs a new one.
        """
        self._create = create
        self._link = link
        self._consumes = consumes
        self._texts: dict[str, str] | None = None

    def path_texts(self) -> dict[str, str]:
        """Return the path parameter texts by key; raise `RunStopped` without a resource."""
        if self._texts is None:
            self._texts = self._named(self._create())
        return self._texts

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the parameters in `path_texts`."""
        return frozenset(parameter_key("path", name) for name, _ in self._link.values)

    def required_count(self, successes: int) -> int:
        """Return the number of resources for this number of successes."""
        return successes if self._consumes else 1

    def _named(self, exchange: Exchange) -> dict[str, str]:
        success = exchange.request.operation.status_caused_by("valid-request")
        found = {name: exchange.find(part) for name, part in self._link.values}
        if exchange.status is None or exchange.status != success or MISSING in found.values():
            maker = exchange.request.operation.id
            raise RunStopped(
                f"{self._link.operation} needs a resource: {exchange.request.label()} "
                f"to {maker} got {exchange.status or 'no response'}"
            )
        return {
            parameter_key("path", name): serialize_value(value) for name, value in found.items()
        }

    def note_use(self, exchange: Exchange) -> None:
        """Note a request for the resource; forget the resource if the request may consume it."""
        if self._consumes and (exchange.status is None or exchange.status < 300):
            self._texts = None
