"""JSON Schema validation (Draft 2020-12) with formats; a violation has two pointers.

jsonschema defines what is valid. A compiled validator (jsonschema-rs) answers yes or no on hot
paths, with the same formats; a property test holds that both agree.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema
import jsonschema_rs

from openapi.formats import FORMATS
from openapi.json_pointer import join_pointer

FORMAT_CHECKER = jsonschema.FormatChecker(formats=())
"""Checks the formats of `FORMATS`, and no others."""
for _name, _test in FORMATS.items():
    FORMAT_CHECKER.checks(_name)(
        lambda instance, test=_test: not isinstance(instance, str) or test(instance)
    )


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One broken keyword."""

    keyword: str
    pointer: str
    """Where the contract states the keyword."""
    instance: str
    """Pointer to the value that breaks it."""
    detail: str
    """Part of the keyword: the missing property of `required`, the type found for `type`."""
    message: str


class Schema:
    """A compiled schema of the contract. Immutable."""

    def __init__(
        self, document: Mapping[str, object], pointer: str, pointers_by_id: Mapping[int, str]
    ) -> None:
        """Take the schema at `pointer`, and the pointer of each object by its identity.

        An error of jsonschema has the schema object that it arose in; its path leaves out the
        references that were followed, so only the identity leads to the keyword in the contract.
        """
        rooted = {**document, "$ref": f"#{pointer}"}
        self.pointer = pointer
        self._pointers_by_id = pointers_by_id
        self._validator = jsonschema.Draft202012Validator(rooted, format_checker=FORMAT_CHECKER)
        self._rooted = rooted

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft202012Validator | None:
        try:
            return jsonschema_rs.Draft202012Validator(
                self._rooted, formats=FORMATS, validate_formats=True, ignore_unknown_formats=False
            )
        except ValueError:
            # Only Python's regular expressions can express a pattern; jsonschema alone decides.
            return None

    def is_valid(self, instance: object) -> bool:
        """Say whether `instance` satisfies the schema; fast, never raises."""
        try:
            if self._compiled is not None:
                return bool(self._compiled.is_valid(instance))
        except (ValueError, TypeError, RecursionError):
            pass  # The compiled validator cannot take lone surrogates, for example.
        return not self.violations(instance, limit=1)

    def violations(self, instance: object, limit: int | None = None) -> tuple[SchemaViolation, ...]:
        """Return every violation in `instance`, or the first `limit`; empty when it is valid.

        Never raises. Each costs some 20 microseconds: a server should give a limit.
        """
        try:
            found = islice(self._violations(instance), limit)
            # A schema may repeat a constraint of the schema that its $ref names.
            return tuple({(v.instance, v.keyword, v.detail): v for v in found}.values())
        except RecursionError:
            message = "nested too deeply to be judged"
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


def _details(error: jsonschema.ValidationError) -> Iterator[tuple[str, str]]:
    """Yield which part of the keyword is broken and a sentence that shows no long value."""
    if error.validator == "required" and isinstance(error.instance, dict):
        # jsonschema reports one error for each missing property, and names it only in words.
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
        yield (
            "*",
            f"{abbreviate(error.instance)} breaks {error.validator}: "
            f"{abbreviate(error.validator_value)}",
        )


def type_name(value: object) -> str:
    """Return the JSON name of the type of `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def abbreviate(value: object, limit: int = 60) -> str:
    """Return `value` as ASCII JSON of at most some `limit` characters, for a sentence."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type_name(value)
    return text if len(text) <= limit else f"{text[: limit - 20]}... ({len(text)} characters)"
