"""Resources of a contract, from its paths, links, schemas and extensions. Pure.

A resource needs an operation that creates it, with an identity in its response, and one that reads
or lists it. Where names and schemas leave a doubt, nothing is guessed: `doubts` says so.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from openapi.contract import Contract, Json, Link, Operation
from openapi.json_pointer import get_at, join_pointer
from openapi.parameters import Parameter, path_parameter_names
from openapi.resources import names
from openapi.resources.listing import find_listing, success_schema
from openapi.resources.model import (
    Certainty,
    DeletedState,
    Listing,
    Resource,
    Role,
    SharedProperty,
)
from openapi.resources.names import letters
from openapi.resources.schema_values import SchemaReader, ValueSchema
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.direction import REQUEST, RESPONSE

_KEY = "x-hookproof-resource"
_MAX_DEPTH = 4
_ROLES: Mapping[str, Role] = {
    "GET": "read",
    "PUT": "replace",
    "PATCH": "change",
    "DELETE": "delete",
}
_MERGE_PATCH = "application/merge-patch+json"


@lru_cache(maxsize=16)
def find_resources(contract: Contract) -> tuple[Resource, ...]:
    """Return the resources of `contract`, in the order of the operations that create them."""
    reader = SchemaReader(contract.document)
    found = (_Derivation(contract, reader, o).resource() for o in contract.operations)
    return tuple(resource for resource in found if resource is not None)


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
    found = get_at(contract.document, join_pointer(operation.pointer, _KEY))
    return found if isinstance(found, dict) else {}


class _Derivation:
    """Derivation of the resource that one operation creates."""

    def __init__(self, contract: Contract, reader: SchemaReader, create: Operation) -> None:
        self._contract = contract
        self._reader = reader
        self._create = create
        self._statement = _statement(contract, create)
        self._doubts: list[tuple[str, str]] = []

    def resource(self) -> Resource | None:
        """Return the resource, or None if the operation creates none that can be seen again."""
        create = self._create
        schema = success_schema(create)
        if not create.may_create or create.method != "POST":
            return None
        links = {link.operation: link for link in self._links()}
        chosen = self._operations(links)
        parameters, path = self._item_path(chosen, links)
        identity = self._identity(schema, parameters)
        if identity is None:
            return None
        root = identity.where.rpartition("/")[0]
        name = identity.where.rpartition("/")[2]
        created = schema if not root else self._place(schema, root)
        listing = self._listing(chosen.pop("list", None), name, created)
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
                        operation, request_roots[operation.id], schemas[target], roots[target]
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
            doubts=tuple(self._doubts),
        )

    def _links(self) -> Iterator[Link]:
        for success in self._create.responses_caused_by("valid-request"):
            yield from success.links

    def _operations(self, links: Mapping[str, Link]) -> dict[str, Operation]:
        """Return the operations on the resource, by role: the stated ones, else by path."""
        by_id = {operation.id: operation for operation in self._contract.operations}
        found: dict[str, Operation] = {}
        members = {by_id[name].path for name in links if name in by_id}
        collection = self._create.path.rstrip("/")
        plain = {path for path in members if path.rpartition("/{")[2].endswith("}")}
        below = [path for path in plain if path.rpartition("/")[0].rstrip("/") == collection]
        ways = below or [path for path in plain if "/" not in path.rpartition("/{")[2]]
        if len(set(ways)) > 1:
            self._doubts.append((self._create.pointer, f"several paths have its items: {ways}"))
        for operation in self._contract.operations:
            if ways and operation.path == ways[0] and operation.method in _ROLES:
                if operation.id in links:
                    found.setdefault(_ROLES[operation.method], operation)
            elif operation.method == "GET" and operation.path.rstrip("/") == collection:
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
        self, schema: str | None, parameters: tuple[tuple[str, RuntimeExpression], ...]
    ) -> RuntimeExpression | None:
        """Return where a response has the identity of what it created, or None."""
        stated = self._statement.get("identity")
        if stated is not None:
            return parse_expression(stated)
        if parameters:
            source = parameters[-1][1]
            return source if (source.message, source.part) == ("response", "body") else None
        if schema is None:
            return None
        known = {letters(name): name for name in self._reader.properties(schema)}
        name = next((known[name] for name in names.IDENTITIES if name in known), None)
        if name is None:
            return None
        return RuntimeExpression("response", "body", join_pointer("", name))

    def _place(self, schema: str | None, instance: str) -> str | None:
        """Return the pointer of the schema of the value at `instance`, or None."""
        if schema is None:
            return None
        return next(iter(self._reader.at(schema, instance).places), None)

    def _listing(
        self, operation: Operation | None, name: str, created: str | None
    ) -> Listing | None:
        if operation is None or created is None:
            return None
        listing = find_listing(
            self._reader, operation, name, created, self._statement.get("list", {})
        )
        if listing is None:
            sentence = f"no single array in the response of {operation.id} has items with {name!r}"
            self._doubts.append((operation.pointer, sentence))
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
        for operation in self._contract.operations:
            rest = operation.path.removeprefix(f"{path}/")
            if operation.path == rest or "/" in rest or "{" in rest or operation.is_safe:
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
        self, operation: Operation, root: str, schema: str, shown: str
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
        pairs = self._pairs(operation.body.schema, root, schema, shown, 1, inherits=False)
        for pointer, sent, seen, certainty in pairs:
            if pointer not in kept:
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
            if not sent.fits(seen):
                continue
            if sent.types == {"object"} and reader.properties(request, root + place):
                if depth < _MAX_DEPTH:
                    below = self._pairs(request, root + place, schema, shown + place, depth + 1,
                                        inherits=is_shared)  # fmt: skip
                    yield from ((place + one[0], *one[1:]) for one in below)
                continue
            is_equal = sent.is_same_kind(seen) and not seen.has(REQUEST)
            implied = is_shared or sent.shares_component(seen) or is_equal
            yield place, sent, seen, "implied" if implied else "assumed"

    def _is_merge_patch(self, change: Operation | None) -> bool:
        if change is None:
            return False
        return self._statement.get("patch") == "merge" or _MERGE_PATCH in change.content


def _is_secret(value: ValueSchema) -> bool:
    return value.has("x-hookproof-secret") or value.format == "password"
