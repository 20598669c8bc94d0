"""Cases at the edge that schemathesis does not make: lengths, odd texts, freedoms, bytes.

All of them follow from the contract's schemas and its `x-freedoms`; no field is named here.
"""

import calendar
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from contracts.generators.body_properties import items_of, properties, types_of, varied
from contracts.model.case import Plan, Value, constant, to_bytes
from contracts.model.unique_values import Fresh, of_length
from openapi.contract import Contract, Operation
from openapi.json_pointer import join
from openapi.runtime_expression import parse

ALPHABETS = {
    "ASCII": "a",
    "two-byte": "\u00e9",
    "combining": "e\u0301",
    "right-to-left": "\u05d0",
    "three-byte": "\u6f22",
    "astral": "\U0001f511",
}
"""Fillers for texts at a length bound: what is one character to some is several to others."""


def boundaries(
    contract: Contract, operation: Operation, base: dict[str, Any], every: int = 1
) -> Iterator[Plan]:
    """Yield texts at and just beyond each length bound, in `every` such alphabet."""
    for name, stated in properties(contract, operation):
        most, least = stated.get("maxLength"), stated.get("minLength")
        if "string" not in types_of(stated) or "pattern" in stated or "format" in stated:
            continue
        # Just beyond, and so far that whoever cuts a text before counting it is found out.
        beyond = () if most is None else (most + 1, most * 4)
        for alphabet, filler in list(ALPHABETS.items())[::every]:
            for length in {least, most, *beyond}:
                if length:
                    yield varied(
                        base, name, f"length {length}, {alphabet}", _filled(length, filler)
                    )


def _filled(length: int, filler: str) -> Value:
    return lambda fresh: of_length(fresh, length, filler)


ODD_TEXTS = (
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
"""Texts without control characters that careless code takes for something else."""


def odd_texts(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield valid texts that quoting, formatting or normalising spoils, and a lone surrogate."""
    for name, stated in properties(contract, operation):
        if "string" not in types_of(stated) or "pattern" in stated or "format" in stated:
            continue
        for text in (*ODD_TEXTS, "lone \ud800 surrogate"):
            yield varied(base, name, f"an odd text in {name}", _marked(text))


def _marked(text: str) -> Value:
    return lambda fresh: f"{fresh.mark} {text} {fresh.mark}"


OF_FORMAT = {
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
"""Strings of the format that narrow parsers refuse: `{day}` is a day soon, `{leap}` a leap day."""


def formats(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield strings of each format in every way that it may be written."""
    for name, stated in properties(contract, operation):
        for text in OF_FORMAT.get(stated.get("format", ""), ()):
            described = f"{text!r} for {name}"
            yield varied(base, name, described, _on_a_day(text), block="valid")


def _on_a_day(text: str) -> Value:
    def fill(fresh: Fresh) -> object:
        day = fresh.instant + timedelta(days=2)
        # The next leap day: whether it is in the range that is asked for, the contract decides.
        year = next(y for y in range(day.year + 1, day.year + 9) if calendar.isleap(y))
        return text.format(day=f"{day:%Y-%m-%d}", leap=f"{year}-02-29")

    return fill


def long_arrays(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield arrays of many items."""
    for name, stated in properties(contract, operation):
        if "array" in types_of(stated) and items_of(base.get(name)):
            for times in (20, 500):
                items = items_of(base[name]) * times
                yield varied(base, name, f"{len(items)} items in {name}", constant(items))


def other_methods(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield methods that the path does not have; only a failure counts against the service."""
    stated = contract.at(join("", "paths", operation.path))
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        if method.lower() not in stated:
            yield Plan("probe: method", f"method {method}", base, method=method)


def freedoms(operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield the examples of each freedom: what a service may refuse, so they only probe."""
    for freedom in operation.freedoms:
        if "at" not in freedom:
            continue
        where = parse(freedom["at"]).where
        for example in freedom.get("examples", ()):
            block = f"probe: {freedom['name']}"
            values = {where: _filled_in(example)}
            yield Plan(block, freedom["name"], _basevaried(base, where), values=values)
    extended = {**base, "hookproofUnknownProperty": {"nested": [1, None, "text"]}}
    yield Plan("probe: unknown properties", "an unknown property", extended)


def raw_probes(operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield what only bytes can show: duplicate keys, a BOM, nesting, size, other media types."""
    media = next(iter(operation.content))
    spoilers: dict[str, Callable[[bytes], bytes]] = {
        "a duplicate key": _with_first_key_twice,
        "NaN": _with_member(b"NaN"),
        "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
        "100 levels deep": _with_member(b"[" * 100 + b"]" * 100),
        "10,000 levels deep": _with_member(b"[" * 10000 + b"]" * 10000),
        "200 KiB": _with_member(b'"' + b"x" * 200 * 1024 + b'"'),
    }
    for description, spoil in spoilers.items():
        yield Plan("probe: bytes", description, base, media_type=media, spoil=spoil)
    for other in ("text/plain", "application/xml", "application/x-www-form-urlencoded", None):
        described = f"media type {other or 'absent'}"
        yield Plan("probe: media type", described, base, media_type=other)
    yield Plan("valid", "white space around and within", base, media, spoil=_spread_out)
    yield Plan("valid", "a charset parameter", base, media_type=f"{media}; charset=utf-8")
    yield Plan("valid", "a media type in capitals", base, media_type=media.upper())


def _basevaried(base: dict[str, Any], pointer: str) -> dict[str, Any]:
    name = pointer.removeprefix("/")
    return {**base, name: base.get(name)} if name and "/" not in name else base


def _spread_out(good: bytes) -> bytes:
    return b"\r\n\t " + json.dumps(json.loads(good), indent=2).encode() + b"\n"


def _with_member(value: bytes) -> Callable[[bytes], bytes]:
    return lambda good: good[:-1] + b', "hookproof": ' + value + b"}"


def _with_first_key_twice(good: bytes) -> bytes:
    first, value = next(iter(json.loads(good).items()))
    return good[:-1] + b", " + to_bytes({first: value})[1:]


def _filled_in(example: object) -> Value:
    """`{mark}` and `{soon}` in an example stand for the request's own mark and instant."""

    def fill(fresh: Fresh) -> object:
        if not isinstance(example, str):
            return example
        soon = (fresh.instant + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S")
        return example.replace("{mark}", fresh.mark).replace("{soon}", soon)

    return fill
