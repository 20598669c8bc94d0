"""Consistency of triggers with the rest of a contract, which JSON Schema cannot express."""

from collections.abc import Iterator

from openapi.contract import Contract, Event
from openapi.json_pointer import get_at, join_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.places import places_at


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


def _has_date_time(contract: Contract, schema: str, instance: str) -> bool:
    """Return whether `schema` has a date-time at `instance`."""
    places = places_at(contract.document, schema, instance)
    return any(
        get_at(contract.document, join_pointer(place, "format")) == "date-time" for place in places
    )
