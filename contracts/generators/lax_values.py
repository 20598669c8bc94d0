"""Values that a lenient service takes for another type, and date-times at the ends of calendars.

They are derived from the schemas of the contract. This module names no property of a contract.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contracts.generators.body_places import body_places, case_at
from contracts.model.case import Case, constant_value
from contracts.model.request_form import Tolerance
from openapi.contract import Contract, Json, Operation
from openapi.schemas.validation import stated_types, type_name

PLAINEST_VALUES: dict[str, tuple[object, ...]] = {
    "boolean": ("1", "0"),
    "string": (0, False),
    "array": ("[]",),
    "object": ("{}",),
    "integer": ("1e0", ""),
    "number": ("1e0", ""),
}
USUAL_VALUES: dict[str, tuple[object, ...]] = {
    "boolean": ("", "True", "on", "off", "no", "null", 2, [True]),
    "string": (1e300, 123456789012345678, {}, [[]]),
    "array": ("", 0, False, '["text"]', {"length": 0}),
    "object": ('{"a": 1}', "", 0, False),
    "integer": ("1.0", " 1", "0x1", "+1", "1,0", False, 1.0000001),
    "number": ("NaN", "Infinity", " 1", "0x1", "1,5", False),
}
MANY_VALUES: dict[str, tuple[object, ...]] = {
    "boolean": (
        "TRUE",
        "t",
        "f",
        "y",
        "n",
        "enabled",
        " true",
        0.5,
        -0.5,
        [False],
        {"value": True},
    ),
    "string": (-1, [0], [None], {"toString": "text"}, True, 1e21, -0.5),
    "array": ("text text", "null", {"0": "text", "length": 1}, {"": []}, 1e300),
    "object": ("null", "[]", [{}], [[]], "a=1"),
    "integer": ("one", "1 ", "\u0661", "1_0", "0b1", "1e400", [], {}, 1e-9),
    "number": ("one", "1 ", "1_0", "-", "\u0661", [], {}),
}
"""Values of other types that a lenient deserialiser converts, by type."""

LAX_DATE_TEXTS = (
    "now",
    "null",
    "0",
    "0000-00-00T00:00:00Z",
    "infinity",
    "+1 day",
    "/Date(1811808000000)/",
    "1811808000000",
)
"""Invalid date-times to which databases and frameworks give a meaning."""

END_TEXTS = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59.9999999Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:00",
    "2038-01-19T03:14:08Z",
    "2262-04-11T23:47:17Z",
    "9998-12-31T23:59:59-23:59",
)
MANY_END_TEXTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00-23:59",
    "0001-01-01T00:00:00+23:59",
    "0099-12-31T23:59:59Z",
    "1582-10-10T00:00:00Z",
    "1677-09-21T00:12:43Z",
    "1752-09-10T00:00:00Z",
    "1753-01-01T00:00:00Z",
    "1900-01-01T00:00:00+12:00",
    "1901-12-13T20:45:51Z",
    "2100-02-28T23:59:59-12:00",
    "2106-02-07T06:28:16Z",
    "3000-12-31T00:00:00+14:00",
    "9999-12-31T23:59:59+14:00",
    "9999-12-31T23:59:59-23:59",
)
"""Valid date-times at the limits of calendars, databases and number types."""


def lax_type_cases(
    contract: Contract,
    operation: Operation,
    base_body: Json,
    values: dict[str, tuple[object, ...]],
) -> Iterator[Case]:
    """Yield values of another type at each place; `values` has them by the type of the place."""
    for pointer, stated in body_places(contract, operation, base_body):
        types = stated_types(stated)
        for kind in types:
            for value in values.get(kind, ()):
                if not _is_of(value, types) and not (value == "" and "format" in stated):
                    described = f"{json.dumps(value)} for {pointer[1:]}"
                    yield case_at(
                        base_body, pointer, described, constant_value(value), phase="negative"
                    )


def _is_of(value: object, types: list[str]) -> bool:
    """Return whether a value has one of `types`."""
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int | float):
        whole = float(value).is_integer()
        return "number" in types or (whole and "integer" in types)
    return type_name(value) in types


def lax_date_cases(contract: Contract, operation: Operation, base_body: Json) -> Iterator[Case]:
    """Yield text that is no date-time and that a lenient parser accepts."""
    for pointer, stated in _date_time_places(contract, operation, base_body):
        del stated
        for text in LAX_DATE_TEXTS:
            described = f"{text!r} is no date-time"
            yield case_at(base_body, pointer, described, constant_value(text), phase="negative")


def calendar_end_cases(
    contract: Contract, operation: Operation, base_body: Json, texts: tuple[str, ...]
) -> Iterator[Case]:
    """Yield valid date-times far from now.

    A contract seldom states a range, so a service may reject them; it must not fail.
    """
    tolerated: dict[int, Tolerance] = dict.fromkeys(
        operation.statuses_caused_by("invalid-request"), "none"
    )
    for pointer, _ in _date_time_places(contract, operation, base_body):
        for text in texts:
            described = f"{text!r} for {pointer[1:]}"
            case = case_at(base_body, pointer, described, constant_value(text))
            yield replace(case, tolerated=tolerated)


def _date_time_places(
    contract: Contract, operation: Operation, base_body: Json
) -> Iterator[tuple[str, dict[str, Any]]]:
    for pointer, stated in body_places(contract, operation, base_body):
        if stated.get("format") == "date-time":
            yield pointer, stated
