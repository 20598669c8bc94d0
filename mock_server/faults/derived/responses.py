"""Faults of responses, derived from the contract: body, media type, headers, unique values."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, Severity
from mock_server.faults.derived.mutations import (
    example_body,
    mutations,
    name_if_ambiguous,
    replace_value,
    slug,
)
from mock_server.messages import HttpResponse, encode_header
from mock_server.responses.success import success_response_of
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, join_pointer

_INVALID_HEADER_VALUES = ("?", "-1", "")
"""Invalid values of a header; the fault sends the first one that breaks the schema."""


_BrokenResponse = tuple[str, str, Callable[[HttpResponse], HttpResponse], Severity]
"""Word, description, change and severity of one fault."""


def derived_response_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every response that a request can elicit."""
    for operation in contract.operations:
        for response_spec in elicitable_responses(operation):
            for family in (_broken_bodies, _broken_headers):
                for broken in family(contract, response_spec):
                    yield _response_fault(contract, operation, response_spec, *broken)


_CREDENTIAL_CAUSES = frozenset(["invalid-credential", "insufficient-permission"])


def elicitable_responses(operation: Operation) -> Iterator[ResponseSpec]:
    """Yield the documented responses that a request can elicit: one for each cause.

    Of several successes the mock sends one.

    The mock checks no credential of a public operation.
    """
    never = {"server-error"} if operation.security else {"server-error", *_CREDENTIAL_CAUSES}
    for response_spec in operation.responses.values():
        by = response_spec.cause.get("kind", "server-error")
        sent = operation.response_caused_by(by)
        if by == "valid-request":
            sent = success_response_of(operation)
        if by not in never and sent is response_spec:
            yield response_spec


def fault_name_prefix(contract: Contract, operation: Operation, response_spec: ResponseSpec) -> str:
    """Return the words that begin the name of a fault of this response."""
    return slug(name_if_ambiguous(contract.operations, operation.id), response_spec.status)


def _response_fault(
    contract: Contract,
    operation: Operation,
    response_spec: ResponseSpec,
    fault_word: str,
    description: str,
    change: Callable[[HttpResponse], HttpResponse],
    severity: Severity,
) -> Fault:
    def apply(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
        same = exchange.operation is not None and exchange.operation.id == operation.id
        sent = operation.response_for(response.status)
        return change(response) if same and sent is response_spec else response

    return Fault(
        slug("response", fault_name_prefix(contract, operation, response_spec), fault_word),
        "responses",
        f"The {response_spec.status} of {operation.id} {description}.",
        Hooks(response=apply),
        severity,
        needs_rate_limit=response_spec.cause["kind"] == "rate-limit-exceeded",
        operation_id=operation.id,
    )


def _broken_bodies(contract: Contract, response_spec: ResponseSpec) -> Iterator[_BrokenResponse]:
    for media_type, schema in response_spec.content.items():
        stated = contract.provenance(join_pointer(response_spec.pointer, "content")).severity
        other = next(m for m in ("text/plain", "text/html") if m not in response_spec.content)
        change = _set_header("content-type", other)
        yield "wrong-media-type", f"has the media type {other}", change, stated
        if media_type.rpartition("+")[2].rpartition("/")[2] != "json":
            return
        value = example_body(contract, schema)
        for found in mutations(contract, schema, value):
            yield found.name, found.description, _change_json_body(found.change), found.severity
        for place, pointer in extended_properties(contract, schema, "x-hookproof-unique"):
            same = get_at(value, place)
            if same is not MISSING:
                description = f"has the same value at {place} in every response"
                change = _change_json_body(replace_value(place, same))
                weight = contract.provenance(pointer).severity
                yield slug("constant", place), description, change, weight
        return  # The mock responds with the first media type.


def _broken_headers(contract: Contract, response_spec: ResponseSpec) -> Iterator[_BrokenResponse]:
    for stated in response_spec.headers:
        name, schema = stated.name, contract.schema(stated.schema)
        broken = (
            (wrong, violation)
            for wrong in _INVALID_HEADER_VALUES
            if not any(map(schema.is_valid, stated.readings(wrong).values))
            for violation in schema.violations(stated.readings(wrong).values[0], limit=1)
        )
        for wrong, violation in islice(broken, 1):
            weight = contract.provenance(violation.pointer, violation.detail).severity
            yield f"{name}-invalid", f"has {wrong!r} for {name}", _set_header(name, wrong), weight
        if stated.required:
            weight = contract.provenance(join_pointer(stated.pointer, "required")).severity
            yield f"lacks-{name}", f"lacks the header {name}", _set_header(name, None), weight


def _set_header(name: str, value: str | None) -> Callable[[HttpResponse], HttpResponse]:
    made = () if value is None else (encode_header(name, value),)
    key = name.lower().encode()

    def change(response: HttpResponse) -> HttpResponse:
        return replace(response, headers=(*(h for h in response.headers if h[0] != key), *made))

    return change


def _change_json_body(change: Callable[[Json], Json]) -> Callable[[HttpResponse], HttpResponse]:
    """Return a function that changes the value of a JSON body and ignores any other body."""

    def apply(response: HttpResponse) -> HttpResponse:
        try:
            value = json.loads(response.body)
        except ValueError:
            return response
        return replace(response, body=json.dumps(change(value)).encode())

    return apply
