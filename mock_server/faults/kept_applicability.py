"""Needs of the faults of kept resources: pure predicates over a contract."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_server.fault import Need
from mock_server.responses.keepers import may_keep_resources
from openapi.contract import Contract

if TYPE_CHECKING:
    from openapi.resources.model import Resource


def _any_resource(test: "Callable[[Resource], bool]") -> Need:
    return lambda contract: any(test(resource) for resource in _resources(contract))


def _resources(contract: Contract) -> "tuple[Resource, ...]":
    if not may_keep_resources(contract):
        return ()
    # Most contracts of one operation keep nothing, and the model takes time to load.
    from openapi.resources.derivation import find_resources  # noqa: PLC0415

    return find_resources(contract)


def _written(resource: "Resource") -> frozenset[str]:
    """Return the properties that a replacement or change sets."""
    changing = [o.id for o in (resource.replace, resource.change) if o is not None]
    return frozenset(p.resource for name in changing for p in resource.properties.get(name, ()))


def _listed(resource: "Resource") -> bool:
    return resource.listing is not None


def _can_miss(resource: "Resource") -> bool:
    read = resource.read
    return read is not None and read.response_caused_by("unknown-resource") is not None


reading = _any_resource(_can_miss)
"""Read that answers an unknown resource with an error."""
reading_of_written = _any_resource(lambda r: r.read is not None and bool(_written(r)))
"""Read of a resource with a property that can be replaced or changed."""
writing = _any_resource(lambda r: r.read is not None and bool(_written(r)))
"""Replacement or change whose result can be read."""
change = _any_resource(
    lambda r: (
        r.change is not None
        and len(r.properties.get(r.change.id, ())) > 0
        and len(r.properties.get(r.create.id, ())) > 1
        and r.read is not None
    )
)
"""Change of a resource that has other properties too."""
created_property = _any_resource(
    lambda r: r.read is not None and bool(r.properties.get(r.create.id, ()))
)
"""Property of a creation that a read shows."""
deletion = _any_resource(
    lambda r: r.delete is not None and r.read is not None and r.deleted is None
)
"""Deletion of a resource that can be read."""
listing_after_deletion = _any_resource(
    lambda r: r.delete is not None and _listed(r) and r.deleted is None
)
"""Deletion of a resource that can be listed."""
reading_of_unknown = reading
"""Read that answers an unknown resource with an error."""
listing = _any_resource(_listed)
"""List of resources."""
listed_change = _any_resource(lambda r: _listed(r) and bool(_written(r)))
"""List of resources that can be replaced or changed."""
filtered_list = _any_resource(lambda r: r.listing is not None and bool(r.listing.filters))
"""List with a filter."""
limited_list = _any_resource(lambda r: r.listing is not None and r.listing.paging.limit is not None)
"""List with a limit."""
cursor_or_offset = _any_resource(
    lambda r: (
        r.listing is not None and r.listing.paging.limit is not None and r.listing.paging.has_pages
    )
)
"""List with pages of a given size."""


def idempotent_operation(contract: Contract) -> bool:
    """Check for an operation with an idempotency key that creates a resource."""
    found = _resources(contract)
    if not found:
        return False
    from openapi.resources.derivation import idempotency_key  # noqa: PLC0415 - as above

    return any(idempotency_key(contract, r.create) is not None for r in found)


secured_resource = _any_resource(
    lambda r: any(
        one.scheme.kind == "bearer" for alternative in r.create.security for one in alternative
    )
)
"""Resource whose creation takes a token, which can name a tenant."""
