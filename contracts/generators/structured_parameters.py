"""Cases of parameters that are arrays, objects or JSON, and texts that OpenAPI leaves open.

They are derived from the schemas of the contract. This module names no parameter of a contract.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contracts.generators.invalid_values import UNKNOWN_PROPERTY, chosen_values, invalid_values
from contracts.generators.parameters import is_rejectable
from contracts.model.case import Case
from openapi.contract import Contract, Operation
from openapi.examples import generate_value
from openapi.parameters import Parameter
from openapi.requests.examples import example_parameter, is_sendable
from openapi.serialization.styles import write_parameter
from openapi.serialization.text_values import EncodedText

MAX_INVALID_VALUES = (15, 40, 200)
"""Maximum number of invalid values of one parameter, by the breadth of the profile."""
WRONG_TYPES = (1, 2, 8)
_MAX_ITEMS = 50


def valid_structure_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield arrays of several lengths and with each listed item, objects with fewer properties."""
    names_resource = operation.response_caused_by("unknown-resource") is not None
    for parameter in _structures(operation):
        if parameter.location == "path" and names_resource:
            continue  # The resource must exist, so the value cannot be changed.
        base = example_parameter(contract, parameter)
        stated = contract.at(parameter.schema)
        seen = [base]
        is_scattered = parameter.style.explode and parameter.style.is_named
        for described, value in _valid_candidates(
            contract, base, stated, extends=not is_scattered or parameter.style.style != "form"
        ):
            if value not in seen and is_sendable(contract, parameter, value):
                seen.append(value)
                yield replace(
                    plain,
                    description=f"{described} {parameter.name}",
                    parameters={parameter.key: value},
                )


def _structures(operation: Operation) -> list[Parameter]:
    return [p for p in operation.parameters if not p.is_scalar and p.style.is_supported]


def _valid_candidates(
    contract: Contract, base: object, stated: Any, *, extends: bool
) -> Iterator[tuple[str, object]]:
    """Yield values that may be valid; with `extends`, also an object with another property."""
    if not isinstance(stated, dict):
        return
    if isinstance(base, list):
        items = _items(contract, stated)
        listed = items.get("enum", []) if isinstance(items, dict) else []
        others = listed or [generate_value(contract, items)] if items else []
        pool = [*base, *(item for item in others if item not in base)]
        most = min(stated.get("maxItems", 3), _MAX_ITEMS)
        yield "one item in", pool[:1]
        yield "two items in", (pool if stated.get("uniqueItems") else pool * 2)[:2]
        yield "the most items in", (pool if stated.get("uniqueItems") else pool * most)[:most]
        yield "every listed item in", list(listed)
        for item in listed:
            yield f"only {item!r} in", [item]
        for item in listed[1:2]:  # A faulty parser reads only the first item.
            yield f"{item!r} last in", [listed[0], item]
    elif isinstance(base, dict):
        for name in base:
            yield f"no {name} in", {key: item for key, item in base.items() if key != name}
        if extends:
            yield "an unknown property in", {**base, UNKNOWN_PROPERTY: "hookproof"}
        for name, part in stated.get("properties", {}).items():
            for value in part.get("enum", ()) if isinstance(part, dict) else ():
                yield f"{value!r} for {name} of", {**base, name: value}


def _items(contract: Contract, stated: dict[str, Any]) -> Any:
    """Return the schema of the items, a reference followed."""
    items = stated.get("items")
    is_reference = isinstance(items, dict) and "$ref" in items
    return contract.at(items["$ref"][1:]) if is_reference and items else items


def invalid_structure_cases(
    contract: Contract, operation: Operation, plain: Case, breadth: int
) -> Iterator[Case]:
    """Yield arrays and objects that break their schema, whichever way they are read."""
    for parameter in _structures(operation):
        base = example_parameter(contract, parameter)
        is_text = not parameter.style.is_json
        found = [
            one
            for one in invalid_values(
                contract,
                parameter.schema,
                base,
                wrong_types=WRONG_TYPES[breadth],
                is_text=is_text,
            )
            if is_transmissible(parameter, one.value)
            and is_rejectable(contract, parameter, one.value)
        ]
        for one in chosen_values(found, MAX_INVALID_VALUES[breadth]):
            described = f"{one.description} of {parameter.name}"
            yield _negative(plain, parameter, described, one.value)
        if parameter.style.is_json:
            yield _negative(
                plain, parameter, f"no JSON in {parameter.name}", _piece(parameter, "{")
            )


def _negative(plain: Case, parameter: Parameter, described: str, value: object) -> Case:
    return replace(
        plain, phase="negative", description=described, parameters={parameter.key: value}
    )


def _piece(parameter: Parameter, text: str) -> EncodedText:
    """Return the parameter with `text` in place of its value."""
    scalar = replace(parameter.style, media_type=None)
    return EncodedText("".join(write_parameter(scalar, text)))


def is_transmissible(parameter: Parameter, value: object) -> bool:
    """Return whether the location of the parameter can carry `value`."""
    written = "".join(write_parameter(parameter.style, value))
    if parameter.location == "header":
        return written.isascii() and written.isprintable() and written == written.strip() != ""
    if parameter.location == "path":
        return written.strip(".") != "" and "%2F" not in written
    return bool(written)


def open_text_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield texts to which OpenAPI gives no meaning; a service must not fail."""
    for parameter in operation.parameters:
        if parameter.location != "query" or not parameter.style.is_supported:
            continue
        name = "".join(write_parameter(replace(parameter.style, media_type=None, style="form"), ""))
        value = example_parameter(contract, parameter)
        written = "&".join(write_parameter(parameter.style, value))
        texts = {"a repeated": f"{written}&{written}"}
        is_scattered = "object" in parameter.types and parameter.style.explode
        if parameter.style.style != "form" or not is_scattered:
            texts |= {"an empty": name, "no text for": name.removesuffix("=")}
        if not (parameter.is_scalar or is_scattered):
            texts["a delimiter alone for"] = f"{name}%2C"
        if parameter.style.style == "deepObject":
            texts["a nested"] = f"{name[:-1]}%5Ba%5D%5Bb%5D=a"
        for described, text in texts.items():
            yield replace(
                plain,
                phase="probe: parameter",
                description=f"{described} {parameter.name}",
                parameters={parameter.key: EncodedText(text)},
            )
