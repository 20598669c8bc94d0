"""Bodies of every kind: valid ones in each media type, and invalid ones with a fault at any depth.

They are derived from the schemas of the contract. This module names no property of a contract.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contracts.generators.body_properties import body_properties, body_schema, required_properties
from contracts.generators.invalid_values import (
    NULL,
    PROPERTIES,
    REQUIRED,
    TEXT,
    TYPE,
    UNKNOWN_PROPERTY,
    InvalidValue,
    chosen_values,
    invalid_values,
)
from contracts.generators.value_places import value_places
from contracts.model.case import Case
from openapi.contract import Contract, Operation
from openapi.examples import generate_value
from openapi.json_pointer import get_at, join_pointer, split_pointer
from openapi.requests.body_validation import check_body
from openapi.requests.examples import example_body
from openapi.schemas.validation import stated_types
from openapi.serialization.bodies import MediaTypeSpec, write_body
from openapi.serialization.text_values import ANY_TYPES, serialize_value

MAX_INVALID_VALUES = (40, 120, 600)
"""Maximum number of invalid values in one body, by the breadth of the profile."""
WRONG_TYPES = (2, 4, 8)
"""Number of values of another type at each place, by the breadth of the profile."""
_MAX_ITEMS = 50


def media_type_cases(contract: Contract, operation: Operation) -> Iterator[Case]:
    """Yield a valid body in each media type other than the main one."""
    for spec in operation.content.values():
        if spec.kind is not None and spec is not operation.body:
            body = example_body(contract, spec)
            yield Case("valid", f"a body of {spec.name}", body, content=spec)


def invalid_json_cases(
    contract: Contract, operation: Operation, base_body: object, breadth: int
) -> Iterator[Case]:
    """Yield JSON bodies with one fault, at places that the other generators do not vary."""
    schema = body_schema(operation)
    if not schema:
        return
    covered = _CoveredFaults(contract, operation, base_body)
    found = [
        one
        for one in invalid_values(contract, schema, base_body, wrong_types=WRONG_TYPES[breadth])
        if not covered.has(one)
    ]
    for one in chosen_values(found, MAX_INVALID_VALUES[breadth]):
        yield Case("negative", one.description, one.value)


def nested_property_cases(
    contract: Contract, operation: Operation, base_body: object
) -> Iterator[Case]:
    """Yield the body with an unknown property in every nested object that may have one."""
    schema = body_schema(operation)
    if not schema:
        return
    extended = copy.deepcopy(base_body)
    for place in value_places(contract, schema, base_body):
        value = get_at(extended, place.pointer)
        if place.pointer and isinstance(value, dict) and place.root is base_body:
            value[UNKNOWN_PROPERTY] = "hookproof"
            if not contract.schema(schema).is_valid(extended):
                del value[UNKNOWN_PROPERTY]
    if extended != base_body:
        described = "an unknown property in nested objects"
        yield Case("probe: additional properties", described, extended)


class _CoveredFaults:
    """Faults of a body that `contracts.generators.invalid_bodies` and `edge_cases` make."""

    def __init__(self, contract: Contract, operation: Operation, base_body: object) -> None:
        self._is_object = isinstance(base_body, dict)
        self._names = {name for name, _ in body_properties(contract, operation)}
        self._required = required_properties(contract, operation)
        self._base_body = base_body

    def has(self, found: InvalidValue) -> bool:
        """Return whether the fault is among them."""
        tokens = split_pointer(found.pointer)
        if not self._is_object:
            return False
        if not tokens:
            return found.kind != PROPERTIES
        if found.kind == REQUIRED:
            return len(tokens) == 1 and tokens[0] in self._required
        if tokens[0] not in self._names:
            return False
        if len(tokens) == 1:
            return found.kind in (TYPE, TEXT, NULL)
        is_item = isinstance(get_at(self._base_body, join_pointer("", tokens[0])), list)
        return len(tokens) == 2 and is_item and found.kind in (TYPE, NULL)


def invalid_text_cases(
    contract: Contract, operation: Operation, base_body: object, breadth: int
) -> Iterator[Case]:
    """Yield bodies of a form or text with one fault that no reading of the text hides."""
    spec = operation.body
    if spec is None or spec.schema is None:
        return
    found = [
        one
        for one in invalid_values(
            contract,
            spec.schema,
            base_body,
            wrong_types=WRONG_TYPES[breadth],
            is_text=lambda pointer: _is_text(spec, pointer),
        )
        if is_rejectable(contract, operation, spec, one.value)
    ]
    for one in chosen_values(found, MAX_INVALID_VALUES[breadth]):
        yield Case("negative", one.description, one.value)


def _is_text(spec: MediaTypeSpec, pointer: str) -> bool:
    known = spec.fields.get(next(iter(split_pointer(pointer)), ""))
    return known is None or not known.is_json


def is_rejectable(
    contract: Contract, operation: Operation, spec: MediaTypeSpec, value: object
) -> bool:
    """Return whether a body with `value` is invalid, whichever way it is read."""
    content_type, raw = write_body(spec, value)
    if not raw and not operation.body_required:
        return False
    check = check_body(contract, operation, spec, content_type, raw)
    return bool(check.violations or check.problem) and not check.is_undecided


def valid_field_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield forms with and without each optional field, and with the outermost values of each."""
    schema = body_schema(operation)
    if not schema:
        return
    required = required_properties(contract, operation)
    for name, stated in body_properties(contract, operation):
        if name not in required and name in base_body:
            without = {key: value for key, value in base_body.items() if key != name}
            yield Case("valid", f"without the field {name}", without)
        value = base_body.get(name, generate_value(contract, stated))
        candidates = [value] if name not in base_body else []
        candidates += [*_outermost_values(stated), *_outermost_lists(stated, value)]
        for candidate in candidates:
            changed = {**base_body, name: candidate}
            if contract.schema(schema).is_valid(changed):
                shown = json.dumps(candidate)[:40]
                yield Case("valid", f"{shown} for the field {name}", changed)
    extended = {**base_body, UNKNOWN_PROPERTY: "hookproof"}
    if contract.schema(schema).is_valid(extended):
        yield Case("probe: additional properties", "an unknown field", extended)


