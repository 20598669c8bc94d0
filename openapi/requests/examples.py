"""Valid values of parameters and bodies: examples of the contract, or generated values."""

import random
from collections.abc import Iterator, Mapping

from openapi.contract import Contract, Json
from openapi.examples import body_example, generate_value
from openapi.generation.sample_files import SAMPLE_FILES
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.media_type import essence_of
from openapi.parameters import Parameter
from openapi.requests.parameter_validation import check_parameter
from openapi.serialization.bodies import MediaTypeSpec
from openapi.serialization.text_values import serialize_value

_STATED_CONTENT = frozenset(["const", "enum", "examples", "default", "maxLength"])
SAMPLE_TEXT = "hookproof"
"""Content of a body without a schema and without an example."""


def example_parameter(
    contract: Contract, parameter: Parameter, rng: random.Random | None = None
) -> Json:
    """Return a valid value of `parameter`: its example or a generated value; of a scalar its text.

    If a request cannot carry an array without doubt, return an array of its first item.
    """
    value = parameter.example
    if value is MISSING:
        value = generate_value(contract, get_at(contract.document, parameter.schema), rng)
    if parameter.is_scalar:
        return serialize_value(value)
    shorter = value[:1] if isinstance(value, list) else value
    for candidate in (value, shorter):
        if is_sendable(contract, parameter, candidate):
            return candidate
    return value


def is_sendable(contract: Contract, parameter: Parameter, value: Json) -> bool:
    """Return whether a request with `value` is valid, whichever way it is read."""
    readings = parameter.readings(value)
    if readings is None:
        return False
    check = check_parameter(contract, parameter, readings)
    return not (check.violations or check.is_undecided)


def example_body(contract: Contract, spec: MediaTypeSpec) -> Json:
    """Return a valid body: the first example or a value of the schema."""
    media = get_at(contract.document, spec.pointer)
    if spec.schema is None and isinstance(media, dict) and not _has_example(media):
        return {} if spec.is_form or spec.kind == "json" else SAMPLE_TEXT
    value = body_example(contract, f"{spec.pointer}/schema")
    if spec.kind == "multipart" and isinstance(value, dict) and not _has_example(media):
        return {**value, **dict(_sample_files(contract, spec, value))}
    return SAMPLE_TEXT if spec.kind == "bytes" and not isinstance(value, str) else value


def _has_example(media: Json) -> bool:
    return isinstance(media, dict) and not {"example", "examples"}.isdisjoint(media)


def _sample_files(
    contract: Contract, spec: MediaTypeSpec, value: Mapping[str, Json]
) -> Iterator[tuple[str, Json]]:
    """Yield a small valid file for each file of a known type whose schema states no content."""
    for name, field in spec.fields.items():
        content = SAMPLE_FILES.get(essence_of(field.content_type or ""))
        if content is None or not field.is_file or name not in value:
            continue
        place = contract.resolve(
            join_pointer(contract.resolve(spec.schema or ""), "properties", name)
        )
        is_list = isinstance(value[name], list)
        schema = get_at(contract.document, f"{place}/items" if is_list else place)
        if not isinstance(schema, dict) or _STATED_CONTENT.isdisjoint(schema):
            text = content.decode(errors="surrogateescape")
            yield name, [text] * len(value[name]) if is_list else text
