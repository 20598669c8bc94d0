"""Model of the resources of a contract, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from openapi.contract import Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer
from openapi.parameters import Parameter
from openapi.runtime_expression import RuntimeExpression
from openapi.serialization.text_values import serialize_value

Role = Literal["create", "read", "list", "replace", "change", "delete", "act"]
"""Effect of an operation on a resource."""
Certainty = Literal["stated", "implied", "assumed"]
"""`stated` by an extension, `implied` by schemas, or `assumed` because of a name alone."""


def identity_text(value: Json) -> str:
    """Return the text of an identity in a path; empty if the value cannot be one."""
    if value is MISSING or value is None or isinstance(value, bool | list | dict):
        return ""
    text = serialize_value(value)
    return text if text.isprintable() else ""


@dataclass(frozen=True, slots=True)
class SharedProperty:
    """Property of a request that the resource has too."""

    request: str
    """Pointer into the part of the request body that describes the resource."""
    resource: str
    """Pointer into the resource."""
    certainty: Certainty
    format: str = ""
    """Format of the value, such as `date-time`, or empty."""
    is_set: bool = False
    """Whether the order of an array's items says nothing, because they are unique."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Query parameter that selects the items of a list by a property."""

    parameter: Parameter
    property: str
    """Pointer into an item."""
    certainty: Certainty
    is_exact: bool
    """Whether the property must equal the value; a text may only contain it."""
    default: Json = MISSING
    """Value that counts without the parameter, or `MISSING` if the contract states none."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Parameters that divide a list into pages; None: the list has none of the kind."""

    limit: Parameter | None = None
    """Parameter with the maximum number of items."""
    offset: Parameter | None = None
    """Parameter with the number of items before the first one."""
    page: Parameter | None = None
    """Parameter with the number of the page."""
    cursor: Parameter | None = None
    """Parameter with the cursor of the page before."""
    next_cursor: RuntimeExpression | None = None
    """Cursor of the next page in a response; None: the identity of the last item is the cursor."""
    certainty: Certainty = "assumed"

    @property
    def has_pages(self) -> bool:
        """Whether a further page can be asked for."""
        return any((self.offset, self.page, self.cursor))


@dataclass(frozen=True, slots=True)
class Listing:
    """Operation that lists resources."""

    operation: Operation
    items: str
    """Pointer of the array in the response body."""
    identity: str
    """Pointer of the identity in an item."""
    filters: tuple[Filter, ...] = ()
    paging: Paging = field(default_factory=Paging)
    certainty: Certainty = "implied"
    """`implied` if the items share a schema with the created resource."""

    @property
    def is_selective(self) -> bool:
        """Whether each request must state which items it wants, so that others are missing."""
        paging = self.paging
        known = {p.key for p in (paging.limit, paging.offset, paging.page, paging.cursor) if p}
        required = (p for p in self.operation.parameters if p.required and p.location != "path")
        return any(p.key not in known for p in required)

    def items_of(self, body: Json) -> list[Json] | None:
        """Return the items of a response body, or None if it has no array there."""
        found = get_at(body, self.items)
        return found if isinstance(found, list) else None

    def identity_of(self, item: Json) -> str:
        """Return the text of the identity in an item, or an empty text."""
        return identity_text(get_at(item, self.identity))


@dataclass(frozen=True, slots=True)
class DeletedState:
    """State in which a deleted resource may still be read."""

    property: str
    """Pointer into the resource."""
    value: Json


@dataclass(frozen=True, slots=True)
class Doubt:
    """Thing that the contract leaves open about what an operation creates."""

    operation: str
    """Id of the operation that would state it."""
    pointer: str
    message: str
    key: str
    """Key of `x-hookproof-resource` that decides it, such as `list.items`."""

    @property
    def edit(self) -> str:
        """Change of the document that decides it."""
        stated = f"`{self.key}` in x-hookproof-resource of {self.operation}"
        if self.key == "identity":
            return (
                f"describe the property, or state {stated}; if the operation creates nothing of "
                "the kind, state {}"
            )
        if self.key == "list.items":
            return f"describe the items of the array, or state {stated}"
        return f"state {stated}"


@dataclass(frozen=True, eq=False)
class Resource:
    """Resource of a contract, and the operations on it."""

    create: Operation
    path: str
    """Path of one resource, or of the collection if no operation is on one resource."""
    parameters: tuple[tuple[str, RuntimeExpression], ...]
    """Path parameters of one resource, and their values in an exchange that creates it."""
    identity: RuntimeExpression
    """Identity of the resource in an exchange that creates it."""
    roots: Mapping[str, str]
    """Id of an operation -> pointer of the resource in the body of its success.

    The body of another operation does not show the resource.
    """
    request_roots: Mapping[str, str]
    """Id of an operation -> pointer of what describes the resource in its request body."""
    schemas: Mapping[str, str]
    """Id of an operation -> pointer of the schema of the body of its success."""
    properties: Mapping[str, tuple[SharedProperty, ...]]
    """Id of an operation with a request body -> properties that the resource has too."""
    read: Operation | None = None
    replace: Operation | None = None
    change: Operation | None = None
    delete: Operation | None = None
    actions: tuple[Operation, ...] = ()
    """Other operations on one resource that answer it."""
    listing: Listing | None = None
    is_merge_patch: bool = False
    """Whether a change follows JSON Merge Patch (RFC 7396)."""
    consistency_s: float | None = None
    """Seconds after which a change must show everywhere; None: the contract does not say."""
    deleted: DeletedState | None = None
    doubts: tuple[tuple[str, str], ...] = ()
    """Pointer and sentence of what the contract leaves open."""

    @property
    def name(self) -> str:
        """Name of the resource in reports: the path of its collection."""
        return self.create.path

    @property
    def parameter(self) -> str:
        """Name of the path parameter with the identity; empty without such an operation."""
        return self.parameters[-1][0] if self.parameters else ""

    @property
    def identity_name(self) -> str:
        """Name of the property with the identity; empty if no body has it."""
        is_body = (self.identity.message, self.identity.part) == ("response", "body")
        return split_pointer(self.identity.where)[-1] if is_body and self.identity.where else ""

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Id of each operation on the resource -> its role."""
        found: dict[str, Role] = {operation.id: "act" for operation in self.actions}
        stated: tuple[tuple[Role, Operation | None], ...] = (
            ("create", self.create),
            ("read", self.read),
            ("list", self.listing.operation if self.listing else None),
            ("replace", self.replace),
            ("change", self.change),
            ("delete", self.delete),
        )
        found.update({o.id: role for role, o in stated if o is not None})
        return found

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Operations on the resource, the creating one first."""
        listed = self.listing.operation if self.listing else None
        found = (self.create, self.read, listed, self.replace, self.change, self.delete)
        return (*(one for one in found if one is not None), *self.actions)

    def shown_by(self, operation: Operation, body: Json) -> Json:
        """Return the resource in the body of a success of `operation`, or `MISSING`."""
        root = self.roots.get(operation.id)
        found = MISSING if root is None else get_at(body, root)
        return found if isinstance(found, dict) else MISSING

    def described_by(self, operation: Operation, body: Json) -> Json:
        """Return what describes the resource in a request body of `operation`, or `MISSING`."""
        root = self.request_roots.get(operation.id)
        found = MISSING if root is None else get_at(body, root)
        return found if isinstance(found, dict) else MISSING

    def identity_of(self, shown: Json) -> Json:
        """Return the identity in a resource that a response shows, or `MISSING`."""
        if not self.identity_name:
            return MISSING
        return get_at(shown, join_pointer("", self.identity_name))
