"""Linked resources: path parameter values from the success of another operation."""

from collections.abc import Callable

from contracts.model.errors import RunStopped, TargetNotCreated
from contracts.model.exchange import Exchange
from openapi.contract import SAFE_METHODS, Link
from openapi.json_pointer import MISSING
from openapi.parameters import parameter_key
from openapi.serialization.text_values import serialize_value


class LinkedResource:
    """Supply of existing resources for the path parameters of one operation."""

    def __init__(
        self,
        create: Callable[[], Exchange | None],
        link: Link,
        *,
        consumes: bool,
        must_be_own: bool = False,
    ) -> None:
        """Take the function that creates a resource, if that is possible, and the link to it.

        With `consumes`, each success uses up the resource, so the next request needs a new one.
        With `must_be_own`, no request may be for a resource that the run did not create.
        """
        self._create = create
        self._link = link
        self._consumes = consumes
        self._must_be_own = must_be_own
        self._texts: dict[str, str] | None = None
        self._is_given_up = False

    @property
    def is_optional(self) -> bool:
        """Whether the run may do without the resource, because the link is only inferred."""
        return self._link.is_inferred and not self._must_be_own

    def path_texts(self) -> dict[str, str]:
        """Return the path parameter texts by key; empty if an inferred link leads nowhere.

        Raise `RunStopped` without a resource, `TargetNotCreated` if the run could do without it.
        """
        if self._is_given_up:
            return {}
        if self._texts is None:
            exchange = self._create()
            self._texts = None if exchange is None else self._named(exchange)
            if self._texts is None and self.is_optional:
                self._is_given_up = True
                return {}
            if self._texts is None:
                error = TargetNotCreated if self._link.is_inferred else RunStopped
                raise error(self._failure(exchange))
        return self._texts

    def _failure(self, exchange: Exchange | None) -> str:
        """Return why there is no resource after `exchange`; None: no request could be made."""
        if exchange is None:
            return f"{self._link.operation} needs a resource that cannot be created"
        return (
            f"{self._link.operation} needs a resource: {exchange.request.label()} "
            f"to {exchange.request.operation.id} got {exchange.status or 'no response'}"
        )

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the parameters in `path_texts`."""
        return frozenset(parameter_key("path", name) for name, _ in self._link.values)

    def required_count(self, successes: int) -> int:
        """Return the number of resources for this number of successes."""
        return successes if self._consumes else 1

    def _named(self, exchange: Exchange) -> dict[str, str] | None:
        """Return the texts that the exchange names, or None without a resource."""
        found = {name: exchange.find(part) for name, part in self._link.values}
        if not exchange.has_status_of("valid-request") or MISSING in found.values():
            return None
        texts = {parameter_key("path", name): serialize_value(v) for name, v in found.items()}
        # Without a name, or with dots alone, the path would be that of the collection.
        is_named = None not in found.values() and all(text.strip(".") for text in texts.values())
        return texts if is_named else None

    def note_use(self, exchange: Exchange) -> None:
        """Note a request for the resource; forget the resource if the request may consume it."""
        uses_up = self._consumes or exchange.request.method not in SAFE_METHODS
        if uses_up and (exchange.status is None or exchange.status < 300):
            self._texts = None
