"""View of the stored resources: what the operation of one exchange finds and changes there.

A fault replaces the view of an exchange by one that behaves otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from openapi.resources.model import Resource

Json = Any


class ResourceKey(NamedTuple):
    """Path parameters with which an operation reaches a resource."""

    operation: str
    """Id of the operation."""
    values: str
    """Values of the path parameters, as JSON."""
    tenant: str | None
    """Tenant of the request; None: any."""


@dataclass(frozen=True, slots=True)
class StoredResource:
    """Resource as it is stored."""

    collection: str
    """Path of the collection; empty for a resource that only links reach."""
    tenant: str
    parent: str
    """Outer path parameters, as a JSON object."""
    document: Json
    """Properties of the resource; None if the contract does not say which ones it has."""
    claim: str | None = None
    """Unique key of the request that created it; None if it needs none."""
    id: int = 0
    """Number that grows with each creation; 0 before the resource is stored."""
    previous: Json = None
    """Document before the last change, or None."""
    is_deleted: bool = False
    sent: frozenset[str] = frozenset()
    """Names of the properties that the creating request sets; empty once it is stored."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Selection of stored resources."""

    collection: str
    tenant: str | None
    """Tenant of the request; None: any."""
    parent: str | None
    """Outer path parameters, as a JSON object; None: any."""
    filters: tuple[Callable[[StoredResource], bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    before: int | None = None
    """Id of the last resource of the page before; None: the first page, or one by its offset."""
    with_deleted: bool = False

    @property
    def is_first(self) -> bool:
        """Whether the page is the first one."""
        return self.before is None and self.offset == 0


@dataclass(frozen=True, slots=True)
class ListPage:
    """Selected resources, the newest first."""

    items: tuple[StoredResource, ...]
    total: int
    """Number of selected resources on all pages."""
    has_more: bool


@dataclass(frozen=True, slots=True)
class FirstResponse:
    """First response to an idempotency key, and what its request was."""

    request: str
    """Digest of path parameters and body."""
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """Change of a stored resource."""

    document: Json
    """Whole document after the change."""
    sent: frozenset[str] = frozenset()
    """Names of the properties that the request sets."""
    writable: frozenset[str] = field(default=frozenset())
    """Names of the properties that a client can set."""


class Shape(Protocol):
    """Object of a body that shows a resource."""

    def body(self, document: Any, around: Any = ...) -> Any:
        """Return a body that shows `document`; `around` replaces the example around it."""


class ShownResource(NamedTuple):
    """Resource that an exchange created, changed or removed, for the events of the exchange."""

    model: "Resource"
    shape_at: Callable[[str, str, Json], Shape]
    """Function from the pointer of a schema, a place and an example to the shape there."""
    document: Json


class ResourceView(Protocol):
    """Stored resources, as one exchange sees them."""

    def find(self, key: ResourceKey) -> StoredResource | None:
        """Return the resource with `key`, also a deleted one, or None."""

    def page(self, query: ListQuery) -> ListPage:
        """Return the resources that `query` selects."""

    def create(self, resource: StoredResource, keys: tuple[ResourceKey, ...]) -> StoredResource:
        """Store a new resource; return what the response shows."""

    def update(self, resource: StoredResource, update: Update) -> StoredResource:
        """Store a changed resource; return what the response shows."""

    def remove(self, resource: StoredResource) -> None:
        """Remove a resource."""

    def first_response(self, key: str) -> FirstResponse | None:
        """Return the first response to an idempotency key, or None."""

    def remember(self, key: str, response: FirstResponse) -> None:
        """Store the first response to an idempotency key."""
