"""Keepers of the resources of one contract: what all of its operations share."""

from functools import cached_property
from typing import Any

from mock_server.storage.database import Store
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract


class ResourceKeepers:
    """Keepers of the resources of one contract."""

    def __init__(
        self, contract: Contract, seed: int, unique_values: UniqueValues, store: Store
    ) -> None:
        """Keep the resources of `contract` in `store`; `seed` generates what has no example."""
        self.contract = contract
        self.seed = seed
        self.unique_values = unique_values
        self.store = store
        self.kept: dict[str, Any] = {}
        """Keepers of single resources by name; `mock_server.responses.kept_resource` fills it."""

    @cached_property
    def may_keep(self) -> bool:
        """Whether the contract can have resources or idempotency keys."""
        return may_keep_resources(self.contract)


def may_keep_resources(contract: Contract) -> bool:
    """Return whether a contract can have resources or idempotency keys; cheap to find out."""
    collections = {o.path.rstrip("/") for o in contract.operations if o.method == "POST"}
    return (
        any(o.method == "GET" and o.path.rstrip("/") in collections for o in contract.operations)
        or any(r.links for o in contract.operations for r in o.responses.values())
        or any("dempotency" in p.name for o in contract.operations for p in o.parameters)
        or "x-hookproof-resource" in contract.text
    )
