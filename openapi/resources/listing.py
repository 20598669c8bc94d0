"""Lists of resources: their items, filters and pages, from schemas and usual names. Pure."""

from collections.abc import Iterator, Mapping

from openapi.contract import Json, Operation
from openapi.json_pointer import MISSING, join_pointer
from openapi.parameters import Parameter
from openapi.resources import names
from openapi.resources.model import Certainty, Filter, Listing, Paging
from openapi.resources.names import letters
from openapi.resources.schema_values import SchemaReader, ValueSchema
from openapi.runtime_expression import RuntimeExpression, parse_expression

_PAGING = ("limit", "offset", "page", "cursor")
_SCALARS = frozenset(["string", "integer", "number", "boolean"])


def find_listing(
    reader: SchemaReader,
    operation: Operation,
    identity: str,
    created: str,
    statement: Mapping[str, Json],
) -> Listing | None:
    """Return how `operation` lists resources whose identity is the property `identity`.

    `created` is the pointer of the schema of a created resource, `statement` the extension. Return
    None if no single array of the response has items with the identity.
    """
    schema = success_schema(operation)
    if schema is None:
        return None
    stated = statement.get("items")
    found = [stated] if stated is not None else [*_arrays(reader, schema, identity)]
    if len(found) != 1:
        return None
    items = reader.items(schema, found[0])
    if items is None:
        return None
    members = reader.at(items)
    return Listing(
        operation,
        found[0],
        join_pointer("", identity),
        tuple(_filters(reader, operation, items, statement.get("filters", {}))),
        _paging(reader, operation, schema, statement.get("paging", {})),
        "implied" if members.shares_component(reader.at(created)) else "assumed",
    )


def success_schema(operation: Operation) -> str | None:
    """Return the pointer of the schema of the JSON body of a success, or None."""
    for response in operation.responses_caused_by("valid-request"):
        for media_type, schema in response.content.items():
            if media_type.partition(";")[0].strip().lower().endswith(("json", "*/*")):
                return schema
    return None


def _arrays(reader: SchemaReader, schema: str, identity: str) -> Iterator[str]:
    """Yield the pointers of the arrays whose items have the property `identity`."""
    whole = reader.at(schema)
    if "array" in whole.types:
        if _has_items_with(reader, schema, "", identity):
            yield ""
        return
    for name in reader.properties(schema):
        place = join_pointer("", name)
        value = reader.at(schema, place)
        if "array" in value.types:
            if _has_items_with(reader, schema, place, identity):
                yield place
        elif "object" in value.types:
            for below in reader.properties(schema, place):
                deeper = join_pointer(place, below)
                if "array" in reader.at(schema, deeper).types and _has_items_with(
                    reader, schema, deeper, identity
                ):
                    yield deeper


def _has_items_with(reader: SchemaReader, schema: str, place: str, identity: str) -> bool:
    items = reader.items(schema, place)
    return items is not None and identity in reader.properties(items)


def _filters(
    reader: SchemaReader, operation: Operation, items: str, stated: Mapping[str, Json]
) -> Iterator[Filter]:
    known = {letters(name): name for name in reader.properties(items)}
    for parameter in operation.parameters:
        if parameter.location != "query" or parameter.style.is_json:
            continue
        if parameter.name in stated:
            pointer = stated[parameter.name]
            if isinstance(pointer, str):
                exact = _is_exact(reader.at(items, pointer))
                yield Filter(parameter, pointer, "stated", exact, _default(reader, parameter))
            continue
        name = known.get(letters(parameter.name))
        if name is None or _is_of_paging(parameter):
            continue
        place = join_pointer("", name)
        value, asked = reader.at(items, place), reader.at(parameter.schema)
        if not asked.types or not asked.types <= _SCALARS or not value.types <= _SCALARS:
            continue
        if not value.fits(asked) or value.format in ("date-time", "date"):
            continue  # a date is rather the beginning or end of a period
        certainty, default = _certainty(value, asked), _default(reader, parameter)
        yield Filter(parameter, place, certainty, _is_exact(value), default)


def _default(reader: SchemaReader, parameter: Parameter) -> Json:
    stated = reader.at(parameter.schema).stated
    return next((one["default"] for one in stated if "default" in one), MISSING)


def _certainty(value: ValueSchema, asked: ValueSchema) -> Certainty:
    """Return `implied` if parameter and property have one schema or the same listed values."""
    is_listed = value.listed_values is not None and value.is_same_kind(asked)
    return "implied" if is_listed or value.shares_component(asked) else "assumed"


def _is_exact(value: ValueSchema) -> bool:
    return value.types != {"string"} or value.listed_values is not None or bool(value.format)


def _is_of_paging(parameter: Parameter) -> bool:
    name = letters(parameter.name)
    is_number = bool({*parameter.types} & {"integer", "number"}) or not parameter.types
    numbers = names.LIMITS | names.OFFSETS | names.PAGES
    return name in names.CURSORS or (is_number and name in numbers)


def _paging(
    reader: SchemaReader,
    operation: Operation,
    schema: str,
    stated: Mapping[str, Json],
) -> Paging:
    query = [p for p in operation.parameters if p.location == "query" and p.is_scalar]
    by_name = {parameter.name: parameter for parameter in query}
    if stated:
        chosen = {key: by_name.get(stated[key]) for key in _PAGING if key in stated}
        following = parse_expression(stated["next"]) if "next" in stated else None
        return Paging(**chosen, next_cursor=following, certainty="stated")
    numbers = [p for p in query if set(p.types) & {"integer", "number"}]
    limit = _first(numbers, names.LIMITS)
    cursor = _first([p for p in query if p is not limit], names.CURSORS)
    offset, page = _first(numbers, names.OFFSETS), _first(numbers, names.PAGES)
    following = None if cursor is None else _next_cursor(reader, schema)
    if cursor is not None and following is None:
        # Without a cursor in the response only the identity of the last item can be one.
        cursor = cursor if letters(cursor.name) in names.IDENTITY_CURSORS else None
    return Paging(limit, offset, page, cursor, following)


def _first(parameters: list[Parameter], known: frozenset[str]) -> Parameter | None:
    found = (p for p in parameters if letters(p.name.lstrip("$")) in known)
    return next(found, None)


def _next_cursor(reader: SchemaReader, schema: str) -> RuntimeExpression | None:
    """Return where a response has the cursor of the next page, or None."""
    for name in reader.properties(schema):
        place = join_pointer("", name)
        value = reader.at(schema, place)
        if letters(name) in names.NEXT_CURSORS and value.types <= {"string", "integer"}:
            return RuntimeExpression("response", "body", place)
        if value.types != {"object"}:
            continue
        for below in reader.properties(schema, place):
            deeper = join_pointer(place, below)
            if letters(below) in names.NEXT_CURSORS and reader.at(schema, deeper).types <= {
                "string",
                "integer",
            }:
                return RuntimeExpression("response", "body", deeper)
    return None
