"""Kept resource: its documents, and the shapes in which the operations show it."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from mock_server.resource_view import ResourceKey, StoredResource
from mock_server.resources.documents import Documents
from mock_server.resources.lists import ResourceList, parent_text, plain_text
from mock_server.resources.shapes import Shape
from mock_server.responses.content import is_json, preferred_content, sent_media_type
from mock_server.responses.keepers import ResourceKeepers
from mock_server.responses.success import Success, read_success, success_response_of
from openapi.contract import Json, Link, Operation
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, split_pointer
from openapi.parameters import path_parameter_names
from openapi.resources.model import Resource
from openapi.runtime_expression import RuntimeExpression

Evaluate = Callable[[RuntimeExpression], object]
_HIDDEN = ("x-hookproof-secret", "x-hookproof-credential")


class KeptResource:
    """Resource of a contract, as the mock keeps it."""

    def __init__(self, keepers: ResourceKeepers, resource: Resource) -> None:
        """Read the successes of the operations on `resource` that show it."""
        self.model = resource
        self._keepers = keepers
        self._contract = keepers.contract
        self.documents = Documents(self._contract, resource, self._hidden_names())
        self._shapes: dict[str, Shape | None] = {}

    @cached_property
    def create(self) -> Success:
        """Success of the creation; each response changes its value."""
        named = pointers_of_names(links_of(self.model.create))
        identity = self.model.identity
        if (identity.message, identity.part) == ("response", "body"):
            named |= {identity.where}
        return self.success(self.model.create, frozenset(named))

    def success(self, operation: Operation, named: frozenset[str] = frozenset()) -> Success:
        """Return the success of an operation."""
        return read_success(self._contract, operation, self._keepers.seed, named)

    def shape(self, operation: Operation) -> Shape | None:
        """Return how a success of `operation` shows the resource, or None if it does not."""
        if operation.id not in self._shapes:
            self._shapes[operation.id] = self._find_shape(operation)
        return self._shapes[operation.id]

    def _find_shape(self, operation: Operation) -> Shape | None:
        root = self.model.roots.get(operation.id)
        pointer = self.model.schemas.get(operation.id)
        content = preferred_content(success_response_of(operation))
        if (
            root is None
            or not pointer
            or content is None
            or not is_json(sent_media_type(content[0]))
        ):
            return None
        is_create = operation is self.model.create
        value = copy.deepcopy((self.create if is_create else self.success(operation)).value)
        return self.shape_at(content[1], root, value)

    def shape_at(self, pointer: str, root: str, value: Json) -> Shape:
        """Return how a body with the schema at `pointer` and the example `value` shows it."""
        return Shape(
            self._contract,
            pointer,
            root,
            value,
            writable=self.documents.writable,
            identity=self.model.identity_name,
        )

    @cached_property
    def listed(self) -> ResourceList | None:
        """List of the resources, if the contract has one in JSON."""
        listing = self.model.listing
        if listing is None:
            return None
        content = preferred_content(success_response_of(listing.operation))
        if content is None or not is_json(sent_media_type(content[0])):
            return None
        value = self.success(listing.operation).value
        return ResourceList(
            self._contract, self.model, listing, content[1], value, self.documents.writable
        )

    @cached_property
    def shapes(self) -> list[Shape]:
        """Shapes of the resource that have all of it, the one of the creation first."""
        seen = (self.model.create, self.model.read, self.model.replace, self.model.change)
        found = [self.shape(operation) for operation in seen if operation is not None]
        item = self.listed.item if self.listed else None
        return [shape for shape in (*found, item) if shape is not None]

    def anchor(self, operation: Operation) -> Operation | None:
        """Return the operation under whose key a request of `operation` finds the resource."""
        model = self.model
        names = {name for name, _ in model.parameters}
        if not names or not names <= {*path_parameter_names(operation.path)}:
            return None
        return self.anchor_of_items()

    def anchor_of_items(self) -> Operation | None:
        """Return the operation whose keys lead to the resources, or None if no link leads there."""
        model = self.model
        seen = (model.read, model.change, model.replace, model.delete)
        linked = {link.operation for link in links_of(model.create)}
        return next((o for o in seen if o is not None and o.id in linked), None)

    @staticmethod
    def claim_text(operation: Operation, values: Sequence[object], tenant: str) -> str:
        """Return the unique key of a request of `operation` with these values."""
        text = f"{operation.id} {json.dumps(values)}"
        return f"{json.dumps(tenant)} {text}" if tenant else text

    def keys(self, evaluate: Evaluate, tenant: str) -> tuple[ResourceKey, ...]:
        """Return every key of a new resource whose values `evaluate` reads."""
        return link_keys(links_of(self.model.create), evaluate, tenant)

    def stored(
        self, document: Json, parameters: Mapping[str, object], tenant: str, claim: str | None
    ) -> StoredResource:
        """Return a new resource below the path `parameters` of its collection."""
        names = path_parameter_names(self.model.create.path)
        parent = parent_text(names, parameters)
        return StoredResource(self.model.name, tenant, parent, document, claim)

    def item_path(self, evaluate: Evaluate, parameters: Mapping[str, object]) -> str | None:
        """Return the path of a new resource, or None if the contract has no such path."""
        from openapi.parameters import request_target  # noqa: PLC0415 - few contracts need it

        if not self.model.parameters:
            return None
        values = {k: v for k, v in parameters.items() if k.startswith("path.")}
        values |= {f"path.{name}": evaluate(part) for name, part in self.model.parameters}
        return None if MISSING in values.values() else request_target(self.model.path, values)

    def _hidden_names(self) -> frozenset[str]:
        content = preferred_content(success_response_of(self.model.create))
        root = split_pointer(self.model.roots.get(self.model.create.id, ""))
        places = [
            split_pointer(place)
            for key in _HIDDEN
            for place, _ in (
                extended_properties(self._contract, content[1], key) if content else ()
            )
        ]
        return frozenset(
            place[len(root)]
            for place in places
            if len(place) > len(root) and place[: len(root)] == root
        )


def keeper_of(keepers: ResourceKeepers, resource: Resource) -> KeptResource:
    """Return the keeper of one resource, made once."""
    if resource.name not in keepers.kept:
        keepers.kept[resource.name] = KeptResource(keepers, resource)
    kept: KeptResource = keepers.kept[resource.name]
    return kept


def links_of(operation: Operation) -> tuple[Link, ...]:
    """Return the links of the success of an operation."""
    return success_response_of(operation).links


def pointers_of_names(links: tuple[Link, ...]) -> set[str]:
    """Return the places in a success body that name a resource."""
    expressions = [part for link in links for _, part in link.values]
    return {p.where for p in expressions if (p.message, p.part) == ("response", "body")}


def link_keys(links: tuple[Link, ...], evaluate: Evaluate, tenant: str) -> tuple[ResourceKey, ...]:
    """Return the keys to which `links` lead; `evaluate` reads the values."""
    found = [(link, {name: evaluate(part) for name, part in link.values}) for link in links]
    return tuple(
        ResourceKey(link.operation, key_text(values), tenant)
        for link, values in found
        if MISSING not in values.values()
    )


def key_text(values: Mapping[str, object]) -> str:
    """Return path parameters as the text of a key."""
    return json.dumps(sorted((name, plain_text(value)) for name, value in values.items()))
