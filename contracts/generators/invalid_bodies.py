"""Invalid bodies that Schemathesis does not generate: type confusion, malformed JSON.

They are derived from the schemas of the contract. This module names no property of a contract.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from contracts.generators.body_properties import (
    array_items,
    body_properties,
    case_with_property,
    required_properties,
)
from contracts.model.case import Case, constant_value
from openapi.contract import Contract, Operation
from openapi.schemas.validation import stated_types, type_name

INVALID_FORMAT_TEXTS = {
    "date-time": (
        "tomorrow",
        "2027-02-30T00:00:00Z",
        "2027-02-29T12:00:00Z",
        "2027-13-01T00:00:00Z",
        "2027-06-01T25:00:00Z",
        "2027-06-01",
        "2027-06-01T00:00:00",
        "2027-06-01T00:00Z",
        "2027-06-01T00:00:00Z and more",
        " 2027-06-01T00:00:00Z",
        "2027-06-01T00:00:00Z\n",
        "2027-06-01T00:00:00+0000",
        "2027-06-01T00:00:00+00",
        "2027-06-01T00:00:00+24:00",
        "2027-06-01T00:00:00+00:60",
        "2027-06-01T00:00:00 UTC",
        "2027-06-01T00:00:00Z[UTC]",
        "2027-06-01T00:00:00.Z",
        "2027-06-01T00:00:00,5Z",
        "2027-06-01T00:60:00Z",
        "2027-06-01T00:00:61Z",
        "2027-06-01T24:00:00Z",
        "2027-06-31T00:00:00Z",
        "2027-06-00T00:00:00Z",
        "2027-06-32T00:00:00Z",
        "2027-00-01T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2027-6-1T0:0:0Z",
        "27-06-01T00:00:00Z",
        "+002027-06-01T00:00:00Z",
        "20270601T000000Z",
        "2027-152T00:00:00Z",
        "2027-W22-2T00:00:00Z",
        "\uff12\uff10\uff12\uff17-06-01T00:00:00Z",
        "\u0662\u0660\u0662\u0667-06-01T00:00:00Z",
        "2027-06-01T00:00:00\u221201:00",
        "2027-06-01 00:00:00Z",
        "2027-06-01_00:00:00Z",
        "2027/06/01T00:00:00Z",
        "2027-06-01T00:00:00+00:00Z",
        "Tue, 01 Jun 2027 00:00:00 GMT",
        "2027-06-01 00:00",
        "06/01/2027",
        "1811808000",
    ),
    "date": ("tomorrow", "2027-02-30", "2027-6-1", "06/01/2027"),
    "uuid": ("1", "00000000-0000-0000-0000-00000000000g"),
}
"""Invalid strings that a lenient parser accepts, by format."""
OF_NO_FORMAT = "no such value"
"""Text that is of no other format either."""

WRONG_TYPE_VALUES: dict[str, tuple[object, ...]] = {
    "boolean": ("true", "false", 1, 0, 1.5, "yes", [], {}),
    "string": (12345, True, 1.5, ["text"], {"text": "text"}),
    "array": ("text", "a,b", {"0": "text"}, 1, 1.5, True),
    "object": ([], "text", 1, 1.5, True),
    "integer": ("1", 1.5, True, [1]),
    "number": ("1.5", True, [1]),
}
"""Values of another type that a lenient deserialiser converts, by type."""


def wrong_type_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield bodies with one property that is missing, null or of another type."""
    for name, stated in body_properties(contract, operation):
        types = stated_types(stated)
        wrong = [
            v
            for kind in types
            for v in WRONG_TYPE_VALUES.get(kind, ())
            if type_name(v) not in types
        ]
        for value in wrong:
            yield case_with_property(
                base_body, name, f"{json.dumps(value)} for {name}", constant_value(value)
            )
        if "null" not in types:
            yield case_with_property(
                base_body, name, "null where the contract has no null", constant_value(None)
            )
        if "array" in types and stated.get("items"):
            for value in (None, 1, 1.5, True, {}, ["text"]):
                described = f"an item {json.dumps(value)} in {name}"
                yield case_with_property(
                    base_body,
                    name,
                    described,
                    constant_value([*array_items(base_body.get(name)), value]),
                )
    for name in required_properties(contract, operation):
        without = {key: value for key, value in base_body.items() if key != name}
        yield Case("negative", f"without {name}", without)


