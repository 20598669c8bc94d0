"""Views of requests, issued credentials and deliveries for the admin API, without secrets."""

from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.fault import ACCEPTED, REFUSED
from mock_server.responses.success import (
    CredentialParameters,
    credential_parameters,
    success_response_of,
)
from mock_server.storage.database import CreatedRecord, Store
from mock_server.storage.journal import Journal
from mock_server.storage.records import body_excerpt
from mock_server.webhooks.delivery_queue import DeliveryQueue
from openapi import strict_json
from openapi.contract import Contract, Operation
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING
from openapi.redaction import Redaction

_TEMPORARY_REFUSALS = ("408", "429")
"""Statuses that say nothing about the delivery: the receiver asks for it again."""


class AdminViews:
    """Reader of the journal and the store of all workers."""

    def __init__(
        self, contract: Contract, journal: Journal, store: Store, redactor: Redaction
    ) -> None:
        """Use `contract` to find the operations that issue credentials."""
        self._journal = journal
        self._store = store
        self._redactor = redactor
        parameters_by_operation = (
            (o.id, _credential_parameters(contract, o)) for o in contract.operations
        )
        self._credential_operations = {
            operation: parameters
            for operation, parameters in parameters_by_operation
            if parameters is not None
        }

    async def requests(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return requests with ids below `before`, newest first."""
        await self._journal.flush()
        return [_request_view(found) for found in self._journal.latest("request", before, limit)]

    async def request(self, number: int) -> dict[str, Any] | None:
        """Return one request and the ids of its deliveries, or None."""
        await self._journal.flush()
        found = self._journal.get("request", number)
        deliveries = [delivery["id"] for delivery in self._journal.about(number)]
        return None if found is None else {**_request_view(found), "deliveries": deliveries}

    async def deliveries(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return deliveries with ids below `before` and their attempts, newest first."""
        await self._journal.flush()
        return [
            self._delivery_view(found) for found in self._journal.latest("delivery", before, limit)
        ]

    async def delivery(self, number: int) -> dict[str, Any] | None:
        """Return one delivery with its attempts, or None."""
        record = await self.record_of_delivery(number)
        return None if record is None else self._delivery_view(record)

    async def record_of_delivery(self, number: int) -> dict[str, Any] | None:
        """Return the full record of a delivery with its internal data, or None."""
        await self._journal.flush()
        return self._journal.get("delivery", number)

    def _delivery_view(self, record: Mapping[str, Any]) -> dict[str, Any]:
        attempts = self._journal.about(record["id"])
        known = {
            key: value for key, value in record.items() if key not in ("redelivery", "dropped")
        }
        return {
            **known,
            "state": _delivery_state(record, attempts),
            "verdict": _delivery_verdict(attempts),
            "attempts": attempts,
        }

    def receivers(self, queues: Sequence[DeliveryQueue]) -> list[dict[str, Any]]:
        """Return number, origin and count of dropped deliveries of each receiver."""
        counts = self._journal.counts()
        return [
            {"number": n, "origin": receiver.origin, "dropped": counts.get(f"dropped/{n}", 0)}
            for n, receiver in enumerate(queues, 1)
        ]

    def tokens(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return the requested properties of issued credentials, newest first; no credential."""
        return [
            self._token_view(created)
            for created in self._store.created(self._credential_operations, before, limit)
        ]

    def _token_view(self, created: CreatedRecord) -> dict[str, Any]:
        value = strict_json.parse_json(created.request).value
        places = self._credential_operations[created.operation]
        found = {
            name: place.evaluate(value) for name, place in places.items() if place.in_request_body
        }
        return {
            "id": created.id,
            "at": created.at,
            "operation": created.operation,
            "requested": {
                k: self._redactor.value(None if v is MISSING else v) for k, v in found.items()
            },
            "body": body_excerpt(created.request, created.size, self._redactor),
        }


def _credential_parameters(contract: Contract, operation: Operation) -> CredentialParameters | None:
    """Return the parameters of the issued credential; None if the operation issues none."""
    for pointer in success_response_of(operation).content.values():
        for _, place in extended_properties(contract, pointer, "x-hookproof-credential"):
            return credential_parameters(contract, place)
    return None


def _request_view(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request; a state file of an earlier release has no responses."""
    return {"response": None, **record}


def _delivery_state(record: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> str:
    if not attempts:
        return "dropped" if record["dropped"] else "pending"
    after: str = attempts[-1]["next"]
    return "pending" if after == "retry" else after


def _delivery_verdict(attempts: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what the response to the last attempt says about the receiver, or None.

    A response other than 2xx and 4xx, or one that is as good as another, says nothing.
    """
    last = attempts[-1] if attempts else {}
    expected, outcome = last.get("expected_response"), last.get("outcome") or ""
    if expected == REFUSED and outcome.startswith("2"):
        return "accepted although forged"
    is_refused = outcome.startswith("4") and outcome not in _TEMPORARY_REFUSALS
    refusals = {REFUSED: "forged, and refused", ACCEPTED: "refused"}
    return refusals.get(str(expected)) if is_refused else None
