"""Resources in the state database: documents, the keys that lead to them, and first responses."""

import json
from collections.abc import Iterator
from typing import Any

from mock_server.resource_view import (
    FirstResponse,
    ListPage,
    ListQuery,
    ResourceKey,
    StoredResource,
    Update,
)
from mock_server.storage import schema
from mock_server.storage.database import Store, claim_digest

_EVERY_ID = 2**62


class ResourceTable:
    """Resources of one store. What changes them runs within a transaction."""

    def __init__(self, store: Store) -> None:
        """Use `store`."""
        self._store = store

    def is_empty(self) -> bool:
        """Return whether no resource was ever stored, not even one that was deleted since."""
        return not self._store.rows(schema.HAS_RESOURCES)[0][0]

    def find(self, key: ResourceKey) -> StoredResource | None:
        """Return the resource with `key`, also a deleted one, or None."""
        rows = self._store.rows(schema.FIND_RESOURCE, *key)
        return _resource(rows[0]) if rows else None

    def page(self, query: ListQuery) -> ListPage:
        """Return the resources that `query` selects."""
        scope = (query.collection, query.tenant, query.parent, int(query.with_deleted))
        if query.filters:
            selected = [
                one
                for one in self._select(scope, _EVERY_ID, -1, 0)
                if all(test(one) for test in query.filters)
            ]
            total = len(selected)
            rest = [one for one in selected if query.before is None or one.id < query.before]
            rest = rest[query.offset :]
        else:
            total = self._store.rows(schema.COUNT_RESOURCES, *scope)[0][0]
            limit = -1 if query.limit is None else query.limit + 1
            before = _EVERY_ID if query.before is None else query.before
            rest = [*self._select(scope, before, limit, query.offset)]
        limit = len(rest) if query.limit is None else query.limit
        return ListPage(tuple(rest[:limit]), total, len(rest) > limit)

    def _select(
        self, scope: tuple[Any, ...], before: int, limit: int, offset: int
    ) -> Iterator[StoredResource]:
        rows = self._store.rows(schema.SELECT_PAGE, *scope, before, limit, offset)
        return map(_resource, rows)

    def create(self, resource: StoredResource, keys: tuple[ResourceKey, ...]) -> StoredResource:
        """Store a new resource with its keys; return it."""
        self._store.rows(
            schema.INSERT_RESOURCE,
            resource.collection,
            resource.tenant,
            resource.parent,
            json.dumps(resource.document),
            resource.claim,
        )
        ((number,),) = self._store.rows("SELECT last_insert_rowid()")
        for key in keys:
            self._store.rows(schema.INSERT_KEY, *key, number)
        return resource

    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        """Store the changed document and claim of `resource`; return it with the document."""
        text = json.dumps(update.document)
        self._store.rows(schema.UPDATE_RESOURCE, text, resource.claim, resource.id)
        return _with_document(resource, update.document)

    def remove(self, resource: StoredResource) -> None:
        """Mark `resource` as deleted; its claim is free again."""
        self._store.rows(schema.DELETE_RESOURCE, resource.id)
        if resource.claim is not None:
            self._store.rows(schema.FREE_CLAIM, claim_digest(resource.claim))

    def remove_below(self, path: str, tenant: str, parameters: str) -> None:
        """Mark what lies below one resource as deleted: `parameters` is a JSON object."""
        self._store.rows(schema.DELETE_CHILDREN, path, tenant, parameters)

    def move_claim(self, old: str | None, new: str) -> bool:
        """Replace the claim `old`; return False if another resource has `new`."""
        if old is None or old == new:
            return True
        self._store.rows(schema.MOVE_CLAIM, claim_digest(new), claim_digest(old))
        return bool(self._store.rows("SELECT changes()")[0][0])

    def first_response(self, key: str) -> FirstResponse | None:
        """Return the first response to an idempotency key, or None."""
        for request, status, headers, body in self._store.rows(schema.SELECT_FIRST_RESPONSE, key):
            pairs = ((n.encode("latin-1"), v.encode("latin-1")) for n, v in json.loads(headers))
            return FirstResponse(request, status, tuple(pairs), bytes(body))
        return None

    def remember(self, key: str, response: FirstResponse) -> None:
        """Store the first response to an idempotency key."""
        pairs = [[n.decode("latin-1"), v.decode("latin-1")] for n, v in response.headers]
        row = (key, response.request, response.status, json.dumps(pairs), response.body)
        self._store.rows(schema.INSERT_FIRST_RESPONSE, *row)


def _resource(row: Any) -> StoredResource:
    number, collection, tenant, parent, document, claim, previous, deleted = row
    return StoredResource(
        collection,
        tenant,
        parent,
        json.loads(document),
        claim,
        number,
        None if previous is None else json.loads(previous),
        bool(deleted),
    )


def _with_document(resource: StoredResource, document: Any) -> StoredResource:
    return StoredResource(
        resource.collection,
        resource.tenant,
        resource.parent,
        document,
        resource.claim,
        resource.id,
        resource.document,
        resource.is_deleted,
    )
