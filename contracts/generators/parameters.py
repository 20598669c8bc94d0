"""Cases of parameters: valid and invalid values, unknown resources.

They are derived from the schemas of the contract. This module names no parameter of a contract.
"""

import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contracts.generators.invalid_bodies import INVALID_FORMAT_TEXTS, OF_NO_FORMAT
from contracts.model.case import UNKNOWN_RESOURCE_PHASE, Case
from contracts.model.unique_values import unique_parameter_texts
from openapi.contract import Contract, Operation
from openapi.examples import numeric_bounds
from openapi.parameters import Parameter, parameter_key, path_parameter_names
from openapi.requests.examples import example_parameter, is_sendable
from openapi.requests.parameter_validation import check_parameter
from openapi.resources.derivation import idempotency_key
from openapi.runtime_expression import parse_expression
from openapi.serialization.text_values import serialize_value

_WRONG_TYPE_TEXTS = {
    "integer": ("some", "1.5", "12some"),
    "number": ("some", "1.2.3"),
    "boolean": ("maybe", "truefalse"),
}
"""Strings that even a lenient parser cannot convert to the type."""
_UNUSED_INTEGER = 2**31 - 2**10
"""Integer that fits in 32 bits and that no service has used as an id yet."""
_UNKNOWN_NUMBERS = (0, 977)
"""Distances from it: each is another unknown resource."""
_UNKNOWN_NAME = "hookproof-unknown"
_MIN_UNKNOWN_CHARS = len("hookproof")
_NO_NAME = re.compile(r"[a-z][a-z -]{3,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
"""Words, such as `no such value`, and the UUIDs that `_unknown_values` makes."""


def valid_parameter_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield valid requests: each optional parameter alone, all together, each limit."""
    choose = random.Random(operation.id)  # noqa: S311 - cases, not secrets
    unique = duplicate_parameters(operation)  # every request has them
    optional = [
        p
        for p in operation.parameters
        if not p.required and p.style.is_supported and p not in unique
    ]
    values = {p.key: example_parameter(contract, p, choose) for p in optional}
    for parameter in optional:
        described = f"with the parameter {parameter.name}"
        yield replace(
            plain, description=described, parameters={parameter.key: values[parameter.key]}
        )
    if len(optional) > 1:
        yield replace(plain, description="with every parameter", parameters=values)
    for parameter in _scalar_parameters(operation):
        for text in _boundary_texts(parameter, _stated(contract, parameter)):
            # The resource of a path parameter must exist, so the value cannot be changed.
            if parameter.location != "path" and _is_transmissible(parameter, text):
                described = f"{text!r} for {parameter.name}"
                yield replace(plain, description=described, parameters={parameter.key: text})


def _scalar_parameters(operation: Operation) -> list[Parameter]:
    return [p for p in operation.parameters if p.is_scalar and p.style.is_supported]


def _stated(contract: Contract, parameter: Parameter) -> dict[str, Any]:
    """Return the schema of a parameter; empty for one that allows anything."""
    stated = contract.at(parameter.schema)
    return stated if isinstance(stated, dict) else {}


def _boundary_texts(parameter: Parameter, stated: dict[str, Any]) -> Iterator[str]:
    yield from map(serialize_value, stated.get("enum", ()))
    if "boolean" in parameter.types:
        yield from ("true", "false")
    for bound in ("minimum", "maximum"):
        if bound in stated:
            yield serialize_value(stated[bound])
    if not {"pattern", "format", "enum"} & {*stated}:
        for bound in ("minLength", "maxLength"):
            if stated.get(bound):
                yield "a" * stated[bound]


def invalid_parameter_cases(
    contract: Contract, operation: Operation, plain: Case
) -> Iterator[Case]:
    """Yield requests with one scalar parameter that is missing or breaks its schema."""
    scalars = _scalar_parameters(operation)
    for parameter in operation.parameters:
        if parameter.required and parameter.location != "path":
            described = f"without the parameter {parameter.name}"
            yield replace(
                plain, phase="negative", description=described, parameters={parameter.key: None}
            )
        if parameter not in scalars:
            continue
        stated = _stated(contract, parameter)
        for text in dict.fromkeys(_invalid_text_candidates(parameter, stated)):
            if _is_transmissible(parameter, text) and is_rejectable(contract, parameter, text):
                described = f"{text[:40]!r} for {parameter.name}"
                yield replace(
                    plain, phase="negative", description=described, parameters={parameter.key: text}
                )


def is_rejectable(contract: Contract, parameter: Parameter, value: object) -> bool:
    """Return whether a request with `value` is invalid, whichever way it is read."""
    readings = parameter.readings(value)
    if readings is None:
        return False
    check = check_parameter(contract, parameter, readings)
    return bool(check.violations) and not check.is_undecided


def _invalid_text_candidates(parameter: Parameter, stated: dict[str, Any]) -> Iterator[str]:
    """Yield strings that may break the schema; the caller validates them."""
    for name in parameter.types:
        yield from _WRONG_TYPE_TEXTS.get(name, ())
    if "format" in stated:
        yield from INVALID_FORMAT_TEXTS.get(stated["format"], (OF_NO_FORMAT,))
    for value in stated.get("enum", ())[:2]:
        yield from (f"{value}x", str(value).upper(), str(value).capitalize())
    for bound, beyond in (("minimum", -1), ("maximum", 1)):
        if bound in stated:
            yield serialize_value(stated[bound] + beyond)
    for bound in ("exclusiveMinimum", "exclusiveMaximum"):
        if bound in stated:
            yield serialize_value(stated[bound])
    if stated.get("minLength", 0) > 1:
        yield "a" * (stated["minLength"] - 1)
    if "maxLength" in stated:
        yield "a" * (stated["maxLength"] + 1)
    if "pattern" in stated:
        yield from ("a", "0", "A-a_0", OF_NO_FORMAT, "\u00e9\u00e9\u00e9")


def _is_transmissible(parameter: Parameter, text: str) -> bool:
    """Return whether the parameter's location can carry `text` unchanged."""
    if parameter.location == "header":
        return text.isascii() and text.isprintable() and text == text.strip() and bool(text)
    if parameter.location == "path":
        return bool(text) and "/" not in text and text.strip(".") != ""
    return bool(text)


def duplicate_parameters(operation: Operation) -> list[Parameter]:
    """Return the parameters by which a service recognises duplicate requests."""
    sources = [parse_expression(expression) for expression in operation.duplicate_values]
    keys = {source.parameter_key for source in sources}
    return [parameter for parameter in operation.parameters if parameter.key in keys]


def unique_texts(contract: Contract, operation: Operation, mark: str) -> dict[str, str]:
    """Return a text for each of `duplicate_parameters` that no other request has, by its key.

    So does a required idempotency key: with one key for all, a service answers all as the first. A
    path parameter names a resource, so it is left out.
    """
    found: dict[str, str] = {}
    key = idempotency_key(contract, operation)
    needed = [key] if key is not None and key.required else []
    for parameter in [*duplicate_parameters(operation), *needed]:
        texts = [t for t in unique_parameter_texts(mark) if is_sendable(contract, parameter, t)]
        if texts and parameter.location != "path":
            found[parameter.key] = texts[0]
    return found


def unknown_resource_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield requests for resources that do not exist."""
    made = contract.find_creator(operation)
    names = [name for name, _ in made[1].values] if made else []
    if operation.has_default_causes:
        names = names or path_parameter_names(operation.path)
    elif operation.response_caused_by("unknown-resource") is None:
        return
    keys = {parameter_key("path", name) for name in names}
    for parameter in operation.parameters:
        for text in _unknown_values(parameter, _stated(contract, parameter)):
            if parameter.key in keys and is_sendable(contract, parameter, text):
                described = f"an unknown {parameter.name}"
                yield replace(
                    plain,
                    phase=UNKNOWN_RESOURCE_PHASE,
                    description=described,
                    parameters={parameter.key: text},
                )


def _unknown_values(parameter: Parameter, stated: dict[str, Any]) -> Iterator[str]:
    if "integer" in parameter.types:
        least, most = numeric_bounds(stated)
        top = int(most) if "maximum" in stated or "exclusiveMaximum" in stated else _UNUSED_INTEGER
        unused = min(top, _UNUSED_INTEGER)
        yield from (str(max(int(least), unused - n)) for n in _UNKNOWN_NUMBERS)
    elif "string" in parameter.types:
        choose = random.Random(parameter.name)  # noqa: S311 - cases, not secrets
        made = str(uuid.UUID(int=choose.getrandbits(128), version=4))
        yield made
        yield _UNKNOWN_NAME[: stated.get("maxLength")]


def names_nothing(value: object) -> bool:
    """Return whether `value` of a path parameter is the name of no resource.

    A lenient service reads the 12 of `12some`, and an integer below a maximum may be in use.
    """
    if not isinstance(value, str):
        return False
    if value.isdecimal():
        return value in {str(_UNUSED_INTEGER - n) for n in _UNKNOWN_NUMBERS}
    is_cut = _UNKNOWN_NAME.startswith(value) and len(value) < _MIN_UNKNOWN_CHARS
    return _NO_NAME.fullmatch(value) is not None and not is_cut
