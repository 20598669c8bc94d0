"""Faults of kept resources: each breaks one promise of a service with state.

A fault replaces the view of the stored resources by one that behaves otherwise.
"""

from collections.abc import Callable
from dataclasses import replace

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, Need, Severity
from mock_server.faults.kept_applicability import (
    change,
    created_property,
    cursor_or_offset,
    deletion,
    filtered_list,
    idempotent_operation,
    limited_list,
    listed_change,
    listing,
    listing_after_deletion,
    reading,
    reading_of_unknown,
    reading_of_written,
    secured_resource,
    writing,
)
from mock_server.resource_view import (
    FirstResponse,
    ListPage,
    ListQuery,
    ResourceKey,
    ResourceView,
    StoredResource,
    Update,
)


class _View:
    """View that passes everything on; a fault overrides one method."""

    def __init__(self, view: ResourceView, exchange: MockExchange) -> None:
        self._view = view
        self._reads = exchange.operation is not None and exchange.operation.is_safe

    def find(self, key: ResourceKey) -> StoredResource | None:
        return self._view.find(key)

    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(query)

    def create(self, resource: StoredResource, keys: tuple[ResourceKey, ...]) -> StoredResource:
        return self._view.create(resource, keys)

    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        return self._view.update(resource, update)

    def remove(self, resource: StoredResource) -> None:
        self._view.remove(resource)

    def first_response(self, key: str) -> FirstResponse | None:
        return self._view.first_response(key)

    def remember(self, key: str, response: FirstResponse) -> None:
        self._view.remember(key, response)


class _StaleRead(_View):
    def find(self, key: ResourceKey) -> StoredResource | None:
        found = self._view.find(key)
        return _before_change(found) if found and self._reads else found


class _StaleList(_View):
    def page(self, query: ListQuery) -> ListPage:
        page = self._view.page(query)
        return replace(page, items=tuple(map(_before_change, page.items)))


def _before_change(found: StoredResource) -> StoredResource:
    """Return the resource before its last change."""
    return found if found.previous is None else replace(found, document=found.previous)


class _LostUpdate(_View):
    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        return replace(resource, document=update.document)


class _WipingUpdate(_View):
    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        lost = update.writable - update.sent
        kept = {name: value for name, value in update.document.items() if name not in lost}
        return self._view.update(resource, replace(update, document=kept))


class _UpdateOfAnother(_View):
    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        query = ListQuery(resource.collection, resource.tenant, None, limit=2)
        others = (one for one in self._view.page(query).items if one.id != resource.id)
        other = next(others, None)
        if other is None:
            return self._view.update(resource, update)
        sent = {n: v for n, v in update.document.items() if n in update.sent}
        self._view.update(other, replace(update, document={**other.document, **sent}))
        return replace(resource, document=update.document)


class _LostCreation(_View):
    def create(
        self,
        resource: StoredResource,
        keys: tuple[ResourceKey, ...],  # noqa: ARG002
    ) -> StoredResource:
        return resource


class _LostProperty(_View):
    def create(self, resource: StoredResource, keys: tuple[ResourceKey, ...]) -> StoredResource:
        document = dict(resource.document) if isinstance(resource.document, dict) else {}
        sent = sorted(name for name in resource.sent if name in document)
        if sent:
            document.pop(sent[-1])
            self._view.create(replace(resource, document=document), keys)
            return resource
        return self._view.create(resource, keys)


class _DeletedReadable(_View):
    def find(self, key: ResourceKey) -> StoredResource | None:
        found = self._view.find(key)
        return replace(found, is_deleted=False) if found and self._reads else found


class _DeletedListed(_View):
    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(replace(query, with_deleted=True))


class _UnknownFound(_View):
    def find(self, key: ResourceKey) -> StoredResource | None:
        found = self._view.find(key)
        if found is None and self._reads:
            return StoredResource("", key.tenant or "", "{}", {})
        return found


class _NewestMissing(_View):
    def page(self, query: ListQuery) -> ListPage:
        page = self._view.page(query)
        return replace(page, items=page.items[1:]) if query.is_first else page


class _FilterIgnored(_View):
    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(replace(query, filters=()))