def near_miss_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield bodies with a string that almost matches the format of its property."""
    for name, stated in body_properties(contract, operation):
        for text in INVALID_FORMAT_TEXTS.get(stated.get("format", ""), ()):
            yield case_with_property(
                base_body, name, f"{text!r} is no {stated['format']}", constant_value(text)
            )


def misspelt_name_cases(base_body: dict[str, Any], *, is_form: bool = False) -> Iterator[Case]:
    """Yield bodies with property names in another spelling or, in JSON, one level too deep."""
    for described, spell in (
        ("capitalised", str.capitalize),
        ("upper case", str.upper),
        ("white space", " {} ".format),
    ):
        body = {spell(name): value for name, value in base_body.items()}
        yield Case("negative", f"property names in {described}", body)
    if not is_form:
        yield Case("negative", "the body within another object", {"data": base_body})


def broken_json_cases(base_body: object) -> Iterator[Case]:
    """Yield bodies that are not JSON, made from one of any type."""
    byte_mutations: dict[str, Callable[[bytes], bytes]] = {
        "an empty body": lambda _: b"",
        "white space alone": lambda _: b" \n",
        "half of the body": lambda good: good[: len(good) // 2],
        "a comma after the value": lambda good: good + b",",
        "a second value": lambda good: good + b"\n{}",
        "a NUL after the value": lambda good: good + b"\0",
        "text after the value": lambda good: good + b" x",
        "invalid UTF-8": lambda _: b'"\xff\xfe"',
        "a literal of Python": lambda _: b"None",
        "a word": lambda _: b"hookproof",
    }
    for description, mutate_bytes in byte_mutations.items():
        yield Case("negative", description, base_body, mutate_bytes=mutate_bytes)


def malformed_json_cases(base_body: dict[str, Any]) -> Iterator[Case]:
    """Yield bodies that are not JSON or not an object."""
    byte_mutations: dict[str, Callable[[bytes], bytes]] = {
        "an empty body": lambda _: b"",
        "white space alone": lambda _: b" \n",
        "half an object": lambda good: good[: len(good) // 2],
        "all but the last character": lambda good: good[:-1],
        "a trailing comma": lambda good: good[:-1] + b",}",
        "a second comma": lambda good: good[:-1] + b',, "hookproof": 1}',
        "a comma left out": lambda good: good[:-1] + b' "hookproof": 1}',
        "a key without quotes": lambda good: good[:-1] + b", hookproof: 1}",
        "an equals sign": lambda good: good.replace(b":", b"=", 1),
        "a literal of Python": lambda good: good[:-1] + b', "hookproof": None}',
        "a number with a leading zero": lambda good: good[:-1] + b', "hookproof": 01}',
        "an escape that JSON lacks": lambda good: good[:-1] + b', "hookproof": "\\x41"}',
        "a line break within a string": lambda good: good[:-1] + b', "hookproof": "a\nb"}',
        "a second line": lambda good: good + b"\n{}",
        "a NUL after the object": lambda good: good + b"\0",
        "text after the object": lambda good: good + b" x",
        "single quotes": lambda good: good.replace(b'"', b"'"),
        "invalid UTF-8": lambda good: good[:-1] + b', "hookproof": "\xff\xfe"}',
        "a comment": lambda good: b"/* once */" + good,
        "null": lambda _: b"null",
        "an array": lambda good: b"[" + good + b"]",
        "a string": lambda _: b'"text"',
        "a number": lambda _: b"1.5",
        "an object within a string": lambda good: json.dumps(good.decode()).encode(),
        "a form": lambda _: b"name=text&value=other",
    }
    for description, mutate_bytes in byte_mutations.items():
        yield Case("negative", description, base_body, mutate_bytes=mutate_bytes)
