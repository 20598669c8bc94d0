"""Faults of validation: a constraint not enforced, a valid value rejected, a crash."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import BodyValidation, Hooks
from mock_server.fault import Fault, Need
from mock_server.faults.applicability import (
    constraint,
    item_constraint,
    non_nullable_property,
    request_body,
    required_schema,
    text_of_max_length,
    text_with_max_length,
)
from mock_server.responses.errors import RequestRejected
from openapi.contract import Json
from openapi.json_pointer import is_array_index
from openapi.schemas.validation import SchemaViolation


def _validation_fault(
    name: str, description: str, need: Need, change: Callable[[BodyValidation], BodyValidation]
) -> Fault:
    return Fault(name, "validation", description, Hooks(body_validation=change), need=need)


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
    """Yield name, `maxLength` and value of each top-level string with a `maxLength`."""
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
            SchemaViolation("maxLength", "", f"/{key}", "*", f"is longer than {limit}")
            for key, limit, value in _length_limits(body_validation)
            if is_rejected(value, limit)
        )
        return replace(body_validation, violations=body_validation.violations + found)

    return _validation_fault(name, description, need, change)


VALIDATION_FAULTS = (
    _ignored_keyword_fault(
        "max-length-ignored",
        "maxLength",
        "A string over maxLength is accepted: only the frontend checks the length.",
    ),
    _ignored_keyword_fault(
        "min-length-ignored",
        "minLength",
        "A string under minLength is accepted: only its presence is checked.",
    ),
    _ignored_keyword_fault(
        "required-ignored",
        "required",
        "A missing required property is accepted: data binding fills in an empty value.",
    ),
    _ignored_keyword_fault(
        "type-ignored",
        "type",
        "A value of the wrong type is accepted: a loosely typed language converts it.",
    ),
    _ignored_keyword_fault(
        "format-ignored",
        "format",
        "A string of the wrong format is accepted: most validators do not assert format.",
    ),
    _ignored_violation_fault(
        "items-ignored",
        "The items of an array are not validated: only the array itself is.",
        item_constraint,
        lambda v: is_array_index(v.instance.rpartition("/")[2]),
    ),
    _ignored_violation_fault(
        "null-accepted",
        "null is accepted where the schema forbids it: it is treated as absent.",
        non_nullable_property,
        lambda v: v.keyword == "type" and v.detail == "null" and bool(v.instance),
    ),
    _validation_fault(
        "empty-body-accepted",
        "A request without a body is accepted: an empty body is not validated.",
        required_schema,
        _accept_empty_body,
    ),
    _validation_fault(
        "malformed-crash",
        "The service returns 500 for a body that is not JSON: an exception is not caught.",
        request_body,
        _crash_on_malformed,
    ),
    _validation_fault(
        "wrong-type-crash",
        "The service returns 500 for a value of the wrong type: the code trusts the type.",
        constraint("type"),
        _crash_on_type,
    ),
    _length_fault(
        "max-length-off-by-one",
        "A string of exactly maxLength characters is rejected: `<` instead of `<=`.",
        text_of_max_length,
        lambda value, limit: len(value) == limit,
    ),
    _length_fault(
        "max-length-in-bytes",
        "maxLength is counted in UTF-8 bytes, as in some databases.",
        text_with_max_length,
        lambda value, limit: len(value) <= limit < len(value.encode(errors="surrogatepass")),
    ),
)
