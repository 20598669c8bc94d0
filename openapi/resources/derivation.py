"""Resources of a contract, from its paths, links, schemas and extensions. Pure.

A resource needs an operation that creates it, with an identity in its response, and one that reads
or lists it. Where names and schemas leave a doubt, nothing is guessed: `doubts` says so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from openapi.contract import Contract, Json, Link, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer
from openapi.parameters import Parameter, path_parameter_names
from openapi.resources import names
from openapi.resources.listing import find_listing, success_schema
from openapi.resources.model import (
    Certainty,
    DeletedState,
    Doubt,
    Listing,
    Resource,
    Role,
    SharedProperty,
)
from openapi.resources.names import letters
from openapi.resources.schema_values import SchemaReader, ValueSchema
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.direction import REQUEST, RESPONSE

KEY = "x-hookproof-resource"
_MAX_DEPTH = 4
_ROLES: Mapping[str, Role] = {
    "GET": "read",
    "PUT": "replace",
    "PATCH": "change",
    "DELETE": "delete",
}
_MERGE_PATCH = "application/merge-patch+json"
_IDENTITY_TYPES = frozenset(["string", "integer", "number"])


@dataclass(frozen=True, slots=True)
class _Derived:
    resources: tuple[Resource, ...]
    doubts: tuple[Doubt, ...]


def find_resources(contract: Contract) -> tuple[Resource, ...]:
    """Return the resources of `contract`, in the order of the operations that create them."""
    return _derive(contract).resources


def find_doubts(contract: Contract) -> tuple[Doubt, ...]:
    """Return what is open about the resources, and about operations that seem to create one."""
    return _derive(contract).doubts


@lru_cache(maxsize=16)
def _derive(contract: Contract) -> _Derived:
    reader = SchemaReader(contract.document)
    collections = _Collections(contract)
    found: list[Resource] = []
    doubts: list[Doubt] = []
    for operation in contract.operations:
        derivation = _Derivation(contract, reader, operation, collections)
        resource = derivation.resource()
        found += [] if resource is None else [resource]
        doubts += derivation.doubts
    return _Derived(tuple(found), tuple(doubts))


@lru_cache(maxsize=16)
def resources_by_operation(contract: Contract) -> Mapping[str, Resource]:
    """Return the resource of each operation, by its id; the first one if there are several."""
    found: dict[str, Resource] = {}
    for resource in find_resources(contract):
        for operation in resource.operations:
            found.setdefault(operation.id, resource)
    return found


def idempotency_key(contract: Contract, operation: Operation) -> Parameter | None:
    """Return the header parameter with the idempotency key of a request, or None.

    It is the one that the extension names, or that has the usual name (draft-ietf-httpapi-
    idempotency-key-header).
    """
    stated = _statement(contract, operation).get("idempotency-key")
    for parameter in operation.parameters:
        if stated is not None and parameter.key == parse_expression(stated).parameter_key:
            return parameter
        is_usual = parameter.location == "header" and not operation.is_safe
        if stated is None and is_usual and letters(parameter.name) in names.IDEMPOTENCY_KEYS:
            return parameter
    return None


def _statement(contract: Contract, operation: Operation) -> Mapping[str, Json]:
    found = get_at(contract.document, join_pointer(operation.pointer, KEY))
    return found if isinstance(found, dict) else {}


class _Collections:
    """Operations of a contract by path, and those that read one member of a collection."""

    def __init__(self, contract: Contract) -> None:
        self.by_id = {operation.id: operation for operation in contract.operations}
        self._readers: dict[str, list[Operation]] = {}
        self._by_path: dict[str, list[Operation]] = {}
        self._below: dict[str, list[Operation]] = {}
        for operation in contract.operations:
            self._by_path.setdefault(operation.path.rstrip("/"), []).append(operation)
            self._below.setdefault(operation.path.rpartition("/")[0], []).append(operation)
            above, _, last = operation.path.rstrip("/").rpartition("/")
            if operation.method == "GET" and re.fullmatch(r"\{[^{}]+\}", last):
                self._readers.setdefault(self._plain(above), []).append(operation)

    def at(self, path: str) -> Sequence[Operation]:
        """Return the operations at `path`, whether or not it ends with a slash."""
        return self._by_path.get(path.rstrip("/"), ())

    def below(self, path: str) -> Sequence[Operation]:
        """Return the operations whose path is `path` and one more segment."""
        return self._below.get(path, ())

    def reader_of(self, collection: str) -> Operation | None:
        """Return the operation that reads one member of `collection`, or None."""
        return next(iter(self._readers.get(self._plain(collection), ())), None)

    @staticmethod
    def _plain(path: str) -> str:
        return re.sub(r"\{[^{}]*\}", "{}", path).rstrip("/")


class _Derivation:
    """Derivation of the resource that one operation creates."""

    def __init__(
        self, contract: Contract, reader: SchemaReader, create: Operation, collections: _Collections
    ) -> None:
        self._contract = contract
        self._reader = reader
        self._create = create
        self._collections = collections
        self._statement = _statement(contract, create)
        self.doubts: list[Doubt] = []

    def _doubt(self, pointer: str, message: str, key: str) -> None:
        stated = get_at(self._contract.document, join_pointer(self._create.pointer, KEY))
        if stated is MISSING:  # otherwise its author has looked at it
            self.doubts.append(Doubt(self._create.id, pointer, message, key))

    def resource(self) -> Resource | None:
        """Return the resource, or None if the operation creates none that can be seen again."""
        create = self._create
        schema = success_schema(create)
        if not create.may_create or create.method != "POST":
            return None
        links = {link.operation: link for link in self._links()}
        chosen = self._operations(links)
        parameters, path = self._item_path(chosen, links)
        identity = self._identity(schema, parameters, chosen, links)
        if identity is None:
            self._doubt_identity()
            return None
        root = identity.where.rpartition("/")[0]
        name = identity.where.rpartition("/")[2]
        created = schema if not root else self._place(schema, root)
        listing = self._listing(
            chosen.pop("list", None), name, created, has_reader="read" in chosen
        )
        if listing is None and "read" not in chosen:
            return None
        roots, schemas = self._roots([*chosen.values()], name, root, schema)
        actions = tuple(self._actions(path, name, created, chosen))
        for action in actions:
            roots[action.id], schemas[action.id] = self._shown(action, name) or ("", "")
        request_roots = self._request_roots([create, *chosen.values()], roots)
        seen = chosen.get("read")
        target = seen.id if seen is not None and seen.id in roots else create.id
        stated = self._statement
        deleted = stated.get("deleted")
        return Resource(
            create=create,
            path=path or create.path,
            parameters=parameters,
            identity=identity,
            roots=roots,
            request_roots=request_roots,
            schemas=schemas,
            properties={
                operation.id: tuple(
                    self._shared(
                        operation, request_roots[operation.id], schemas[target], roots[target], name
                    )
                )
                for operation in (create, *chosen.values())
                if operation.id in request_roots
            },
            read=chosen.get("read"),
            replace=chosen.get("replace"),
            change=chosen.get("change"),
            delete=chosen.get("delete"),
            actions=actions,
            listing=listing,
            is_merge_patch=self._is_merge_patch(chosen.get("change")),
            consistency_s=stated.get("consistency", {}).get("seconds"),
            deleted=DeletedState(deleted["property"], deleted["value"]) if deleted else None,
            doubts=tuple((doubt.pointer, doubt.message) for doubt in self.doubts),
        )

    def _links(self) -> Iterator[Link]:
        for success in self._create.responses_caused_by("valid-request"):
            yield from success.links

    def _operations(self, links: Mapping[str, Link]) -> dict[str, Operation]:
        """Return the operations on the resource, by role: the stated ones, else by path."""
        by_id = self._collections.by_id
        found: dict[str, Operation] = {}
        members = {by_id[name].path for name in links if name in by_id}
        collection = self._create.path.rstrip("/")
        plain = {path for path in members if path.rpartition("/{")[2].endswith("}")}
        below = [path for path in plain if path.rpartition("/")[0].rstrip("/") == collection]
        ways = below or [path for path in plain if "/" not in path.rpartition("/{")[2]]
        if len(set(ways)) > 1:
            message = f"what {self._create.id} creates has several paths: {', '.join(ways)}"
            self._doubt(self._create.pointer, message, "operations")
        for operation in self._collections.at(ways[0]) if ways else ():
            if operation.path == ways[0] and operation.method in _ROLES and operation.id in links:
                found.setdefault(_ROLES[operation.method], operation)
        for operation in self._collections.at(collection):
            if operation.method == "GET" and operation.path not in ways[:1]:
                found.setdefault("list", operation)
        stated = self._statement.get("operations", {})
        found.update({role: by_id[name] for role, name in stated.items() if name in by_id})
        return found

    def _item_path(
        self, chosen: Mapping[str, Operation], links: Mapping[str, Link]
    ) -> tuple[tuple[tuple[str, RuntimeExpression], ...], str]:
        """Return the path parameters of one resource, the identity last, and its path."""
        for role in ("read", "change", "replace", "delete"):
            operation = chosen.get(role)
            link = links.get(operation.id) if operation else None
            if operation is not None and link is not None:
                values = dict(link.values)
                ordered = [n for n in path_parameter_names(operation.path) if n in values]
                return tuple((name, values[name]) for name in ordered), operation.path
        return (), ""

    def _identity(
        self,
        schema: str | None,
        parameters: tuple[tuple[str, RuntimeExpression], ...],
        chosen: Mapping[str, Operation],
        links: Mapping[str, Link],
    ) -> RuntimeExpression | None:
        """Return where a response has the identity of what it created, or None."""
        stated = self._statement.get("identity")
        if stated is not None:
            return parse_expression(stated)
        if schema is None:
            return None
        if parameters:
            name, source = parameters[-1]
            if (source.message, source.part) != ("response", "body"):
                return None
            used = [links[o.id] for o in chosen.values() if o.id in links]
            if any(link.is_inferred for link in used) and not self._can_be_identity(
                schema, name, source.where
            ):
                return None
            return source
        return self._usual_identity(schema)

    def _usual_identity(self, schema: str) -> RuntimeExpression | None:
        known = {letters(name): name for name in self._reader.properties(schema)}
        for name in names.IDENTITIES:
            place = join_pointer("", known.get(name, ""))
            if name in known and self._reader.at(schema, place).types <= _IDENTITY_TYPES:
                return RuntimeExpression("response", "body", place)
        return None

    def _can_be_identity(self, schema: str, parameter: str, place: str) -> bool:
        """Return whether an inferred link leads from the property at `place` to the parameter."""
        name = split_pointer(place)[-1]
        if not names.can_be_identity(parameter, name, self._create.path):
            return False
        body = self._create.body
        sent = () if body is None or body.schema is None else self._reader.properties(body.schema)
        if letters(parameter) != letters(name) and letters(parameter) in map(letters, sent):
            return False  # the client names what exists already: its id is not that of the response
        return self._reader.at(schema, place).types <= _IDENTITY_TYPES

    def _doubt_identity(self) -> None:
        """Note that the operation seems to create something, but nothing identifies it."""
        reader = self._collections.reader_of(self._create.path)
        is_member = self._create.path.rstrip("/").endswith("}")
        if reader is None or is_member:
            return
        name = path_parameter_names(reader.path)[-1]
        message = (
            f"{self._create.id} seems to create what {reader.id} reads, but its response has no "
            f"property that fits {{{name}}}"
        )
        self._doubt(self._create.pointer, message, "identity")

    def _place(self, schema: str | None, instance: str) -> str | None:
        """Return the pointer of the schema of the value at `instance`, or None."""
        if schema is None:
            return None
        return next(iter(self._reader.at(schema, instance).places), None)

    def _listing(
        self, operation: Operation | None, name: str, created: str | None, *, has_reader: bool
    ) -> Listing | None:
        if operation is None or created is None:
            return None
        listing = find_listing(
            self._reader, operation, name, created, self._statement.get("list", {})
        )
        if listing is None and has_reader:
            sentence = f"no single array in the response of {operation.id} has items with {name!r}"
            self._doubt(operation.pointer, sentence, "list.items")
        return listing

    def _shown(self, operation: Operation, name: str) -> tuple[str, str] | None:
        """Return pointer and schema of the resource in a success of `operation`, or None."""
        schema = success_schema(operation)
        if schema is None:
            return None
        if name in self._reader.properties(schema):
            return "", schema
        found = [
            place
            for place in (join_pointer("", part) for part in self._reader.properties(schema))
            if "array" not in self._reader.at(schema, place).types
            and name in self._reader.properties(schema, place)
        ]
        return (found[0], schema) if len(found) == 1 else None

    def _roots(
        self, operations: list[Operation], name: str, root: str, schema: str | None
    ) -> tuple[dict[str, str], dict[str, str]]:
        roots, schemas = {self._create.id: root}, {self._create.id: schema or ""}
        for operation in operations:
            found = self._shown(operation, name)
            if found is not None:
                roots[operation.id], schemas[operation.id] = found
        return roots, schemas

    def _actions(
        self, path: str, name: str, created: str | None, chosen: Mapping[str, Operation]
    ) -> Iterator[Operation]:
        """Yield the other operations below the path of one resource that answer it."""
        if not path or created is None:
            return
        taken = {operation.id for operation in chosen.values()}
        model = self._reader.at(created)
        for operation in self._collections.below(path):
            if "{" in operation.path.removeprefix(f"{path}/") or operation.is_safe:
                continue
            shown = self._shown(operation, name)
            if shown is None or operation.id in taken:
                continue
            if self._reader.at(shown[1], shown[0]).shares_component(model):
                yield operation

    def _request_roots(
        self, operations: list[Operation], roots: Mapping[str, str]
    ) -> dict[str, str]:
        """Return where each JSON request body describes the resource."""
        found: dict[str, str] = {}
        for operation in operations:
            body = operation.body
            if body is None or not operation.has_json_body or body.schema is None:
                continue
            names_in = self._reader.properties(body.schema)
            if len(names_in) == 1 and roots.get(self._create.id) == join_pointer("", names_in[0]):
                found[operation.id] = join_pointer("", names_in[0])
            elif names_in:
                found[operation.id] = ""
        return found

    def _shared(
        self, operation: Operation, root: str, schema: str, shown: str, identity: str
    ) -> Iterator[SharedProperty]:
        """Yield the properties that the request of `operation` and the resource both have."""
        assert operation.body is not None
        assert operation.body.schema is not None
        stated: Mapping[str, Json] = self._statement.get("properties", {})
        for request, resource in stated.items():
            if isinstance(resource, str):
                value = self._reader.at(schema, shown + resource)
                yield SharedProperty(
                    request, resource, "stated", value.format, value.has("uniqueItems")
                )
        kept = [*stated]
        # A service that makes the identity takes none from a request.
        made = join_pointer("", identity) if names.is_generated(identity) else None
        pairs = self._pairs(operation.body.schema, root, schema, shown, 1, inherits=False)
        for pointer, sent, seen, certainty in pairs:
            if pointer not in kept and pointer != made:
                yield SharedProperty(
                    pointer,
                    pointer,
                    certainty,
                    seen.format or sent.format,
                    seen.has("uniqueItems") or sent.has("uniqueItems"),
                )

    def _pairs(
        self, request: str, root: str, schema: str, shown: str, depth: int, *, inherits: bool
    ) -> Iterator[tuple[str, ValueSchema, ValueSchema, Certainty]]:
        """Yield pointer, both schemas and certainty of each property that both objects have."""
        reader = self._reader
        ours, theirs = reader.at(request, root), reader.at(schema, shown)
        is_shared = inherits or ours.shares_component(theirs)
        known = set(reader.properties(schema, shown))
        for name in reader.properties(request, root):
            if name not in known:
                continue
            place = join_pointer("", name)
            sent, seen = reader.at(request, root + place), reader.at(schema, shown + place)
            if sent.has(REQUEST) or seen.has(RESPONSE) or _is_secret(sent) or _is_secret(seen):
                continue
            if names.is_secret(name) or not self._fit(request, root + place, schema, shown + place):
                continue
            if sent.types == {"object"} and reader.properties(request, root + place):
                if depth < _MAX_DEPTH:
                    below = self._pairs(request, root + place, schema, shown + place, depth + 1,
                                        inherits=is_shared)  # fmt: skip
                    yield from ((place + one[0], *one[1:]) for one in below)
                continue
            is_equal = sent.is_same_kind(seen) and not seen.has(REQUEST)
            if sent.types & {"array", "object"}:
                is_equal &= self._has_scalars(request, root + place)
            implied = is_shared or sent.shares_component(seen) or is_equal
            yield place, sent, seen, "implied" if implied else "assumed"

    def _fit(self, request: str, sent: str, schema: str, seen: str) -> bool:
        """Return whether both values, and the items of both arrays, can be equal."""
        reader = self._reader
        if not reader.at(request, sent).fits(reader.at(schema, seen)):
            return False
        ours, theirs = reader.items(request, sent), reader.items(schema, seen)
        return ours is None or theirs is None or reader.at(ours).fits(reader.at(theirs))

    def _has_scalars(self, schema: str, place: str) -> bool:
        """Return whether the value is an array of texts, numbers or booleans."""
        items = self._reader.items(schema, place)
        return items is not None and not self._reader.at(items).types & {"array", "object"}

    def _is_merge_patch(self, change: Operation | None) -> bool:
        if change is None:
            return False
        return self._statement.get("patch") == "merge" or _MERGE_PATCH in change.content


def _is_secret(value: ValueSchema) -> bool:
    return value.has("x-hookproof-secret") or value.format == "password"
