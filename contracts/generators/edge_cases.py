"""Edge cases that Schemathesis does not generate: lengths, strings, encodings, media types.

They are derived from the schemas and the `x-hookproof-allowed-rejections` of the contract. This
module names no property of a contract.
"""

import calendar
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from contracts.generators.body_properties import (
    array_items,
    body_properties,
    case_with_property,
)
from contracts.model.case import (
    ALLOWED_REJECTION_PHASE,
    Case,
    ValueFactory,
    constant_value,
)
from contracts.model.unique_values import RequestValues, text_of_length
from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.runtime_expression import parse_expression
from openapi.schemas.validation import stated_types
from openapi.serialization.bodies import encode_json

FILLERS = {
    "ASCII": "a",
    "two-byte": "\u00e9",
    "combining": "e\u0301",
    "right-to-left": "\u05d0",
    "three-byte": "\u6f22",
    "astral": "\U0001f511",
}
"""Fillers for strings at a length limit: a service may count bytes or UTF-16 units."""


def length_boundary_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any], stride: int = 1
) -> Iterator[Case]:
    """Yield strings at and beyond each length limit, with every `stride`-th filler."""
    for name, stated in body_properties(contract, operation):
        most, least = stated.get("maxLength"), stated.get("minLength")
        if "string" not in stated_types(stated) or "pattern" in stated or "format" in stated:
            continue
        # Four times the limit finds a service that truncates before it counts.
        beyond = () if most is None else (most + 1, most * 4)
        for alphabet, filler in list(FILLERS.items())[::stride]:
            for length in {least, most, *beyond}:
                if length:
                    yield case_with_property(
                        base_body,
                        name,
                        f"length {length}, {alphabet}",
                        _filled_text(length, filler),
                    )


def _filled_text(length: int, filler: str) -> ValueFactory:
    return lambda request_values: text_of_length(request_values, length, filler)


UNUSUAL_TEXTS = (
    'O\'Reilly "quoted"',
    "100% %s %n {0} ${x}",
    "<b>&amp;</b> \\ back/slash",
    "-- ; DROP TABLE names",
    "e\u0301\u0327 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "two  spaces, no-break\u00a0and ideographic\u3000ones, \u2028 a line",
    "\u2018curly\u2019 \u201cquotes\u201d \u2013 \u2026",
    "\uff26\uff55\uff4c\uff4c width, \ufb01 \u00bd \u2460, Stra\u00dfe \u0130\u0131",
    "zero\u200bwidth\u2060 \u2764\ufe0f \u202emarks\u202c \ufffd \ue000",
    "a+b=c #d,e;f@g?h|i~j^k`l {{x}} $x %41%20 \\u0041 &lt;",
)
"""Strings without control characters that faulty escaping or formatting changes."""


def unusual_text_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield valid strings that faulty quoting or normalisation changes, and a lone surrogate."""
    for name, stated in body_properties(contract, operation):
        if "string" not in stated_types(stated) or "pattern" in stated or "format" in stated:
            continue
        for text in (*UNUSUAL_TEXTS, "lone \ud800 surrogate"):
            yield case_with_property(
                base_body, name, f"an unusual string in {name}", _marked_text(text)
            )


def _marked_text(text: str) -> ValueFactory:
    return lambda request_values: f"{request_values.mark} {text} {request_values.mark}"


VALID_FORMAT_TEXTS = {
    "date-time": (
        "{day}T00:00:00Z",
        "{day}T23:59:59Z",
        "{leap}T12:00:00Z",
        "{day}T12:00:00.1Z",
        "{day}T12:00:00.12Z",
        "{day}T12:00:00.05Z",
        "{day}T12:00:00.123456Z",
        "{day}T12:00:00.1234567Z",
        "{day}T12:00:00.999999999Z",
        "{day}T12:00:00.000Z",
        "{day}T12:00:00+00:00",
        "{day}T12:00:00-00:00",
        "{day}T12:00:00+05:45",
        "{day}T12:00:00+14:00",
        "{day}T12:00:00-12:00",
        "{day}T00:30:00-09:30",
        "{day}t12:00:00z",
    ),
    "date": ("{day}", "{leap}"),
}
"""Valid strings that strict parsers reject; `{day}` is the day in two days, `{leap}` a leap day."""


FRACTIONS = (19.99, 0.07, 12345.678, -2.5)
"""Numbers that a service loses if it stores integers, or rounds to few digits."""
_MAX_FRACTIONS = 2


def format_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield valid strings of each format in its different notations, and valid fractions."""
    for name, stated in body_properties(contract, operation):
        if "number" in stated_types(stated):
            valid = (n for n in FRACTIONS if _is_valid(contract, operation, {**base_body, name: n}))
            for number in islice(valid, _MAX_FRACTIONS):
                made = constant_value(number)
                yield case_with_property(base_body, name, f"{number} for {name}", made, "valid")
        for text in VALID_FORMAT_TEXTS.get(stated.get("format", ""), ()):
            described = f"{text!r} for {name}"
            yield case_with_property(base_body, name, described, _dated_text(text), phase="valid")


