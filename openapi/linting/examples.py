"""Rule about examples: each is valid by the schema that it illustrates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from openapi.json_pointer import get_at, join_pointer
from openapi.linting.document import Fault, LintedDocument, ObjectAt
from openapi.linting.example_faults import explain
from openapi.schemas.direction import REQUEST, RESPONSE, direction_of
from openapi.schemas.validation import Schema

MAX_FAULTS = 3
"""Maximum of faults for one example, because one mistake may break many keywords."""


@dataclass(frozen=True, slots=True)
class _Illustration:
    """Example and the schema that it illustrates."""

    pointer: str
    value: Any
    schema: str
    """Pointer of the schema, as the user wrote it."""
    form: Literal["value", "value or text", "text"]
    """`text`: a string may be the text of a value, as in a query or in XML."""


def invalid_examples(document: LintedDocument) -> Iterator[Fault]:
    """Yield the faults of each example that its schema rejects."""
    judge = _Judge(document)
    seen: set[tuple[str, str]] = set()
    for one in _illustrations(document):
        if (one.pointer, one.schema) not in seen:
            seen.add((one.pointer, one.schema))
            yield from judge.faults(one)


def _illustrations(document: LintedDocument) -> Iterator[_Illustration]:
    for kind, found in document.objects("media-type", "parameter", "header"):
        if "$ref" in found.value or "schema" not in found.value:
            continue
        schema = join_pointer(found.pointer, "schema")
        is_value = kind == "media-type" and _is_json_content(found.pointer)
        for pointer, value in _stated_examples(document, found):
            yield _Illustration(pointer, value, schema, "value" if is_value else "text")
    for _, (pointer, value) in document.objects("schema"):
        if document.version == "3.0" and "$ref" in value:
            continue  # OpenAPI 3.0 ignores what is beside it
        if "example" in value:
            place = join_pointer(pointer, "example")
            yield _Illustration(place, value["example"], pointer, "value or text")
        listed = value.get("examples")
        for number, item in enumerate(listed if isinstance(listed, list) else ()):
            place = join_pointer(pointer, "examples", number)
            yield _Illustration(place, item, pointer, "value or text")


def _stated_examples(document: LintedDocument, found: ObjectAt) -> Iterator[tuple[str, Any]]:
    """Yield pointer and value of each example of a media type, parameter or header."""
    if "example" in found.value:
        yield join_pointer(found.pointer, "example"), found.value["example"]
    named = found.value.get("examples")
    for name in named if isinstance(named, dict) else ():
        stated = document.resolve(join_pointer(found.pointer, "examples", name))
        if stated is not None and "value" in stated.value:
            yield join_pointer(stated.pointer, "value"), stated.value["value"]


def _is_json_content(pointer: str) -> bool:
    """Return whether the media type at the end of `pointer` is JSON."""
    name = pointer.rpartition("/")[2].replace("~1", "/")
    return name.partition(";")[0].strip().lower().endswith(("/json", "+json"))


class _Judge:
    """Judge of examples; it compiles each schema once for a direction."""

    def __init__(self, document: LintedDocument) -> None:
        self._document = document
        self._contract = document.contract
        self._schemas: dict[tuple[str, str], Schema] = {}
        self._has_directions = any(flag in document.text for flag in (REQUEST, RESPONSE))

    def faults(self, one: _Illustration) -> Iterator[Fault]:
        """Yield the faults of an example: it may be one of a request or of a response."""
        place = self._document.in_contract(one.schema)
        if place is None:
            return
        place = self._without_plain_references(place)
        stated = direction_of(one.schema)
        directions = [stated] if stated else [REQUEST, RESPONSE][: 1 + self._has_directions]
        read = _read_text(one.value)
        values = [one.value, *(read if one.form == "text" else ())]
        if any(self._schema(place, d).is_valid(value) for d in directions for value in values):
            return
        if self._may_be_other_text(one, place):
            return
        found = [(d, self._schema(place, d).violations(one.value, MAX_FAULTS)) for d in directions]
        direction, violations = min(found, key=lambda pair: len(pair[1]))
        edit = "correct the example or the schema"
        if any(isinstance(value, dict | list) for value in read):
            edit = "write the example as a value, not as the text of one"
        for violation in violations:
            for inside, message in explain(self._document, violation, one.value, direction):
                yield Fault(one.pointer + inside, message, edit)

    def _schema(self, place: str, direction: str) -> Schema:
        key = place, direction
        if key not in self._schemas:
            self._schemas[key] = self._contract.directed_schema(place, direction)
        return self._schemas[key]

    def _without_plain_references(self, place: str) -> str:
        """Return the pointer that references without other keywords lead to."""
        for _ in range(20):
            value = get_at(self._contract.document, place)
            if not isinstance(value, dict) or [*value] != ["$ref"]:
                return place
            place = value["$ref"][1:]
        return place

    def _may_be_other_text(self, one: _Illustration, place: str) -> bool:
        """Return whether a string may be an object or array in another notation, such as XML."""
        if not isinstance(one.value, str) or one.form == "value":
            return False
        if one.form == "value or text" and any(_read_text(one.value)):
            return False
        value: Any = get_at(self._contract.document, self._contract.resolve(place))
        types = value.get("type", ()) if isinstance(value, dict) else ()
        listed = {types} if isinstance(types, str) else {*types}
        return not listed or bool(listed & {"object", "array"})


def _read_text(value: Any) -> list[Any]:
    """Return the JSON value that a text has, if it has one."""
    if not isinstance(value, str):
        return []
    try:
        return [json.loads(value)]
    except (ValueError, RecursionError):
        return []
