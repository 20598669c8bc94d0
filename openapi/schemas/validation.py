"""JSON Schema validation (Draft 2020-12) with formats; a violation has two pointers.

A compiled validator (jsonschema-rs) decides quickly what is valid, and jsonschema lists the
violations. Both have the same formats. Where the compiled validator cannot decide, jsonschema does.
A property test checks that both agree.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer, walk_values
from openapi.schemas.direction import direction_of, has_hidden_properties, needed_properties, relax
from openapi.schemas.formats import FORMATS, UNCHECKED_FORMATS
from openapi.schemas.patterns import pattern_test

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs


@cache
def format_checker() -> "jsonschema.FormatChecker":
    """Return the checker of the formats in `FORMATS`, and no others."""
    import jsonschema  # noqa: PLC0415 - slow to load, and valid values do not need it

    checker = jsonschema.FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name)(
            lambda instance, test=test: not isinstance(instance, str) or test(instance)
        )
    return checker


def compile_schema(schema: Any) -> "jsonschema_rs.Draft202012Validator":
    """Return the fast validator of `schema`; raise `ValueError` for a schema that it cannot use."""
    import jsonschema_rs  # noqa: PLC0415 - slow to load, and not for the shipped contract

    unchecked = dict.fromkeys(UNCHECKED_FORMATS, lambda _: True)
    return jsonschema_rs.Draft202012Validator(
        schema, formats={**FORMATS, **unchecked}, validate_formats=True, ignore_unknown_formats=True
    )


@cache
def _validator_class(direction: str | None) -> type["jsonschema.Draft202012Validator"]:
    """Return jsonschema's validator with patterns of ECMA 262, and `required` as in `direction`."""
    import jsonschema  # noqa: PLC0415 - as above

    def check_pattern(
        _validator: Any, pattern: str, instance: object, _schema: Any
    ) -> Iterator["jsonschema.ValidationError"]:
        test = pattern_test(pattern) if isinstance(instance, str) else None
        if test is not None and not test(str(instance)):
            yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")

    def check_required(
        _validator: Any, _names: Any, instance: object, schema: Mapping[str, Any]
    ) -> Iterator["jsonschema.ValidationError"]:
        if not isinstance(instance, dict):
            return
        for name in needed_properties(schema, direction):
            if name not in instance:
                yield jsonschema.ValidationError(f"{name!r} is a required property")

    keywords = {"pattern": check_pattern, "required": check_required}
    extend: Callable[..., type[jsonschema.Draft202012Validator]] = jsonschema.validators.extend
    return extend(jsonschema.Draft202012Validator, keywords)


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """Violation of one keyword."""

    keyword: str
    pointer: str
    """Pointer of the keyword in the contract."""
    instance: str
    """Pointer of the value that violates it."""
    detail: str
    """Part of the keyword: the missing property of `required`, the type found for `type`."""
    message: str


class Schema:
    """Compiled schema of the contract. Immutable."""

    def __init__(
        self,
        document: Mapping[str, object],
        pointer: str,
        pointers_by_id: Mapping[int, str],
        direction: str | None = None,
    ) -> None:
        """Take the schema at `pointer`, and the pointer of each object of the document by `id()`.

        `direction` is for a pointer that does not tell it.

        The schema path of a jsonschema error omits followed references. The error also has the
        schema object itself, and only its identity leads to the keyword in the contract. Without
        `direction`, the place of the schema tells it.
        """
        rooted = {**document, "$ref": f"#{pointer}"}
        self.pointer = pointer
        self._direction = direction or direction_of(pointer)
        self._pointers_by_id = pointers_by_id
        self._rooted = rooted

    @cached_property
    def _validator(self) -> "jsonschema.Draft202012Validator":
        return _validator_class(self._direction)(self._rooted, format_checker=format_checker())

    @cached_property
    def _compiled(self) -> "jsonschema_rs.Draft202012Validator | None":
        try:
            part = _referenced_schema(self._rooted)
            if self._direction and has_hidden_properties(part, self._direction):
                part = relax(part, self._direction)
            return compile_schema(part)
        except ValueError:
            # A pattern needs Python's regular expressions: jsonschema alone decides.
            return None

    def is_valid(self, instance: object) -> bool:
        """Return whether `instance` matches the schema; fast, never raises."""
        decided = self._decide(instance)
        return not self._list_violations(instance, 1) if decided is None else decided

    def _decide(self, instance: object) -> bool | None:
        """Return the answer of the compiled validator, or None if it has none."""
        try:
            return None if self._compiled is None else bool(self._compiled.is_valid(instance))
        except (ValueError, TypeError, RecursionError):
            return None  # It rejects lone surrogates, for example.

    def violations(self, instance: object, limit: int | None = None) -> tuple[SchemaViolation, ...]:
        """Return every violation in `instance`, or the first `limit`; empty if it is valid.

        Never raises. Each violation takes about 20 microseconds: a server should set a limit.
        """
        return () if self._decide(instance) else self._list_violations(instance, limit)

    def _list_violations(self, instance: object, limit: int | None) -> tuple[SchemaViolation, ...]:
        try:
            found = islice(self._violations(instance), limit)
            # A schema may repeat a constraint of its $ref target.
            return tuple({(v.instance, v.keyword, v.detail): v for v in found}.values())
        except RecursionError:
            message = "nested too deeply to validate"
            return (
                SchemaViolation("type", join_pointer(self.pointer, "type"), "", "object", message),
            )

    def _violations(self, instance: object) -> Iterator[SchemaViolation]:
        for error in self._validator.iter_errors(instance):
            keyword = str(error.validator or "false")
            pointer = join_pointer(
                self._pointers_by_id.get(id(error.schema), self.pointer), keyword
            )
            place = join_pointer("", *error.absolute_path)
            for detail, message in _details(error):
                yield SchemaViolation(keyword, pointer, place, detail, message)


