"""What the mock shows of itself: requests, credentials, deliveries; without secrets."""

from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.responses.handler import success_of
from mock_server.responses.headers import marked
from mock_server.storage.database import Created, Store
from mock_server.storage.journal import Journal
from mock_server.storage.records import shown
from mock_server.webhooks.delivery_queue import Receiver
from openapi import runtime_expression, strict_json
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.redaction import Redaction

Asked = Mapping[str, runtime_expression.Expression]
"""What a credential is issued with, and where a request says it."""


class Insight:
    """Reads the journal and the store, of all workers."""

    def __init__(self, contract: Contract, journal: Journal, store: Store, mask: Redaction) -> None:
        """`contract` says which operations issue credentials."""
        self._journal = journal
        self._store = store
        self._mask = mask
        issued = ((o.id, _asked(contract, o)) for o in contract.operations)
        self._issuing = {operation: asked for operation, asked in issued if asked is not None}

    async def requests(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return requests, the newest first, with numbers below `before`."""
        await self._journal.look()
        return self._journal.latest("request", before, limit)

    async def request(self, number: int) -> dict[str, Any] | None:
        """Return one request and the numbers of its deliveries, or None."""
        await self._journal.look()
        found = self._journal.one("request", number)
        deliveries = [delivery["id"] for delivery in self._journal.about(number)]
        return None if found is None else {**found, "deliveries": deliveries}

    async def deliveries(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return deliveries with their attempts, the newest first, with numbers below `before`."""
        await self._journal.look()
        return [self._shown(found) for found in self._journal.latest("delivery", before, limit)]

    async def delivery(self, number: int) -> dict[str, Any] | None:
        """Return one delivery with its attempts, or None."""
        record = await self.record_of_delivery(number)
        return None if record is None else self._shown(record)

    async def record_of_delivery(self, number: int) -> dict[str, Any] | None:
        """Return all that is known of a delivery, what is not for showing included, or None."""
        await self._journal.look()
        return self._journal.one("delivery", number)

    def _shown(self, record: Mapping[str, Any]) -> dict[str, Any]:
        attempts = self._journal.about(record["id"])
        known = {key: value for key, value in record.items() if key not in ("again", "dropped")}
        return {**known, "state": _state(record, attempts), "attempts": attempts}

    def receivers(self, all_: Sequence[Receiver]) -> list[dict[str, Any]]:
        """Return each receiver's place, its origin and how many deliveries to it were dropped."""
        counts = self._journal.counts()
        return [
            {"number": n, "origin": receiver.origin, "dropped": counts.get(f"dropped/{n}", 0)}
            for n, receiver in enumerate(all_, 1)
        ]

    def tokens(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return what credentials were asked for, the newest first, and never a credential."""
        return [self._token(made) for made in self._store.created(self._issuing, before, limit)]

    def _token(self, made: Created) -> dict[str, Any]:
        value = strict_json.parse(made.request).value
        places = self._issuing[made.operation]
        found = {name: place.of(value) for name, place in places.items() if place.in_request_body}
        return {
            "id": made.id,
            "at": made.at,
            "operation": made.operation,
            "asked": {k: self._mask.value(None if v is MISSING else v) for k, v in found.items()},
            "body": shown(made.request, made.size, self._mask),
        }


def _asked(contract: Contract, operation: Operation) -> Asked | None:
    """Return where a request says what it wants a credential with; None: none is issued."""
    for pointer in success_of(operation).content.values():
        for _, stated in marked(contract, contract.at(pointer), "x-credential"):
            parts = {key: text for key, text in stated.items() if key != "scheme"}
            return {key: runtime_expression.parse(text) for key, text in parts.items()}
    return None


def _state(record: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> str:
    if not attempts:
        return "dropped" if record["dropped"] else "waiting"
    after: str = attempts[-1]["next"]
    return "waiting" if after == "again" else after
