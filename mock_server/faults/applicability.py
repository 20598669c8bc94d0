"""Needs of faults: pure predicates over a contract, which say whether a fault applies to it.

A fault declares what a contract must have for the fault to change anything. A contract without a
rate limit, for example, has no 429 to change.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from mock_server.fault import ACCEPTED, Need
from mock_server.faults.derived.mutations import example_body
from mock_server.faults.derived.responses import elicitable_responses
from mock_server.faults.derived.schema_walk import (
    ANY_ITEM,
    SchemaConstraint,
    schema_constraints,
)
from mock_server.faults.derived.validation import rejection_is_fault
from openapi.contract import Contract, Event, Json, Operation, ResponseSpec
from openapi.examples import generate_value
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, split_pointer
from openapi.requests.examples import example_parameter
from openapi.runtime_expression import parse_expression
from openapi.schemas.direction import REQUEST
from openapi.schemas.validation import stated_types
from openapi.security import SchemeKind
from openapi.signatures.generic_hmac import BODY_TEMPLATE, HmacScheme
from openapi.signatures.scheme import SignatureScheme

# Responses


def caused_response(cause: str, wrong_status: int) -> Need:
    """Return the need for a response to `cause` with another status than `wrong_status`."""

    def holds(contract: Contract) -> bool:
        return any(
            any(spec.cause["kind"] == cause for spec in elicitable_responses(operation))
            and operation.contradicts(cause, wrong_status)
            for operation in contract.operations
        )

    return holds


def success_body(contract: Contract) -> bool:
    """Check for a success with a body."""
    return any(operation.status_of(spec) < 300 for operation, spec, _ in _response_bodies(contract))


def error_body(contract: Contract) -> bool:
    """Check for an error with a body that a request can elicit."""
    return any(
        operation.status_of(spec) >= 400 for operation, spec, _ in _response_bodies(contract)
    )


def error_object(size: int) -> Need:
    """Return the need for an error whose body is an object of at least `size` properties."""

    def holds(contract: Contract) -> bool:
        return any(
            operation.status_of(spec) >= 400 and isinstance(value, dict) and len(value) >= size
            for operation, spec, value in _response_bodies(contract)
        )

    return holds


def secured_error_object(contract: Contract) -> bool:
    """Check for an error whose body is an object, in an operation that takes an Authorization."""
    return any(
        operation.status_of(spec) >= 400
        and _takes_authorization(operation)
        and isinstance(value, dict)
        for operation, spec, value in _response_bodies(contract)
    )


def response_header(ending: str) -> Need:
    """Return the need for a documented response header whose name ends with `ending`."""

    def holds(contract: Contract) -> bool:
        headers = (header for _, spec in _responses(contract) for header in spec.headers)
        return any(header.name.lower().endswith(ending) for header in headers)

    return holds


def secret(is_changed: Callable[[str, Json], bool] = lambda _name, _value: True) -> Need:
    """Return the need for a secret in a response whose name and value satisfy `is_changed`."""

    def holds(contract: Contract) -> bool:
        return any(
            is_changed(name, value[name])
            for _, spec, value in _response_bodies(contract)
            for name in secret_names(contract, spec)
            if isinstance(value, dict) and name in value
        )

    return holds


def secret_names(contract: Contract, response_spec: ResponseSpec) -> list[str]:
    """Return the names of the top-level properties of a response body that hold a secret."""
    places = [
        split_pointer(place)
        for pointer in response_spec.content.values()
        for place, _ in extended_properties(contract, pointer, "x-hookproof-secret")
    ]
    return [place[0] for place in places if len(place) == 1]


def _responses(contract: Contract) -> Iterator[tuple[Operation, ResponseSpec]]:
    for operation in contract.operations:
        for response_spec in elicitable_responses(operation):
            yield operation, response_spec


def _response_bodies(contract: Contract) -> Iterator[tuple[Operation, ResponseSpec, Json]]:
    """Yield each response with a body, and its example body."""
    for operation, response_spec in _responses(contract):
        for schema in list(response_spec.content.values())[:1]:
            yield operation, response_spec, example_body(contract, schema)


# Credentials


def secured_operation(contract: Contract) -> bool:
    """Check for an operation that takes a credential."""
    return any(not operation.allows_anonymous for operation in contract.operations)


def token_operation(contract: Contract) -> bool:
    """Check for an operation that takes a bearer token."""
    return any(_needs(operation, "bearer") for operation in contract.operations)


def authorization_operation(contract: Contract) -> bool:
    """Check for an operation that takes a credential in the Authorization header."""
    return any(map(_takes_authorization, contract.operations))


def _takes_authorization(operation: Operation) -> bool:
    return _needs(operation, "bearer") or _needs(operation, "basic")


def _needs(operation: Operation, kind: SchemeKind) -> bool:
    """Return whether each alternative of the operation has a scheme of this kind."""
    return bool(operation.security) and all(
        any(one.scheme.kind == kind for one in alternative) for alternative in operation.security
    )


def required_permission(contract: Contract) -> bool:
    """Check for an operation that takes a credential with a permission."""
    return any(
        _needs(o, "bearer") and o.permissions and o.response_caused_by("insufficient-permission")
        for o in contract.operations
    )


def credential_parameter(name: str) -> Need:
    """Return the need for a secured operation whose request sets `name` of an issued credential."""

    def holds(contract: Contract) -> bool:
        secured = (o for o in contract.operations if _needs(o, "bearer"))
        issued = (o.response_caused_by("valid-request") for o in secured)
        return any(
            name in contract.at(pointer)
            for spec in issued
            for schema in (spec.content.values() if spec else ())
            for _, pointer in extended_properties(contract, schema, "x-hookproof-credential")
        )

    return holds


# Request bodies


def request_body(contract: Contract) -> bool:
    """Check for an operation that takes a body."""
    return any(operation.has_json_body for operation in contract.operations)


def required_schema(contract: Contract) -> bool:
    """Check for an operation that requires a body with a schema that is not empty."""
    required = (o for o in contract.operations if o.body_required)
    return any(contract.at(schema) for schema in _request_schemas(required))


def constraint(keyword: str) -> Need:
    """Return the need for a body constraint with this keyword."""
    return lambda contract: any(c.keyword == keyword for c in _constraints(contract))


def item_constraint(contract: Contract) -> bool:
    """Check for a constraint on the items of an array."""
    return any(c.place[-1:] == (ANY_ITEM,) for c in _constraints(contract))


def non_nullable_property(contract: Contract) -> bool:
    """Check for a place in a body where null is not allowed."""
    found = (c for c in _constraints(contract) if (c.keyword, c.detail) == ("type", "null"))
    return any(c.place for c in found)


def text_with_max_length(contract: Contract) -> bool:
    """Check for a body property that may be any string up to `maxLength`."""
    return any(
        "string" in stated_types(schema)
        and not {"pattern", "format", "enum", "const"} & schema.keys()
        and schema.get("minLength", 0) != schema["maxLength"]
        for schema, _ in _limited_texts(contract)
    )


def text_of_max_length(contract: Contract) -> bool:
    """Check for such a property, or for one whose example has `maxLength` characters."""
    return text_with_max_length(contract) or any(
        isinstance(value, str) and len(value) == schema["maxLength"]
        for schema, value in _limited_texts(contract)
    )


def _request_schemas(operations: Iterable[Operation]) -> Iterator[str]:
    for operation in operations:
        if operation.has_json_body and operation.body and operation.body.schema:
            yield operation.body.schema


def _constraints(contract: Contract) -> Iterator[SchemaConstraint]:
    for schema in _request_schemas(contract.operations):
        yield from schema_constraints(contract, schema, REQUEST)


def _limited_texts(contract: Contract) -> Iterator[tuple[dict[str, Json], Json]]:
    """Yield each top-level property of a body with a `maxLength`, and its example.

    Faults reject them, so that operations which may reject a valid request are left out.
    """
    accepting = (o for o in contract.operations if rejection_is_fault(o))
    for pointer in _request_schemas(accepting):
        value = example_body(contract, pointer)
        for name, schema in contract.at(pointer).get("properties", {}).items():
            if isinstance(value, dict) and "maxLength" in schema:
                yield schema, value.get(name)


# Events


class Echo(NamedTuple):
    """Value of a request or response that an event repeats."""

    value: Any
    """Value in the contract's example request or response."""
    event_example: Any
    """Value at the same place in the event's example."""
    is_body_text: bool
    """True if the value is a string of the request body."""


