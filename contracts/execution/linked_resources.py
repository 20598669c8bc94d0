"""Linked resources: values of path parameters that a success of another operation names."""

from collections.abc import Callable

from contracts.model.errors import RunStopped
from contracts.model.exchange import Exchange
from openapi.contract import Link
from openapi.json_pointer import MISSING
from openapi.parameters import parameter_key, serialize_value


class LinkedResource:
    """Gives the requests of one operation something that exists to be about."""

    def __init__(self, create: Callable[[], Exchange], link: Link, *, consumes: bool) -> None:
        """`create` makes one, `link` names it; one that a success `consumes` is made again."""
        self._create = create
        self._link = link
        self._consumes = consumes
        self._texts: dict[str, str] | None = None

    def path_texts(self) -> dict[str, str]:
        """Return texts for the path parameters, by their keys; `RunStopped` without a resource."""
        if self._texts is None:
            self._texts = self._named(self._create())
        return self._texts

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the parameters that this gives texts for."""
        return frozenset(parameter_key("path", name) for name, _ in self._link.values)

    def required_count(self, successes: int) -> int:
        """Return how many resources this number of successes needs."""
        return successes if self._consumes else 1

    def _named(self, exchange: Exchange) -> dict[str, str]:
        success = exchange.request.operation.response_caused_by("valid-request")
        found = {name: exchange.find(part) for name, part in self._link.values}
        if success is None or str(exchange.status) != success.status or MISSING in found.values():
            maker = exchange.request.operation.id
            raise RunStopped(
                f"there is nothing to ask {self._link.operation} for: {exchange.request.label()} "
                f"to {maker} was answered {exchange.status or 'nothing'}"
            )
        return {
            parameter_key("path", name): serialize_value(value) for name, value in found.items()
        }

    def note_use(self, exchange: Exchange) -> None:
        """Hear of a request about it: after one that may have changed it another is made."""
        if self._consumes and (exchange.status is None or exchange.status < 300):
            self._texts = None