def _outermost_lists(stated: dict[str, Any], value: object) -> Iterator[object]:
    """Yield lists of one and of the most items; some parsers fail for one, or read only the first.

    `value` is a valid list, or a value of another type.
    """
    if isinstance(value, list) and value:
        most = min(stated.get("maxItems", 3), _MAX_ITEMS)
        yield value[:1]
        yield value if stated.get("uniqueItems") else (value * most)[:most]


def _outermost_values(schema: dict[str, Any]) -> Iterator[object]:
    """Yield the listed values of a schema, and those at its bounds."""
    yield from schema.get("enum", ())
    if "boolean" in stated_types(schema):
        yield from (True, False)
    yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)


def form_probe_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield forms that are malformed or that OpenAPI leaves open; a service must not fail."""
    spec = operation.body
    if spec is None:
        return
    content_type, raw = write_body(spec, base_body)
    probes = [("an empty body", b"", content_type), ("a JSON body", b'{"a": 1}', content_type)]
    probes.append(("all but the last bytes", raw[:-8], content_type))
    if spec.kind == "multipart":
        probes += _multipart_probes(spec, base_body, raw, content_type)
    else:
        for name, value in base_body.items():
            again = write_body(spec, {name: value})[1]
            probes.append((f"the field {name} twice", b"&".join((raw, again)), content_type))
            empty = write_body(spec, {**base_body, name: ""})[1]
            probes.append((f"an empty text for {name}", empty, content_type))
    for described, body, stated in probes:
        check = check_body(contract, operation, spec, stated, body)
        if check.is_undecided or check.violations or check.problem is not None:
            yield Case("probe: form", described, body, stated)


def _multipart_probes(
    spec: MediaTypeSpec, base_body: dict[str, Any], raw: bytes, content_type: str
) -> Iterator[tuple[str, bytes, str]]:
    yield "no boundary in the Content-Type", raw, spec.sent
    yield "another boundary in the Content-Type", raw, f"{content_type}x"
    for name, value in base_body.items():
        known = spec.fields.get(name)
        if known is not None and known.is_file:
            text_fields = {**spec.fields, name: replace(known, types=ANY_TYPES, content_type=None)}
            text = write_body(replace(spec, fields=text_fields), base_body)[1]
            yield f"a text for the file {name}", text, content_type
            yield (
                f"an empty file for {name}",
                write_body(spec, {**base_body, name: ""})[1],
                content_type,
            )
        elif not isinstance(value, list):
            twice = write_body(spec, {**base_body, name: [value, value]})[1]
            yield f"the field {name} twice", twice, content_type


def valid_content_cases(
    contract: Contract, operation: Operation, base_body: object
) -> Iterator[Case]:
    """Yield texts and bytes of several lengths and characters."""
    spec = operation.body
    if spec is None:
        return
    if spec.kind == "bytes":
        for described, raw in (
            ("every byte", bytes(range(256))),
            ("one NUL", b"\0"),
            ("64 KiB", b"hookproof\r\n\0\xff" * 5042),
            ("bytes like JSON", b'{"hookproof": [1, null]}'),
            ("no bytes", b""),
        ):
            yield Case("valid", described, raw, spec.sent)
        return
    text = serialize_value(base_body)
    for described, value in (
        ("text with line ends", f"{text}\r\n{text}\n"),
        ("text beyond ASCII", f"{text} \u00e9\u6f22\U0001f511"),
        ("text like JSON", '{"hookproof": [1, null]}'),
        ("text like a form", "hookproof=1&other=%41"),
        ("an empty text", ""),
    ):
        if spec.schema is None or contract.schema(spec.schema).is_valid(value):
            yield Case("valid", described, value)
