"""Kept operation: what a valid request reads and changes in the kept resources."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from starlette.types import Scope

from mock_server.exchange import MockExchange, OnSuccess
from mock_server.messages import HttpResponse, encode_header
from mock_server.resource_view import (
    FirstResponse,
    ResourceKey,
    ResourceView,
    ShownResource,
    StoredResource,
    Update,
)
from mock_server.responses.content import content_response
from mock_server.responses.errors import RequestRejected
from mock_server.responses.headers import with_missing_headers
from mock_server.responses.identities import draw_identity
from mock_server.responses.keepers import ResourceKeepers
from mock_server.responses.kept_resource import (
    KeptResource,
    keeper_of,
    key_text,
    link_keys,
    links_of,
    pointers_of_names,
)
from mock_server.responses.success import Success, read_success, success_response_of
from mock_server.storage.database import StateChange, Store
from mock_server.storage.resources import ResourceTable
from mock_server.tokens import TENANT_CLAIM
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.parameters import parameter_key
from openapi.resources.derivation import idempotency_key, resources_by_operation
from openapi.resources.model import Role
from openapi.runtime_expression import parse_expression

_REUSED_KEY_STATUSES = (422, 409, 400)
"""Statuses for an idempotency key with another request; the first documented one counts."""
_UNKNOWN = "There is no resource with this name"


class KeptOperation:
    """Operation that makes, reads or changes kept resources, or has an idempotency key."""

    def __init__(
        self,
        keepers: ResourceKeepers,
        operation: Operation,
        secret: str,
        on_success: OnSuccess | None = None,
    ) -> None:
        """Read the links to the operation, and those of its success."""
        self._on_success = on_success
        contract = keepers.contract
        self._keepers = keepers
        self._contract: Contract = contract
        self._operation = operation
        self._secret = secret
        self._store: Store = keepers.store
        self._table = ResourceTable(keepers.store)
        model = resources_by_operation(contract).get(operation.id)
        self._role: Role | None = model.roles.get(operation.id) if model else None
        self._resource = keeper_of(keepers, model) if model else None
        creator = contract.find_creator(operation)
        self._link_parameters = [name for name, _ in creator[1].values] if creator else []
        self._owner = self._owner_of(creator[0] if creator else None)
        self._can_be_unknown = operation.response_caused_by("unknown-resource") is not None
        self._links = links_of(operation)
        self._claim_expressions = [parse_expression(text) for text in operation.duplicate_values]
        self._idempotency = idempotency_key(contract, operation)
        if self._idempotency and any(
            part.parameter_key == self._idempotency.key for part in self._claim_expressions
        ):
            self._idempotency = None  # the contract says that a repeated key is a duplicate

    def _owner_of(self, creator: Operation | None) -> KeptResource | None:
        """Return the resource under whose path the operation is, other than its own."""
        if self._resource is not None and self._role not in ("create", "list"):
            return self._resource
        model = resources_by_operation(self._contract).get(creator.id) if creator else None
        return keeper_of(self._keepers, model) if model is not None else None

    @property
    def is_needed(self) -> bool:
        """Whether the mock must keep or find anything for the operation."""
        return bool(self._resource or self._links or self._link_parameters or self._idempotency)

    @cached_property
    def _success(self) -> Success:
        if self._resource is not None and self._role == "create":
            return self._resource.create
        named = frozenset(pointers_of_names(self._links))
        return read_success(self._contract, self._operation, self._keepers.seed, named)

    async def respond(self, exchange: MockExchange, scope: Scope) -> HttpResponse:
        """Return the success; raise the rejection of an unknown resource or a duplicate request."""
        if self._operation.is_safe and not self._success.credentials:
            return self._respond(exchange, scope)
        # The transaction is the last step, so that a failed request changes nothing.
        return await self._store.run(lambda db: self._respond(exchange, scope, db))

    def _respond(
        self, exchange: MockExchange, scope: Scope, db: sqlite3.Connection | None = None
    ) -> HttpResponse:
        hook = exchange.hooks.resources
        view: ResourceView = hook(self._table, exchange) if hook else self._table
        tenant = str(exchange.claims.get(TENANT_CLAIM) or "")
        key = self._idempotency_digest(exchange)
        request = self._request_digest(exchange) if key else ""
        first = view.first_response(key) if key else None
        if first is not None:
            return self._repeat(exchange, first, request)
        found = self._find(exchange, view, tenant)
        response = self._success_response(exchange, scope, view, tenant, found)
        if db is not None:
            self._record(exchange, db, tenant)
        if key:
            own = dict(exchange.headers)
            headers = tuple(h for h in response.headers if h[0] not in own)
            view.remember(key, FirstResponse(request, response.status, headers, response.body))
        if db is not None and self._on_success is not None:
            self._on_success(exchange, scope, response, db)
        return response

    # Idempotency keys

    def _idempotency_digest(self, exchange: MockExchange) -> str:
        """Return the digest of operation, credential and idempotency key; empty without a key."""
        if self._idempotency is None:
            return ""
        sent = exchange.parameters.get(self._idempotency.key, MISSING)
        if sent is MISSING:
            return ""
        credential = b"\n".join(exchange.header_values(b"authorization"))
        return _digest(self._operation.id, credential.decode("latin-1"), sent)

    def _request_digest(self, exchange: MockExchange) -> str:
        path = {k: v for k, v in exchange.parameters.items() if k.startswith("path.")}
        is_json = self._operation.has_json_body and exchange.value is not MISSING
        body = exchange.value if is_json else exchange.body.decode("latin-1")
        return _digest(path, body)

    def _repeat(self, exchange: MockExchange, first: FirstResponse, request: str) -> HttpResponse:
        """Return the first response again; raise the rejection of another request."""
        if first.request != request:
            documented = (s for s in _REUSED_KEY_STATUSES if str(s) in self._operation.responses)
            status = next(documented, None)
            if status is not None:
                message = "An earlier request had the same idempotency key and other content"
                raise RequestRejected(status, message)
        exchange.is_repeated_response = True
        headers = with_missing_headers(exchange.headers, first.headers)
        return HttpResponse(first.status, headers, first.body)

    # Resources

    def _find(
        self, exchange: MockExchange, view: ResourceView, tenant: str
    ) -> StoredResource | None:
        """Return the resource that the path names; raise the rejection of an unknown one.

        Any resource is known if no link leads to the operation, or if the contract has no response
        to an unknown one and none was deleted.
        """
        key = self._key(exchange, tenant)
        if key is None:
            return None
        found = view.find(key)
        if found is not None and not found.is_deleted:
            return found
        was_kept = found is not None and bool(found.collection)
        if self._can_be_unknown or was_kept or self._operation.method == "DELETE":
            raise RequestRejected("unknown-resource", _UNKNOWN)
        return None

    def _key(self, exchange: MockExchange, tenant: str) -> ResourceKey | None:
        names = self._link_parameters
        operation = self._operation
        if not names and self._resource is not None and self._role not in ("create", "list"):
            anchor = self._resource.anchor(operation)
            names = [name for name, _ in self._resource.model.parameters] if anchor else []
            operation = anchor or operation
        if not names:
            return None
        values = {n: exchange.parameters.get(parameter_key("path", n)) for n in names}
        return ResourceKey(operation.id, key_text(values), tenant)

    def _success_response(
        self,
        exchange: MockExchange,
        scope: Scope,
        view: ResourceView,
        tenant: str,
        found: StoredResource | None,
    ) -> HttpResponse:
        if self._role == "create" or (self._links and self._role is None):
            return self._create(exchange, scope, view, tenant)
        if self._role == "list":
            return self._list(exchange, view, tenant)
        if self._operation.method == "DELETE" and found is not None:
            return self._delete(exchange, view, found)
        resource = self._owner
        if found is not None and found.collection and resource is not None:
            if self._resource is None:
                self._show(exchange, resource, found.document)
            else:
                return self._item(exchange, view, resource, found)
        if found is None and self._resource is not None:
            return self._item_of_example(exchange, self._resource)
        return self._plain(exchange)

    def _create(
        self, exchange: MockExchange, scope: Scope, view: ResourceView, tenant: str
    ) -> HttpResponse:
        """Store a new resource and return the response that shows it."""
        resource, success = self._resource, self._success
        value = self._fresh(exchange)
        shape = resource.shape(self._operation) if resource else None
        document: Json = None
        sent: Mapping[str, Json] = {}
        if resource is not None:
            sent = resource.documents.sent(self._operation, exchange.value)
            self._draw_identity(exchange, view, tenant, value, sent)
            shown = resource.model.shown_by(self._operation, value)
            generated = shown if shown is not MISSING else {}
            now = datetime.now(UTC)
            document = resource.documents.create(
                self._operation, sent, resource.shapes, generated, now
            )
            name = resource.model.identity_name
            if name and name not in sent and name in generated:
                document[name] = generated[name]
            if shape is not None:
                value = shape.body(document, value)
        response = self._response(exchange, value)
        claim = self._claim(exchange, tenant)
        keys = link_keys(self._links, lambda part: exchange.evaluate(part, response), tenant)
        if resource is not None:
            stored = resource.stored(document, exchange.parameters, tenant, claim)
            stored = replace(stored, sent=frozenset(sent))
        else:
            stored = StoredResource("", tenant, "{}", None, claim)
        if keys or resource is not None:
            view.create(stored, keys)
        if resource is not None:
            self._show(exchange, resource, document)
            response = self._with_location(exchange, scope, resource, response)
        return response if success.schema is not None else self._plain(exchange)

    def _draw_identity(
        self,
        exchange: MockExchange,
        view: ResourceView,
        tenant: str,
        value: Json,
        sent: Mapping[str, Json],
    ) -> None:
        """Draw new identities until no stored resource has it."""
        assert self._resource is not None
        model = self._resource.model
        place = model.identity.where
        if model.identity_name in ("", *sent) or get_at(value, place) is MISSING:
            return

        def is_taken(value: Json) -> bool:
            response = content_response(200, value, (), "application/json")
            keys = link_keys(self._links, lambda part: exchange.evaluate(part, response), tenant)
            return any(view.find(key) is not None for key in keys[:1])

        draw_identity(
            self._contract, value, place, self._success, self._keepers.unique_values, is_taken
        )

    def _with_location(
        self, exchange: MockExchange, scope: Scope, resource: KeptResource, response: HttpResponse
    ) -> HttpResponse:
        """Return the response with the documented `Location` of the new resource."""
        spec = success_response_of(self._operation)
        header = next((h for h in spec.headers if h.name.lower() == "location"), None)
        if header is None:
            return response
        path = resource.item_path(
            lambda part: exchange.evaluate(part, response), exchange.parameters
        )
        if path is None:
            return response
        path = f"{self._contract.base_path}{path}"
        host = exchange.headers_by_name.get(b"host", b"localhost").decode("latin-1")
        schema = self._contract.schema(header.schema)
        forms = (path, f"{scope.get('scheme', 'http')}://{host}{path}")
        stated = get_at(self._contract.at(header.pointer), "/example")
        if isinstance(stated, str) and "://" in stated:
            forms = forms[::-1]
        location = next((form for form in forms if schema.is_valid(form)), path)
        others = tuple(h for h in response.headers if h[0] != b"location")
        return replace(response, headers=(*others, encode_header("Location", location)))

    def _list(self, exchange: MockExchange, view: ResourceView, tenant: str) -> HttpResponse:
        resource = self._resource
        assert resource is not None
        listed = resource.listed
        if listed is None or listed.item is None:
            return self._plain(exchange)
        anchor = resource.anchor_of_items()

        def find(identity: Json) -> StoredResource | None:
            if anchor is None or len(resource.model.parameters) != 1:
                return None
            values = {resource.model.parameter: identity}
            return view.find(ResourceKey(anchor.id, key_text(values), tenant))

        query = listed.query(exchange.parameters, tenant, find)
        page = view.page(query)
        return self._response(exchange, listed.body(page, query, exchange.parameters))

    def _item(
        self,
        exchange: MockExchange,
        view: ResourceView,
        resource: KeptResource,
        found: StoredResource,
    ) -> HttpResponse:
        """Return the response to a read, replacement, change or action."""
        shape = resource.shape(self._operation)
        update = self._update(exchange, resource, found)
        if update is not None:
            found = self._moved(exchange, found)
            found = view.update(found, update)
        self._show(exchange, resource, found.document)
        if shape is None:
            return self._plain(exchange)
        return self._response(exchange, shape.body(found.document, self._fresh(exchange)))

    def _update(
        self, exchange: MockExchange, resource: KeptResource, found: StoredResource
    ) -> Update | None:
        documents, now = resource.documents, datetime.now(UTC)
        shape = resource.shape(self._operation)
        sent = documents.sent(self._operation, exchange.value)
        if self._role == "replace":
            return documents.replace(self._operation, found.document, sent, resource.shapes, now)
        if self._role == "change":
            return documents.change(found.document, sent, resource.shapes, now)
        if self._role == "act" and shape is not None:
            return documents.act(found.document, shape, now)
        return None

    def _moved(self, exchange: MockExchange, found: StoredResource) -> StoredResource:
        """Return the resource with the claim of a changed value; raise if another one has it."""
        assert self._resource is not None
        create = self._resource.model.create
        if (
            not self._claim_expressions
            or self._operation.duplicate_values != create.duplicate_values
        ):
            return found
        claim = self._claim(exchange, found.tenant, create)
        if claim is None or found.claim is None:
            return found
        if not self._table.move_claim(found.claim, claim):
            raise RequestRejected("duplicate-request", "")
        return replace(found, claim=claim)

    def _delete(
        self, exchange: MockExchange, view: ResourceView, found: StoredResource
    ) -> HttpResponse:
        view.remove(found)
        resource = self._owner
        if resource is None or not found.collection:
            return self._plain(exchange)
        names = [name for name, _ in resource.model.parameters]
        values = {n: exchange.parameters.get(parameter_key("path", n)) for n in names}
        outer = {**json.loads(found.parent), **dict(json.loads(key_text(values)))}
        self._table.remove_below(resource.model.path, found.tenant, json.dumps(outer))
        document = dict(found.document)
        state = resource.model.deleted
        if state is not None and get_at(document, state.property) is not MISSING:
            set_at(document, state.property, state.value)
        self._show(exchange, resource, document)
        shape = resource.shape(self._operation)
        if shape is None:
            return self._plain(exchange)
        return self._response(exchange, shape.body(document, self._fresh(exchange)))

    def _item_of_example(self, exchange: MockExchange, resource: KeptResource) -> HttpResponse:
        """Return the response for a resource that the mock does not know: the example."""
        shape = resource.shape(self._operation)
        if shape is None:
            return self._plain(exchange)
        document = dict(shape.example)
        name = resource.model.identity_name
        named = exchange.parameters.get(parameter_key("path", resource.model.parameter), MISSING)
        if named is not MISSING and shape.knows(name) and shape.allows(name, named):
            document[name] = named
        document |= resource.documents.sent(self._operation, exchange.value)
        return self._response(exchange, shape.body(document, self._fresh(exchange)))

    def _show(self, exchange: MockExchange, resource: KeptResource, document: Json) -> None:
        exchange.shown = ShownResource(resource.model, resource.shape_at, document)

    # Responses

    def _fresh(self, exchange: MockExchange) -> Json:
        return self._success.fresh_value(exchange, self._keepers.unique_values, self._secret)

    def _plain(self, exchange: MockExchange) -> HttpResponse:
        return self._response(exchange, self._fresh(exchange))

    def _response(self, exchange: MockExchange, value: Json) -> HttpResponse:
        success = self._success
        headers = with_missing_headers(exchange.headers, success.headers)
        if success.schema is None:
            return HttpResponse(success.status, headers, b"")
        return content_response(success.status, value, headers, success.media_type)

    def _claim(
        self, exchange: MockExchange, tenant: str, operation: Operation | None = None
    ) -> str | None:
        values = [exchange.evaluate(part) for part in self._claim_expressions]
        if not values or MISSING in values:
            return None
        text = f"{(operation or self._operation).id} {json.dumps(values)}"
        return f"{json.dumps(tenant)} {text}" if tenant else text

    def _record(self, exchange: MockExchange, db: sqlite3.Connection, tenant: str) -> None:
        """Record what the success claims and issues; raise the rejection of a duplicate."""
        claim = self._claim(exchange, tenant) if self._role not in ("replace", "change") else None
        if claim is None and not self._success.credentials:
            return
        body = exchange.body if self._success.credentials else None
        change = StateChange(self._operation.id, claim, body)
        if not self._store.insert_created(db, change):
            raise RequestRejected("duplicate-request", "")


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
