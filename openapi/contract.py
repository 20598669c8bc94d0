"""Contract as frozen values, and lookups in it. `openapi.loading` builds it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from openapi.complaint import Complaint
from openapi.json_pointer import (
    MISSING,
    get_at,
    get_by_tokens,
    split_pointer,
    walk_values,
)
from openapi.parameters import Parameter, path_parameter_names
from openapi.runtime_expression import RuntimeExpression
from openapi.schema_validation import Schema
from openapi.server_path import server_path
from openapi.signature import SignatureScheme, secret_problem


@dataclass(frozen=True, slots=True)
class Link:
    """Link from the success of one operation to the path parameters of another."""

    operation: str
    """Id of the other operation."""
    values: tuple[tuple[str, RuntimeExpression], ...]
    """Path parameter of the other operation -> its value, as an expression on this exchange."""
    pointer: str = ""
    """Pointer of the link; empty if the document does not state it."""


Json = Any
"""Plain JSON data of a document that `contract.schema.json` has accepted."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Source of a constraint and its reliability."""

    level: str
    """`documented`, `implied` or `assumed`."""
    source: str
    reason: str
    severity: str
    """Severity of a violation: `violation` or `warning`."""


@dataclass(frozen=True, slots=True)
class HeaderSpec:
    """Header of a response."""

    name: str
    pointer: str
    schema: str
    required: bool
    is_integer: bool


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSpec:
    """Documented response. `cause` is its `x-hookproof-cause`, empty if it has none."""

    status: str
    pointer: str
    content: Mapping[str, str]
    """Media type -> pointer of the schema."""
    headers: tuple[HeaderSpec, ...]
    cause: Mapping[str, Json]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Operation of the contract."""

    id: str
    method: str
    path: str
    pointer: str
    scheme: str | None
    """Security scheme, or None for a public operation."""
    permissions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    content: Mapping[str, str]
    """Media type of the request body -> pointer of its schema; empty without a body."""
    body_required: bool
    responses: Mapping[str, ResponseSpec]
    allowed_rejections: tuple[Mapping[str, Json], ...]
    rate_limit: Mapping[str, Json] | None
    has_default_causes: bool = False
    """Whether the causes follow from the statuses, because the document states none."""

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing (RFC 9110, section 9.2.1)."""
        return self.method in ("GET", "HEAD", "OPTIONS", "TRACE")

    @property
    def may_create(self) -> bool:
        """Whether a success may create a resource."""
        return not self.is_safe and self.method not in ("DELETE", "PATCH")

    def response_caused_by(self, kind: str) -> ResponseSpec | None:
        """Return the response whose `x-hookproof-cause` is of this kind."""
        found = (r for r in self.responses.values() if r.cause.get("kind") == kind)
        return next(found, None)

    def status_caused_by(self, kind: str) -> int | None:
        """Return the status of the response whose `x-hookproof-cause` is of this kind."""
        response = self.response_caused_by(kind)
        return int(response.status) if response else None


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Webhook of the contract."""

    name: str
    pointer: str
    media_type: str
    schema: str
    signature: SignatureScheme | None
    trigger: Mapping[str, Json]
    examples: tuple[Json, ...]


@dataclass(frozen=True, eq=False)
class Contract:
    """Valid contract."""

    document: Mapping[str, Json]
    operations: tuple[Operation, ...]
    events: tuple[Event, ...]
    text: str = field(repr=False)
    """Source text; encoded as UTF-8 it equals the file."""
    complaints: tuple[Complaint, ...] = field(default=(), repr=False)
    """Faults and doubtful places of the document; an error left out what lies there."""
    _schemas: dict[str, Schema] = field(default_factory=dict, repr=False)

    @property
    def base_path(self) -> str:
        """Path of the first server, which precedes every path; empty or without a final slash."""
        return server_path(self.document.get("servers"))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the source text, in hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def schema(self, pointer: str) -> Schema:
        """Return the schema at `pointer`, compiled once."""
        if pointer not in self._schemas:
            self._schemas[pointer] = Schema(self.document, pointer, self._pointers_by_id)
        return self._schemas[pointer]

    def directed_schema(self, pointer: str, direction: str) -> Schema:
        """Return the schema at `pointer` for requests or responses (see `schema_direction`)."""
        return Schema(self.document, pointer, self._pointers_by_id, direction)

    @cached_property
    def _pointers_by_id(self) -> Mapping[int, str]:
        return {id(v): p for p, v in walk_values(self.document) if isinstance(v, dict)}

    def resolve(self, pointer: str) -> str:
        """Return `pointer` with the references at it followed."""
        value = get_at(self.document, pointer)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            pointer = value["$ref"][1:]
            value = get_at(self.document, pointer)
        return pointer

    def at(self, pointer: str) -> Json:
        """Return the value at `pointer`, references followed; `LookupError` if there is none."""
        value = get_at(self.document, self.resolve(pointer))
        if value is MISSING:
            raise LookupError(f"nothing at {pointer!r} in the contract")
        return value

    def operation(self, operation_id: str) -> Operation:
        """Return the operation with this id; `LookupError` if there is none."""
        if operation_id not in self._operations_by_id:
            raise LookupError(f"no operation {operation_id!r} in the contract")
        return self._operations_by_id[operation_id]

    @cached_property
    def _operations_by_id(self) -> Mapping[str, Operation]:
        return {operation.id: operation for operation in self.operations}

    def find_creator(self, operation: Operation) -> tuple[Operation, Link] | None:
        """Return the operation whose success links to `operation`, and the link.

        Of several, return the one with the fewest path parameters.
        """
        return min(
            self._links_by_target.get(operation.id, ()),
            key=lambda made: len(path_parameter_names(made[0].path)),
            default=None,
        )

    @cached_property
    def _links_by_target(self) -> Mapping[str, Sequence[tuple[Operation, Link]]]:
        """Operations whose success links to another operation, and the link, by its id."""
        links: dict[str, list[tuple[Operation, Link]]] = {}
        for operation in self.operations:
            success = operation.response_caused_by("valid-request")
            for link in success.links if success else ():
                if link.operation != operation.id:
                    links.setdefault(link.operation, []).append((operation, link))
        return links

    def event_triggered_by(self, operation_id: str, status: int) -> Event | None:
        """Return the event that a response of `status` by the operation triggers."""
        return self._events_by_trigger.get((operation_id, str(status)))

    @cached_property
    def _events_by_trigger(self) -> Mapping[tuple[str, str], Event]:
        """First event of each operation id and status."""
        return {
            (event.trigger["operation"], event.trigger["status"]): event
            for event in reversed(self.events)
        }

    def secret_problem(self, secret: str) -> str | None:
        """Return why the signature scheme of an event cannot use `secret`; None if all can."""
        return secret_problem((event.signature for event in self.events), secret)

    def provenance(self, pointer: str, detail: str = "*") -> Provenance:
        """Return the provenance of the constraint at `pointer`, the pointer of a keyword.

        `detail` selects a part of the keyword, such as a property of `required`. An
        `x-hookproof-provenance` applies to its object and all below it, unless a nearer one
        overrides it.
        """
        tokens = split_pointer(pointer)
        places: list[Json] = [self.document]
        for token in tokens:
            places.append(get_by_tokens(places[-1], (token,)))
        stated = get_by_tokens(places[-1], ("source",))
        source = stated if isinstance(stated, str) else None
        severity: str | None = None
        for length, place in reversed([*enumerate(places)]):
            if not isinstance(place, dict):
                continue
            severity = severity or cast("str | None", place.get("x-hookproof-severity"))
            keyword = tokens[length] if length == len(tokens) - 1 else "*"
            source = source or _provenance_source(
                place.get("x-hookproof-provenance"), keyword, detail
            )
        if source is None:
            raise LookupError(f"no provenance for {pointer!r}")
        name, _, reason = source.partition(":")
        level = self.document["x-hookproof-sources"][name]["level"]
        default = "warning" if level == "assumed" else "violation"
        return Provenance(level, name, reason.strip(), severity or default)


def _provenance_source(provenance: Json, keyword: str, detail: str) -> str | None:
    if isinstance(provenance, str):
        return provenance
    if isinstance(provenance, dict):
        stated = provenance.get(keyword, provenance.get("*"))
        if isinstance(stated, dict):
            stated = stated.get(detail, stated.get("*"))
        return stated if isinstance(stated, str) else None
    return None