def event(contract: Contract) -> bool:
    """Check for an event."""
    return bool(contract.triggered_events)


def json_event(contract: Contract) -> bool:
    """Check for an event whose payload is JSON, and not a form."""
    return any(stated.content.kind != "form" for stated in contract.triggered_events)


def not_accepted(response: Callable[[Contract, Event], str | None]) -> Need:
    """Return the need for an event whose changed bytes a receiver may refuse by `response`.

    Other bytes with the same content are right, unless a signature covers them.
    """
    return lambda contract: any(
        response(contract, stated) not in (None, ACCEPTED) for stated in contract.triggered_events
    )


def rejected_object(contract: Contract) -> bool:
    """Check for an event of an operation whose request body is an object.

    A signature, or an echo of the request, must tell that the event is of that request: a rejection
    has no identity.
    """
    for stated in contract.triggered_events:
        operation = contract.operation(stated.operation)
        valid = operation.response_caused_by("valid-request")
        echoes = stated.trigger.get("echoes", ())
        is_known = stated.signature is not None or any(
            parse_expression(echo["from"]).message == "request" and echo.get("correlator")
            for echo in echoes
        )
        if valid is not None and is_known and isinstance(_example(contract, operation), dict):
            return True
    return False


def signature(
    is_changed: Callable[[HmacScheme], bool] = lambda _scheme: True,
) -> Need:
    """Return the need for an event that is signed by an HMAC which satisfies `is_changed`.

    A scheme that signs more than the body is always changed: the fault signs the body alone.
    """

    def holds(contract: Contract) -> bool:
        schemes = (stated.signature for stated in contract.triggered_events)
        return any(is_signature_changed(scheme, is_changed) for scheme in schemes)

    return holds