def _referenced_schema(document: dict[str, object]) -> dict[str, object]:
    """Return only what the `$ref` of `document` needs, at the same pointers; else `document`.

    To compile a schema takes time in proportion to its document.
    """
    part = referenced_part(document, [str(document["$ref"])])
    return document if part is None else {"$ref": document["$ref"], **part}


def referenced_part(
    document: Mapping[str, object], references: Iterable[str]
) -> dict[str, object] | None:
    """Return the values at `references` and all that they refer to, at the same pointers.

    Return None if a reference is no pointer into `document`.
    """
    pending = [*references]
    part: dict[str, object] = {}
    copied: set[str] = set()
    while pending:
        reference = pending.pop()
        if reference not in copied:
            copied.add(reference)
            schema = _copy_at(document, part, reference)
            if schema is MISSING:
                return None
            for pointer, value in walk_values(schema):
                if pointer.endswith(("/$ref", "/$dynamicRef")):
                    pending.append(str(value))
    return part


def _copy_at(document: Mapping[str, object], part: dict[str, object], reference: str) -> object:
    """Copy the value at `reference` to the same place in `part`; return it.

    An array on the way becomes an object with the indices as keys, which a pointer reads alike.
    Return `MISSING` for a reference that is no pointer.
    """
    value = get_at(document, reference) if reference.startswith("#/") else MISSING
    if value is MISSING:
        return MISSING
    *above, last = split_pointer(reference)
    for token in above:
        below = part.setdefault(token, {})
        if not isinstance(below, dict):
            return value  # in an array of a part that was copied as a whole
        part = below
    part[last] = value
    return value


def _details(error: "jsonschema.ValidationError") -> Iterator[tuple[str, str]]:
    """Yield the violated part of the keyword, and a message that truncates long values."""
    if error.validator == "required" and isinstance(error.instance, dict):
        # jsonschema names the missing property only in the message.
        name = error.message.split("'")[1] if "'" in error.message else ""
        wanted: Any = error.validator_value
        missing = [key for key in wanted if key not in error.instance]
        detail = name if name in missing else missing[0]
        yield detail, f"{detail!r} is missing"
    elif error.validator == "type":
        found = type_name(error.instance)
        wanted = error.validator_value
        names = wanted if isinstance(wanted, str) else " or ".join(wanted)
        shown = "" if found in ("null", "object", "array") else f"{abbreviate(error.instance)} is "
        yield found, f"{shown}{found}, not {names}"
    else:
        is_name = "propertyNames" in error.relative_schema_path
        shown = f"{'the name ' if is_name else ''}{abbreviate(error.instance)}"
        yield "*", f"{shown} breaks {error.validator}: {abbreviate(error.validator_value)}"


def type_name(value: object) -> str:
    """Return the JSON name of the type of `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def stated_types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that `schema` states; empty without `type`."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def abbreviate(value: object, limit: int = 60) -> str:
    """Return `value` as ASCII JSON of at most about `limit` characters, for a message.

    Of a text that is cut, the number of its characters follows.
    """
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type_name(value)
    if len(text) <= limit:
        return text
    count = len(value) if isinstance(value, str) else len(text)
    return f"{text[: limit - 20]}... ({count} characters)"