def _is_valid(contract: Contract, operation: Operation, body: dict[str, Any]) -> bool:
    spec = operation.body
    schema = spec.schema if spec else None
    return schema is not None and contract.schema(schema).is_valid(body)


def _dated_text(text: str) -> ValueFactory:
    def fill(request_values: RequestValues) -> object:
        day = request_values.instant + timedelta(days=2)
        # The contract decides whether the next leap day is in the valid range.
        year = next(y for y in range(day.year + 1, day.year + 9) if calendar.isleap(y))
        return text.format(day=f"{day:%Y-%m-%d}", leap=f"{year}-02-29")

    return fill


def long_array_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield arrays of many items."""
    for name, stated in body_properties(contract, operation):
        if "array" in stated_types(stated) and array_items(base_body.get(name)):
            for times in (20, 500):
                items = array_items(base_body[name]) * times
                yield case_with_property(
                    base_body, name, f"{len(items)} items in {name}", constant_value(items)
                )


def other_method_cases(
    contract: Contract, operation: Operation, base_body: dict[str, Any]
) -> Iterator[Case]:
    """Yield requests with undocumented methods; only a failure or a 5xx is a violation."""
    stated = contract.at(join_pointer("", "paths", operation.path))
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        if method.lower() not in stated:
            yield Case("probe: method", f"method {method}", base_body, method=method)


def allowed_rejection_cases(operation: Operation, base_body: dict[str, Any]) -> Iterator[Case]:
    """Yield the examples of each allowed rejection, and a body with an unknown property."""
    for rejection in operation.allowed_rejections:
        if "location" not in rejection:
            continue
        where = parse_expression(rejection["location"]).where
        for example in rejection.get("examples", ()):
            phase = f"{ALLOWED_REJECTION_PHASE}{rejection['name']}"
            values = {where: _filled_example(example)}
            yield Case(phase, rejection["name"], _with_property(base_body, where), values=values)
    extended = {**base_body, "hookproofUnknownProperty": {"nested": [1, None, "text"]}}
    yield Case("probe: additional properties", "an unknown property", extended)


def raw_body_cases(operation: Operation, base_body: dict[str, Any]) -> Iterator[Case]:
    """Yield byte-level variants: duplicate keys, a BOM, deep nesting, size, other media types."""
    media = operation.body.sent if operation.body else ""
    byte_mutations: dict[str, Callable[[bytes], bytes]] = {
        "a duplicate key": _with_first_key_twice,
        "NaN": _with_member(b"NaN"),
        "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
        "100 levels deep": _with_member(b"[" * 100 + b"]" * 100),
        "10,000 levels deep": _with_member(b"[" * 10000 + b"]" * 10000),
        "200 KiB": _with_member(b'"' + b"x" * 200 * 1024 + b'"'),
    }
    for description, mutate_bytes in byte_mutations.items():
        yield Case("probe: encoding", description, base_body, mutate_bytes=mutate_bytes)
    others = ("text/plain", "application/xml", "application/x-www-form-urlencoded")
    for other in (*(one for one in others if operation.find_media_type(one) is None), None):
        described = f"media type {other or 'missing'}"
        yield Case("probe: media type", described, base_body, media_type=other)
    described = "white space around and within"
    yield Case("valid", described, base_body, mutate_bytes=_indented_json)
    yield Case("valid", "a charset parameter", base_body, media_type=f"{media}; charset=utf-8")
    yield Case("valid", "a media type in capitals", base_body, media_type=media.upper())


def _with_property(base_body: dict[str, Any], pointer: str) -> dict[str, Any]:
    name = pointer.removeprefix("/")
    return {**base_body, name: base_body.get(name)} if name and "/" not in name else base_body


def _indented_json(good: bytes) -> bytes:
    return b"\r\n\t " + json.dumps(json.loads(good), indent=2).encode() + b"\n"


def _with_member(value: bytes) -> Callable[[bytes], bytes]:
    return lambda good: _open_object(good) + b'"hookproof": ' + value + b"}"


def _with_first_key_twice(good: bytes) -> bytes:
    first, value = next(iter(json.loads(good).items()), ("hookproof", 1))
    again = encode_json({first: value})
    return _open_object(good if good != b"{}" else again) + again[1:]


def _open_object(good: bytes) -> bytes:
    """Return the text of an object without its end, so that a member can follow."""
    return good[:-1] + (b", " if good != b"{}" else b"")


def _filled_example(example: object) -> ValueFactory:
    """Replace `{unique-string}` and `{future-date}` in an example by values of the request."""

    def fill(request_values: RequestValues) -> object:
        if not isinstance(example, str):
            return example
        soon = (request_values.instant + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S")
        return example.replace("{unique-string}", request_values.mark).replace(
            "{future-date}", soon
        )

    return fill