class _LimitIgnored(_View):
    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(replace(query, limit=None))


class _PageRepeated(_View):
    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(replace(query, before=None, offset=0))


class _ItemLost(_View):
    def page(self, query: ListQuery) -> ListPage:
        if query.is_first:
            return self._view.page(query)
        return self._view.page(replace(query, offset=query.offset + 1))


class _KeyIgnored(_View):
    def first_response(self, key: str) -> FirstResponse | None:  # noqa: ARG002
        return None


class _TenantIgnored(_View):
    def find(self, key: ResourceKey) -> StoredResource | None:
        return self._view.find(ResourceKey(key.operation, key.values, None))

    def page(self, query: ListQuery) -> ListPage:
        return self._view.page(replace(query, tenant=None))


def _resource_fault(
    name: str,
    description: str,
    need: Need,
    view: Callable[[ResourceView, MockExchange], ResourceView],
    severity: Severity = "violation",
) -> Fault:
    """Return a fault; one of a list is a warning where only names say what a list has."""
    return Fault(name, "resources", description, Hooks(resources=view), severity, need=need)


RESOURCE_FAULTS = (
    _resource_fault(
        "read-stale",
        "A read shows a resource before its last change: a cache is not invalidated.",
        reading_of_written,
        _StaleRead,
    ),
    _resource_fault(
        "update-lost",
        "The service confirms a change and does not store it: the transaction is not committed.",
        writing,
        _LostUpdate,
    ),
    _resource_fault(
        "update-wipes",
        "A change removes the properties that it does not name: PATCH is handled like PUT.",
        change,
        _WipingUpdate,
    ),
    _resource_fault(
        "update-of-another",
        "A change is stored in another resource: the query lacks the identity.",
        writing,
        _UpdateOfAnother,
    ),
    _resource_fault(
        "creation-lost",
        "The service confirms a creation and stores nothing: the queue behind it is down.",
        reading,
        _LostCreation,
    ),
    _resource_fault(
        "property-lost",
        "A property of a creation is not stored: the mapping of a column is missing.",
        created_property,
        _LostProperty,
    ),
    _resource_fault(
        "deleted-readable",
        "A deleted resource can still be read: the row is only marked as deleted.",
        deletion,
        _DeletedReadable,
    ),
    _resource_fault(
        "deleted-listed",
        "A deleted resource is still listed: the query lacks the mark of deletion.",
        listing_after_deletion,
        _DeletedListed,
        "warning",
    ),
    _resource_fault(
        "unknown-as-found",
        "An unknown identity gets 200 with a default resource: a missing row is not checked.",
        reading_of_unknown,
        _UnknownFound,
    ),
    _resource_fault(
        "list-without-newest",
        "The list lacks the newest resource: the index is updated later.",
        listing,
        _NewestMissing,
        "warning",
    ),
    _resource_fault(
        "list-stale",
        "The list holds the values before the last change: the index is not updated.",
        listed_change,
        _StaleList,
        "warning",
    ),
    _resource_fault(
        "filter-ignored",
        "The list ignores its filters: the query parameter has another name in the code.",
        filtered_list,
        _FilterIgnored,
        "warning",
    ),
    _resource_fault(
        "limit-ignored",
        "The list ignores the limit: the page always has every item.",
        limited_list,
        _LimitIgnored,
        "warning",
    ),
    _resource_fault(
        "page-repeated",
        "Each page of the list is the first one: the service ignores cursor, offset and page.",
        cursor_or_offset,
        _PageRepeated,
        "warning",
    ),
    _resource_fault(
        "item-lost-between-pages",
        "The first item of each further page is missing: the cursor is off by one.",
        cursor_or_offset,
        _ItemLost,
        "warning",
    ),
    _resource_fault(
        "idempotency-key-ignored",
        "A repeated request with the same idempotency key creates again: nothing stores the key.",
        idempotent_operation,
        _KeyIgnored,
    ),
    _resource_fault(
        "tenant-ignored",
        "A caller reads and lists resources of other tenants: the query lacks the tenant.",
        secured_resource,
        _TenantIgnored,
    ),
)
