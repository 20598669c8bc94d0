"""Consistency of extensions with the rest of a contract, which JSON Schema cannot express."""

from collections.abc import Iterator, Mapping

from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import get_at, join_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.places import places_at

RESOURCE = "x-hookproof-resource"


def trigger_faults(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield name of the event, pointer and message of each fault in a trigger."""
    ids = [operation.id for operation in contract.operations]
    for event in contract.events:
        if not event.trigger:
            continue
        trigger = join_pointer(event.pointer, "x-hookproof-trigger")
        place = join_pointer(trigger, "operation")
        if event.operation not in ids:
            known = f"there is no operation {event.operation!r}"
            yield event.name, place, known if event.operation else "a trigger names an operation"
        for index, echo in enumerate(event.trigger.get("echoes", ())):
            made = echo.get("correlator", "identity") != "identity"
            source = parse_expression(echo["from"])
            if source.message == "item" and event.for_each is None:
                where = join_pointer(trigger, "echoes", index, "from")
                yield event.name, where, "`$item` needs `for-each` in the trigger"
            if made and not _is_in_request(contract, event, source):
                where = join_pointer(trigger, "echoes", index, "from")
                yield (
                    event.name,
                    where,
                    f"the request body has no {source.where} that a run can set",
                )
            if made and not (source.in_request_body or source.message == "item"):
                where = join_pointer(trigger, "echoes", index, "correlator")
                sentence = "a correlator other than `identity` needs an echo from `$request.body`"
                yield event.name, where, sentence
        order = event.trigger.get("occurred-at")
        if order is not None and not _has_date_time(contract, event.schema, order):
            where = join_pointer(trigger, "occurred-at")
            yield event.name, where, f"the payload schema has no date-time at {order}"
        if {"no-redelivery", "redelivery"} <= event.trigger.keys():
            where = join_pointer(trigger, "redelivery")
            sentence = "`redelivery` contradicts `no-redelivery`; remove one of them"
            yield event.name, where, sentence


def _is_in_request(contract: Contract, event: Event, source: RuntimeExpression) -> bool:
    """Return whether the schema of the request body has the place that `source` names."""
    operations = [o for o in contract.operations if o.id == event.operation]
    body = operations[0].body if operations else None
    if body is None or body.schema is None or source.part != "body":
        return True  # another complaint says so
    below = f"{event.for_each}/0" if source.message == "item" else ""
    return bool(places_at(contract.document, body.schema, below + source.where))


def duplicate_value_faults(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield pointer and message of each duplicate value that a request cannot have."""
    for operation in contract.operations:
        known = {parameter.key for parameter in operation.parameters}
        for response in operation.responses.values():
            for index, expression in enumerate(response.cause.get("duplicate-values", ())):
                source = parse_expression(expression)
                if not source.in_request_body and source.parameter_key not in known:
                    cause = join_pointer(response.pointer, "x-hookproof-cause")
                    place = join_pointer(cause, "duplicate-values", index)
                    yield place, f"{expression!r} is neither in the request body nor a parameter"


def resource_faults(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield pointer, message and edit of the first fault in each `x-hookproof-resource`.

    The part before the fault's place in the extension is the whole pointer of the extension.
    """
    by_id = {operation.id: operation for operation in contract.operations}
    for operation in contract.operations:
        stated = get_at(contract.document, join_pointer(operation.pointer, RESOURCE))
        if not isinstance(stated, dict):
            continue
        fault = next(_faults_of(contract, by_id, operation, stated), None)
        if fault is not None:
            path, message, edit = fault
            yield join_pointer(operation.pointer, RESOURCE, *path), message, edit


def _faults_of(
    contract: Contract,
    by_id: Mapping[str, Operation],
    operation: Operation,
    stated: Mapping[str, Json],
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield path, message and edit of the faults in the extension at `operation`."""
    if operation.method != "POST":
        message = f"{operation.id} is a {operation.method}; only a POST creates a resource"
        # The usual key is read at each operation with the header.
        if {*stated} - {"idempotency-key"}:
            yield (), message, "state it in the operation that creates the resource"
    named = stated.get("operations", {})
    for role, name in named.items():
        if name not in by_id:
            message = f"there is no operation {name!r}"
            yield ("operations", role), message, "name an operationId of the document"
    key = stated.get("idempotency-key")
    known = {parameter.key for parameter in operation.parameters}
    if key is not None and parse_expression(key).parameter_key not in known:
        message = f"{operation.id} has no parameter {key}"
        yield ("idempotency-key",), message, "name a parameter of the operation"
    sent = operation.body.schema if operation.body is not None else None
    for pointer, shown in stated.get("properties", {}).items():
        if sent is not None and not _has_below(contract, sent, pointer):
            message = f"no schema of the request has {pointer}"
            yield ("properties", pointer), message, "name a property of the request body"
        reader = by_id.get(named.get("read", ""), operation)
        if isinstance(shown, str) and not (
            _has_place(contract, reader, shown) or _has_place(contract, operation, shown)
        ):
            message = f"no schema of a success has {shown}"
            yield ("properties", pointer), message, "name a property of the resource, or null"
    identity = stated.get("identity")
    if identity is not None:
        source = parse_expression(identity)
        is_body = (source.message, source.part) == ("response", "body")
        if is_body and not _has_place(contract, operation, source.where):
            message = f"no schema of a success has {source.where}"
            yield ("identity",), message, "name a property of the response"
    lister = by_id.get(named.get("list", "")) or _list_beside(contract, operation)
    if lister is not None:
        yield from _list_faults(contract, lister, stated.get("list", {}))


def _list_beside(contract: Contract, operation: Operation) -> Operation | None:
    path = operation.path.rstrip("/")
    at_path = (o for o in contract.operations if o.path.rstrip("/") == path)
    return next((one for one in at_path if one.method == "GET"), None)


def _list_faults(
    contract: Contract, lister: Operation, stated: Mapping[str, Json]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield path, message and edit of the faults in what is stated about a list."""
    items = stated.get("items")
    if items is not None and not _has_place(contract, lister, items):
        message = f"no schema of a success of {lister.id} has {items or 'a body'}"
        yield ("list", "items"), message, "name the array of the response"
    known = {one.name for one in lister.parameters if one.location == "query"}
    edit = f"name a query parameter of {lister.id}"
    for name in stated.get("filters", {}):
        if name not in known:
            message = f"{lister.id} has no query parameter {name!r}"
            yield ("list", "filters", name), message, edit
    for role, name in stated.get("paging", {}).items():
        if role != "next" and name not in known:
            message = f"{lister.id} has no query parameter {name!r}"
            yield ("list", "paging", role), message, edit


def _has_place(contract: Contract, operation: Operation, instance: str) -> bool:
    """Return whether a success can have a value at `instance`, as far as its schemas say."""
    responses = operation.responses_caused_by("valid-request")
    schemas = [schema for response in responses for schema in response.content.values()]
    return not schemas or any(_has_below(contract, schema, instance) for schema in schemas)


def _has_below(contract: Contract, schema: str, instance: str) -> bool:
    """Return whether a schema has `instance`, in itself or in an envelope, or says nothing."""
    document = contract.document
    places = [get_at(document, place) for place in places_at(document, schema, "")]
    stated = [one["properties"] for one in places if isinstance(one, dict) and "properties" in one]
    names = [name for one in stated if isinstance(one, dict) for name in one]
    is_array = any(isinstance(one, dict) and one.get("type") == "array" for one in places)
    if not names and not is_array:
        return True  # the document leaves the body open
    envelopes = ("", *(join_pointer("", name) for name in names))
    return any(places_at(document, schema, above + instance) for above in envelopes)


def _has_date_time(contract: Contract, schema: str, instance: str) -> bool:
    """Return whether `schema` has a date-time at `instance`."""
    places = places_at(contract.document, schema, instance)
    return any(
        get_at(contract.document, join_pointer(place, "format")) == "date-time" for place in places
    )
