"""Faults of validation: a rule that is not enforced, one too many, or a crash instead of a 400."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import BodyValidation, Hooks
from mock_server.fault import Fault, Need
from mock_server.faults.applicability import (
    constraint,
    item_constraint,
    non_nullable_property,
    request_body,
    request_schema,
    text_of_max_length,
    text_with_max_length,
)
from mock_server.responses.errors import RequestRejected
from openapi.contract import Json
from openapi.json_pointer import is_array_index
from openapi.schema_validation import SchemaViolation


def _validation_fault(
    name: str, description: str, need: Need, change: Callable[[BodyValidation], BodyValidation]
) -> Fault:
    return Fault(name, "validation", description, Hooks(body_validation=change), needs=(need,))


def _ignored_violation_fault(
    name: str, description: str, need: Need, is_ignored: Callable[[SchemaViolation], bool]
) -> Fault:
    def change(body_validation: BodyValidation) -> BodyValidation:
        remaining = tuple(v for v in body_validation.violations if not is_ignored(v))
        return replace(body_validation, violations=remaining)

    return _validation_fault(name, description, need, change)


def _ignored_keyword_fault(name: str, keyword: str, description: str) -> Fault:
    return _ignored_violation_fault(
        name, description, constraint(keyword), lambda v: v.keyword == keyword
    )


def _accept_empty_body(body_validation: BodyValidation) -> BodyValidation:
    if body_validation.size or not body_validation.schema:
        return body_validation
    return replace(body_validation, problem=None, value={}, violations=())


def _crash_on_malformed(body_validation: BodyValidation) -> BodyValidation:
    if body_validation.problem is not None:
        raise RequestRejected("server-error", "")
    return body_validation


def _crash_on_type(body_validation: BodyValidation) -> BodyValidation:
    if any(v.keyword == "type" for v in body_validation.violations):
        raise RequestRejected("server-error", "")
    return body_validation


def _length_limits(body_validation: BodyValidation) -> Iterator[tuple[str, int, Json]]:
    """Yield the properties of the body with a longest length, that length, and the value."""
    if isinstance(body_validation.value, dict):
        for key, part in body_validation.schema.get("properties", {}).items():
            value = body_validation.value.get(key)
            if "maxLength" in part and isinstance(value, str):
                yield key, part["maxLength"], value


def _length_fault(
    name: str, description: str, need: Need, is_rejected: Callable[[str, int], bool]
) -> Fault:
    def change(body_validation: BodyValidation) -> BodyValidation:
        found = tuple(
            SchemaViolation("maxLength", "", f"/{key}", "*", f"longer than {limit}")
            for key, limit, value in _length_limits(body_validation)
            if is_rejected(value, limit)
        )
        return replace(body_validation, violations=body_validation.violations + found)

    return _validation_fault(name, description, need, change)


VALIDATION_FAULTS = (
    _ignored_keyword_fault(
        "max-length-ignored",
        "maxLength",
        "A text over the longest length is accepted: the limit stands in the form alone.",
    ),
    _ignored_keyword_fault(
        "min-length-ignored",
        "minLength",
        "An empty text is accepted: present is taken for filled in.",
    ),
    _ignored_keyword_fault(
        "required-ignored",
        "required",
        "A missing property is accepted: the binder fills in an empty value.",
    ),
    _ignored_keyword_fault(
        "type-ignored",
        "type",
        "A value of another type is accepted: a loosely typed language converts it.",
    ),
    _ignored_keyword_fault(
        "format-ignored",
        "format",
        "A text that is no date is accepted: format is an annotation to most validators.",
    ),
    _ignored_violation_fault(
        "items-ignored",
        "The items of an array are not looked at: only that it is one.",
        item_constraint,
        lambda v: is_array_index(v.instance.rpartition("/")[2]),
    ),
    _ignored_violation_fault(
        "null-accepted",
        "null is accepted where it is not allowed: it is taken for left out.",
        non_nullable_property,
        lambda v: v.keyword == "type" and v.detail == "null" and bool(v.instance),
    ),
    _validation_fault(
        "empty-body-accepted",
        "A request without a body is accepted: nothing is parsed, so nothing is wrong.",
        request_schema,
        _accept_empty_body,
    ),
    _validation_fault(
        "malformed-crash",
        "A body that is not JSON is answered 500: the parser's exception is not caught.",
        request_body,
        _crash_on_malformed,
    ),
    _validation_fault(
        "wrong-type-crash",
        "A value of another type is answered 500: the code trusts the type and calls a method.",
        constraint("type"),
        _crash_on_type,
    ),
    _length_fault(
        "max-length-off-by-one",
        "A text of exactly the longest length is refused: `<` stands for `<=`.",
        text_of_max_length,
        lambda value, limit: len(value) == limit,
    ),
    _length_fault(
        "max-length-in-bytes",
        "The longest length is counted in bytes of UTF-8, as some databases do.",
        text_with_max_length,
        lambda value, limit: len(value) <= limit < len(value.encode(errors="surrogatepass")),
    ),
)
