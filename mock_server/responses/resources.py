"""What one operation's links say: what it may be asked for, and what its successes bring about."""

import json
from collections.abc import Iterable

from mock_server.exchange import Exchange
from mock_server.messages import Answer
from mock_server.storage.database import Key, Store
from openapi.contract import Contract, Link, Operation
from openapi.json_pointer import MISSING
from openapi.parameters import key


class Directory:
    """The resources of the mock as one operation sees them."""

    def __init__(self, contract: Contract, operation: Operation, store: Store) -> None:
        """Read the links to the operation, and those of its success."""
        made = contract.maker(operation)
        success = operation.answer_to("valid-request")
        self._operation = operation
        self._asked = [name for name, _ in made[1].values] if made else []
        self._links: tuple[Link, ...] = success.links if success else ()
        self._store = store

    @property
    def named_in_the_answer(self) -> set[str]:
        """The places in the body of a success that name a resource."""
        stated = [part for link in self._links for _, part in link.values]
        return {p.where for p in stated if (p.message, p.part) == ("response", "body")}

    def knows(self, exchange: Exchange) -> bool:
        """Say whether what is asked for is there; without a link to the operation it is."""
        return not self._asked or self._store.knows(self._key(exchange))

    def added(self, exchange: Exchange, answer: Answer) -> tuple[Key, ...]:
        """Return every name of the resource that the success `answer` has brought about."""
        found = [
            (link, {name: exchange.find(part, answer) for name, part in link.values})
            for link in self._links
        ]
        return tuple(
            _key(link.operation, sorted(values.items()))
            for link, values in found
            if MISSING not in values.values()
        )

    def removed(self, exchange: Exchange) -> Key | None:
        """Return the name of the resource that a success deletes, if it does."""
        return self._key(exchange) if self._operation.method == "DELETE" and self._asked else None

    def _key(self, exchange: Exchange) -> Key:
        values = ((name, exchange.parameters.get(key("path", name))) for name in self._asked)
        return _key(self._operation.id, sorted(values))


def _key(operation_id: str, values: Iterable[tuple[str, object]]) -> Key:
    return operation_id, json.dumps(list(values))
