"""What passes each hook of the mock under a contract, made up from the contract's own examples.

Whether a fault has anything to spoil in a contract: its hooks are tried on what the mock sends.

A contract without a rate limit, say, has no answer that a fault of 429 could change."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from mock_server.exchange import BodyValidation, EventContext, Hooks, MockExchange
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import boundary_values
from mock_server.faults.derived.mutations import example_body, sample_value
from mock_server.faults.derived.responses import elicitable_responses
from mock_server.faults.derived.schema_walk import ANY_ITEM, schema_constraints, walk_subschemas
from mock_server.faults.derived.validation import with_value_at
from mock_server.messages import (
    EventMessage,
    HttpResponse,
    build_signed_request,
    encode_header,
    json_response,
)
from mock_server.responses.errors import RequestRejected
from mock_server.tokens import CredentialChecks
from mock_server.unique_values import UniqueValues
from mock_server.webhooks.payload import build_payload, serialize_json
from openapi import strict_json
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.examples import example_parameter_text
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at
from openapi.runtime_expression import parse_expression
from openapi.schema_validation import SchemaViolation

_LONG_TEXT = "a text of a request, <long> enough to be cut & escaped"


def example_responses(contract: Contract) -> Iterator[tuple[HttpResponse, MockExchange]]:
    """Yield every answer that can be provoked, and the exchange that it ends."""
    for operation in contract.operations:
        for response_spec in elicitable_responses(operation):
            response = _example_response(contract, response_spec)
            yield response, _example_exchange(contract, operation, response)


def example_event_contexts(contract: Contract) -> Iterator[EventContext]:
    """Yield an occasion for each event; its request is not the one of the example."""
    for event in contract.events:
        operation = contract.operation(event.trigger["operation"])
        response_spec = operation.responses[event.trigger["status"]]
        exchange = _example_exchange(
            contract, operation, _example_response(contract, response_spec)
        )
        for echo in event.trigger.get("echoes", ()):
            stated = parse_expression(echo["from"])
            in_body = (stated.message, stated.part) == ("request", "body")
            if in_body and isinstance(get_at(exchange.value, stated.where), str):
                text = "2031-01-02T03:04:05Z" if echo["compare"] == "instant" else _LONG_TEXT
                set_at(exchange.value, stated.where, text)
        made = replace(event, examples=event.examples or (example_body(contract, event.schema),))
        yield EventContext(made, exchange, 10, UniqueValues(0))


def example_validations(contract: Contract) -> Iterator[BodyValidation]:
    """Yield verdicts on bodies: none, no JSON, each constraint broken, each limit reached."""
    for operation in contract.operations:
        for schema in operation.content.values():
            stated = contract.at(schema)
            base = example_body(contract, schema)
            for raw in (b"", b"{"):
                text = strict_json.parse_json(raw)
                yield BodyValidation(
                    text.value, text.problem, text.size, (), stated, operation.id, {}
                )
            for constraint in schema_constraints(contract, schema):
                at = join_pointer(
                    "", *("0" if token == ANY_ITEM else token for token in constraint.place)
                )
                broken = SchemaViolation(constraint.keyword, schema, at, constraint.detail, "")
                yield BodyValidation(base, None, 1, (broken,), stated, operation.id, {})
            for value in _bodies_at_boundaries(contract, schema, base):
                yield BodyValidation(value, None, 1, (), stated, operation.id, {})


def _bodies_at_boundaries(contract: Contract, schema: str, base: Json) -> Iterator[Json]:
    for part in walk_subschemas(contract, schema):
        for boundary in boundary_values(contract, part, base):
            yield with_value_at(base, part.place, boundary.sample)
            if isinstance(boundary.sample, str):  # the same length, and more bytes
                yield with_value_at(base, part.place, boundary.sample.replace("a", "\u00e9"))


def _example_response(contract: Contract, response_spec: ResponseSpec) -> HttpResponse:
    headers = tuple(
        encode_header(stated.name, sample_value(contract, contract.at(stated.schema)))
        for stated in response_spec.headers
    )
    status = int(response_spec.status)
    for media_type, schema in response_spec.content.items():
        return json_response(status, example_body(contract, schema), headers, media_type)
    return HttpResponse(status, headers, b"")


def _example_exchange(
    contract: Contract, operation: Operation, response: HttpResponse
) -> MockExchange:
    received = (encode_header("Authorization", "Bearer a-token"),) if operation.scheme else ()
    schema = next(iter(operation.content.values()), None)
    value = copy.deepcopy(example_body(contract, schema)) if schema else MISSING
    parameters = {p.key: p.read(example_parameter_text(contract, p)) for p in operation.parameters}
    return MockExchange(
        contract,
        Hooks(),
        received,
        operation=operation,
        parameters=parameters,
        value=value,
        response=response,
    )


HookTest = Callable[[Contract, Hooks], Iterator[bool]]


def has_effect_on_contract(contract: Contract, fault: Fault) -> bool:
    """Say whether the mock would do anything else with `fault` than without it."""
    return any(any(test(contract, fault.hooks)) for test in _HOOK_TESTS)


def _credential_check_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    if hooks.checks is None:
        return
    reduced = hooks.checks(CredentialChecks())
    disabled = {f.name for f in fields(CredentialChecks) if not getattr(reduced, f.name)}
    for operation in contract.operations:
        if operation.scheme is None:
            continue
        issued = _credential_parameters(contract, operation)
        is_observable = {
            "revocation": "revoked" in issued,
            "whole_permission": "permissions" in issued,
        }
        is_observable["permission"] = bool(operation.permissions)
        yield any(is_observable.get(name, True) for name in disabled)


def _credential_parameters(contract: Contract, operation: Operation) -> set[str]:
    """Return what can be asked for of the credentials that `operation` issues."""
    valid = operation.response_caused_by("valid-request")
    schemas = valid.content.values() if valid else ()
    pointers = (
        p for s in schemas for _, p in extended_properties(contract, s, "x-hookproof-credential")
    )
    return {key for pointer in pointers for key in contract.at(pointer)}


def _validation_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    if hooks.body_validation is None:
        return
    for body_validation in example_validations(contract):
        try:
            yield hooks.body_validation(body_validation) != body_validation
        except RequestRejected:
            yield True


def _response_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    if hooks.response is not None:
        for response, exchange in example_responses(contract):
            yield hooks.response(response, exchange) != response


def _trigger_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    if hooks.trigger is not None:
        for event_context in example_event_contexts(contract):
            yield hooks.trigger(0, event_context.exchange) != 0


def _payload_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    if hooks.payload is not None:
        for event_context in example_event_contexts(contract):
            value = build_payload(event_context)
            yield hooks.payload(copy.deepcopy(value), event_context) != value


def _delivery_changes(contract: Contract, hooks: Hooks) -> Iterator[bool]:
    for event_context in example_event_contexts(contract):
        body = serialize_json(build_payload(event_context))
        event_message = EventMessage(
            event_context.event, body, event_context.number, "a secret", "an identity", 0.0
        )
        webhook_request = build_signed_request(event_message, body)
        if hooks.webhook_request is not None:
            yield hooks.webhook_request(webhook_request, event_message) != webhook_request
        if hooks.webhook_requests is not None:
            yield hooks.webhook_requests([webhook_request], event_message) != [webhook_request]


_HOOK_TESTS: tuple[HookTest, ...] = (
    _credential_check_changes,
    _validation_changes,
    _response_changes,
    _trigger_changes,
    _payload_changes,
    _delivery_changes,
)
