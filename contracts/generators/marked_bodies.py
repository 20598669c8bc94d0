"""Marks in bodies that another program has generated. Pure.

A body stays valid, and a text keeps its length where the case may be about the length. An invalid
body stays as it is.
"""

import copy
from collections.abc import Collection, Sequence

from contracts.model.correlators import Correlator, correlator_value
from contracts.model.unique_values import RequestValues
from openapi.contract import Contract, Operation
from openapi.examples import stated_examples
from openapi.json_pointer import MISSING, get_at, set_at

_NEAR_BOUNDARY = 1
"""Distance from a limit of the schema at which a length may be the point of a case."""


def marked_body(
    contract: Contract,
    operation: Operation,
    correlators: Sequence[Correlator],
    media_type: str,
    body: object,
    request_values: RequestValues,
    used: Collection[str] = (),
) -> object:
    """Return a copy of `body` with the mark of `request_values`, or `body` itself without one.

    A text at the place of a correlator gets the mark. A text or an instant that an example of the
    contract states gets a unique value instead: a program sends its examples again and again.
    `used` has texts that the program has sent already: these get the mark whatever their length.
    """
    spec = operation.find_media_type(media_type)
    if spec is None or spec.schema is None or not _is_data(body):
        return body
    is_valid = contract.schema(spec.schema).is_valid
    if not is_valid(body):
        return body
    examples = [value for _, value in stated_examples(contract, f"{spec.pointer}/schema")]
    marked = body
    for place in correlators:
        fixed = _fixed_values(contract.at(place.schema))
        for index, pointer in enumerate(place.pointers(body)):
            present = get_at(body, pointer)
            if present is MISSING or present is None:
                continue
            stated = [*fixed, *(get_at(example, pointer) for example in examples)]
            if present in stated and place.kind != "subset":
                value = correlator_value(contract, place, request_values, index)
            elif place.kind == "unique-string" and isinstance(present, str):
                value = marked_text(
                    present,
                    request_values.mark,
                    contract.at(place.schema),
                    keeps_length=present not in used,
                )
            else:
                continue
            changed = copy.deepcopy(marked)
            set_at(changed, pointer, value)
            if value != present and is_valid(changed):
                marked = changed
    return marked


def marked_text(text: str, mark: str, schema: object, *, keeps_length: bool = True) -> str:
    """Return `text` with `mark`, or `text` itself if its length does not allow that.

    The mark replaces the beginning of a long text and follows a short one. With `keeps_length`, a
    short text whose length is near a limit of its schema stays as it is.
    """
    if len(text) >= len(mark):
        return mark + text[len(mark) :]
    limits = schema if isinstance(schema, dict) else {}
    minimum, maximum = limits.get("minLength", 0), limits.get("maxLength")
    if keeps_length and len(text) - minimum <= _NEAR_BOUNDARY:
        return text
    if maximum is not None and len(text) + len(mark) > maximum:
        return text
    return text + mark


def _fixed_values(schema: object) -> list[object]:
    """Return the examples and the default that a schema states."""
    if not isinstance(schema, dict):
        return []
    several = schema.get("examples")
    stated = [schema[name] for name in ("example", "default") if name in schema]
    return [*stated, *(several if isinstance(several, list) else ())]


def _is_data(body: object) -> bool:
    """Return whether `body` is plain JSON data, which a schema can judge."""
    if isinstance(body, dict):
        return all(isinstance(name, str) and _is_data(value) for name, value in body.items())
    if isinstance(body, list):
        return all(map(_is_data, body))
    return body is None or isinstance(body, str | int | float)