def is_signature_changed(
    scheme: SignatureScheme | None, is_changed: Callable[[HmacScheme], bool]
) -> bool:
    """Return whether a fault changes the signature of `scheme`; see `signature`."""
    return isinstance(scheme, HmacScheme) and (
        scheme.content_template != BODY_TEMPLATE or bool(scheme.header_format) or is_changed(scheme)
    )


def signed(contract: Contract) -> bool:
    """Check for a signed event."""
    return any(stated.signature is not None for stated in contract.triggered_events)


def event_name(is_changed: Callable[[str], bool]) -> Need:
    """Return the need for an event whose name in the payload satisfies `is_changed`."""
    return lambda contract: any(
        stated.name_pointer is not None
        and is_changed(str(get_at(event_example(contract, stated), stated.name_pointer)))
        for stated in contract.triggered_events
    )


def trigger_key(key: str) -> Need:
    """Return the need for an event whose `x-hookproof-trigger` has a non-empty value for `key`."""
    return lambda contract: any(stated.trigger.get(key) for stated in contract.triggered_events)


def trigger_rule(key: str) -> Need:
    """Return the need for an event whose `x-hookproof-trigger` states the rule `key`."""
    return lambda contract: any(key in stated.trigger for stated in contract.events)


def equal_text(contract: Contract) -> bool:
    """Check for two payload places that must be equal and whose string is not a palindrome."""
    texts = [
        get_at(event_example(contract, stated), stated.first_place(equal["pointers"][0]))
        for stated in contract.triggered_events
        for equal in stated.trigger.get("equal", ())
    ]
    return any(isinstance(text, str) and text != text[::-1] for text in texts)


def echo(compare: str, kind: type | None, is_changed: Callable[[Echo], bool]) -> Need:
    """Return the need for an echo with this comparison that satisfies `is_changed`.

    `kind` is the type of the value in the event's example; None accepts any type.
    """
    return lambda contract: any(
        found.value is not None and is_changed(found)
        for stated in contract.triggered_events
        for found in _echoes(contract, stated, compare, kind)
    )


def entity(contract: Contract) -> bool:
    """Check for an event whose payload shows an entity."""
    return any(_has_entity(contract, stated) for stated in contract.triggered_events)


def entity_of_secret_response(contract: Contract) -> bool:
    """Check for an event that shows an entity after a response with a secret."""
    for stated in contract.triggered_events:
        response_spec = contract.triggering_response(stated)
        value = _example(contract, response_spec) if response_spec else MISSING
        names = secret_names(contract, response_spec) if response_spec else []
        has_secret = isinstance(value, dict) and any(name in value for name in names)
        if has_secret and _has_entity(contract, stated):
            return True
    return False


def entity_of_secured_operation(contract: Contract) -> bool:
    """Check for an event that shows an entity, of an operation that takes an Authorization."""
    return any(
        _takes_authorization(contract.operation(stated.operation)) and _has_entity(contract, stated)
        for stated in contract.triggered_events
    )


def event_example(contract: Contract, stated: Event) -> Json:
    """Return the event's example payload, or a value of its schema."""
    return stated.examples[0] if stated.examples else example_body(contract, stated.schema)


def _has_entity(contract: Contract, stated: Event) -> bool:
    value = event_example(contract, stated)
    return isinstance(value, dict) and any(isinstance(part, dict) for part in value.values())


def _echoes(contract: Contract, stated: Event, compare: str, kind: type | None) -> Iterator[Echo]:
    operation = contract.operation(stated.operation)
    for echoed in stated.trigger.get("echoes", ()):
        current = get_at(event_example(contract, stated), stated.first_place(echoed["to"]))
        if echoed["compare"] != compare or (kind is not None and type(current) is not kind):
            continue
        expression = parse_expression(echoed["from"])
        if expression.message == "request":
            body = _example(contract, operation)
            value = expression.evaluate(body, None, _example_parameters(contract, operation))
        elif expression.message == "item":
            body = _example(contract, operation)
            value = get_at(body, f"{stated.for_each}/0{expression.where}")
        else:
            response_spec = contract.triggering_response(stated)
            if response_spec is None:
                continue
            body = _example(contract, response_spec)
            headers = {
                header.name.lower(): str(generate_value(contract, contract.at(header.schema)))
                for header in response_spec.headers
            }
            value = expression.evaluate(body, headers)
        is_body_text = expression.in_request_body and isinstance(value, str)
        if value is None or value is MISSING:
            value = echoed.get("default", current if value is MISSING else None)
        yield Echo(value, current, is_body_text)


def _example_parameters(contract: Contract, operation: Operation) -> dict[str, object]:
    found = ((p.key, p.readings(example_parameter(contract, p))) for p in operation.parameters)
    return {key: readings.values[0] for key, readings in found if readings is not None}


def _example(contract: Contract, message: Operation | ResponseSpec) -> Json:
    if isinstance(message, Operation):
        spec = message.body
        return (
            MISSING if spec is None or spec.schema is None else example_body(contract, spec.schema)
        )
    for schema in message.content.values():
        return example_body(contract, schema)
    return MISSING
