"""The cases that schemathesis does not make: boundaries, confusions, broken JSON, freedoms.

All of them follow from the contract's schemas and its `x-freedoms`; no field is named here.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from contracts.correlators import Fresh, of_length, subschema
from contracts.plan import Plan, Value, constant, to_bytes
from openapi.document import Contract, Operation
from openapi.expression import parse
from openapi.pointer import join

ALPHABETS = {
    "ASCII": "a",
    "two-byte": "\u00e9",
    "combining": "e\u0301",
    "right-to-left": "\u05d0",
    "three-byte": "\u6f22",
    "astral": "\U0001f511",
}
"""Fillers for texts at a length bound: what is one character to some is several to others."""

NOT_OF_FORMAT = {
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
        "2027-06-01 00:00",
        "06/01/2027",
        "1811808000",
    ),
    "date": ("tomorrow", "2027-02-30", "2027-6-1", "06/01/2027"),
    "uuid": ("1", "00000000-0000-0000-0000-00000000000g"),
}
"""Strings that a lenient parser takes for the format and that are not of it."""

CONFUSIONS: dict[str, tuple[object, ...]] = {
    "boolean": ("true", "false", 1, 0, "yes", [], {}),
    "string": (12345, True, 1.5, ["text"], {"text": "text"}),
    "array": ("text", "a,b", {"0": "text"}, 1, True),
    "object": ([], "text", 1, True),
    "integer": ("1", 1.5, True, [1]),
    "number": ("1.5", True, [1]),
}
"""Values of another type that a lenient deserialiser takes for the type."""

_PRESENT_AND_NULL = "null where the contract has no null"


def boundaries(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield texts at and just beyond each length bound, in alphabets of several widths."""
    for name, stated in _properties(contract, operation):
        most, least = stated.get("maxLength"), stated.get("minLength")
        if "string" not in _types(stated) or "pattern" in stated or "format" in stated:
            continue
        for alphabet, filler in ALPHABETS.items():
            for length in {least, most, None if most is None else most + 1} - {None}:
                if length:
                    yield _with(base, name, f"length {length}, {alphabet}", _filled(length, filler))


def _filled(length: int, filler: str) -> Value:
    return lambda fresh: of_length(fresh, length, filler)


def confusions(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield bodies with one property of another type, null, absent, or not of its format."""
    for name, stated in _properties(contract, operation):
        types = _types(stated)
        wrong = [v for kind in types for v in CONFUSIONS.get(kind, ()) if _kind(v) not in types]
        for value in wrong:
            yield _with(base, name, f"{json.dumps(value)} for {name}", constant(value))
        if "null" not in types:
            yield _with(base, name, _PRESENT_AND_NULL, constant(None))
        for text in NOT_OF_FORMAT.get(stated.get("format", ""), ()):
            yield _with(base, name, f"{text!r} is no {stated['format']}", constant(text))
        if "array" in types and stated.get("items"):
            for value in (None, 1, True, {}, ["text"]):
                described = f"an item {json.dumps(value)} in {name}"
                yield _with(base, name, described, constant([*_some(base.get(name)), value]))
    for name in contract.at(_body_schema(operation)).get("required", ()):
        without = {key: value for key, value in base.items() if key != name}
        yield Plan("negative", f"without {name}", without)


def misspelt(base: dict[str, Any]) -> Iterator[Plan]:
    """Yield bodies whose property names are in another case: to JSON these are other names."""
    for described, spell in (("capitalised", str.capitalize), ("upper case", str.upper)):
        body = {spell(name): value for name, value in base.items()}
        yield Plan("negative", f"property names in {described}", body)


ODD_TEXTS = (
    'O\'Reilly "quoted"',
    "100% %s %n {0} ${x}",
    "<b>&amp;</b> \\ back/slash",
    "-- ; DROP TABLE names",
    "e\u0301\u0327 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
)
"""Texts without control characters that careless code takes for something else."""


def odd_texts(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield valid texts that quoting, formatting or normalising spoils, and a lone surrogate."""
    for name, stated in _properties(contract, operation):
        if "string" not in _types(stated) or "pattern" in stated or "format" in stated:
            continue
        for text in (*ODD_TEXTS, "lone \ud800 surrogate"):
            yield _with(base, name, f"an odd text in {name}", _marked(text))


def _marked(text: str) -> Value:
    return lambda fresh: f"{fresh.mark} {text} {fresh.mark}"


def long_arrays(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield arrays of many items."""
    for name, stated in _properties(contract, operation):
        if "array" in _types(stated) and _some(base.get(name)):
            for times in (20, 500):
                items = _some(base[name]) * times
                yield _with(base, name, f"{len(items)} items in {name}", constant(items))


def other_methods(contract: Contract, operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield methods that the path does not have; only a failure counts against the service."""
    stated = contract.at(join("", "paths", operation.path))
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        if method.lower() not in stated:
            media = next(iter(operation.content))
            yield Plan("probe: method", f"method {method}", base, media, method=method)


def broken_texts(operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield bodies that are not JSON, or are JSON and no object."""
    good = to_bytes(base)
    media = next(iter(operation.content))
    texts = {
        "an empty body": b"",
        "white space alone": b" \n",
        "half an object": good[: len(good) // 2],
        "a trailing comma": good[:-1] + b",}",
        "text after the object": good + b" x",
        "single quotes": good.replace(b'"', b"'"),
        "invalid UTF-8": good[:-1] + b', "hookproof": "\xff\xfe"}',
        "a comment": b"/* {mark} */" + good,
        "null": b"null",
        "an array": b"[" + good + b"]",
        "a string": b'"{mark}"',
        "an object within a string": json.dumps(good.decode()).encode(),
        "a form": b"name={mark}&scopes=license%3Aread",
    }
    for description, text in texts.items():
        yield Plan("negative", description, text, media_type=media)


def freedoms(operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield the examples of each freedom: what a service may refuse, so they only probe."""
    for freedom in operation.freedoms:
        if "at" not in freedom:
            continue
        where = parse(freedom["at"]).where
        for example in freedom.get("examples", ()):
            block = f"probe: {freedom['name']}"
            values = {where: _filled_in(example)}
            yield Plan(block, freedom["name"], _base_with(base, where), values=values)
    extended = {**base, "hookproofUnknownProperty": {"nested": [1, None, "text"]}}
    yield Plan("probe: unknown properties", "an unknown property", extended)


def raw_probes(operation: Operation, base: dict[str, Any]) -> Iterator[Plan]:
    """Yield what only bytes can show: duplicate keys, a BOM, nesting, size, other media types."""
    good = to_bytes(base)
    media = next(iter(operation.content))
    first = next(iter(base))
    texts = {
        "a duplicate key": good[:-1] + b", " + to_bytes({first: base[first]})[1:],
        "NaN": good[:-1] + b', "hookproof": NaN}',
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "100 levels deep": good[:-1] + b', "hookproof": ' + b"[" * 100 + b"]" * 100 + b"}",
        "10,000 levels deep": good[:-1] + b', "hookproof": ' + b"[" * 10000 + b"]" * 10000 + b"}",
        "200 KiB": good[:-1] + b', "hookproof": "' + b"x" * 200 * 1024 + b'"}',
    }
    for description, text in texts.items():
        yield Plan("probe: bytes", description, text, media_type=media)
    for other in ("text/plain", "application/xml", "application/x-www-form-urlencoded", None):
        described = f"media type {other or 'absent'}"
        yield Plan("probe: media type", described, base, media_type=other)
    yield Plan("valid", "a charset parameter", base, media_type=f"{media}; charset=utf-8")


def _with(base: dict[str, Any], name: str, description: str, value: Value) -> Plan:
    return Plan("negative", description, {**base, name: None}, values={join("", name): value})


def _base_with(base: dict[str, Any], pointer: str) -> dict[str, Any]:
    name = pointer.removeprefix("/")
    return {**base, name: base.get(name)} if name and "/" not in name else base


def _filled_in(example: object) -> Value:
    """`{mark}` and `{soon}` in an example stand for the request's own mark and instant."""

    def fill(fresh: Fresh) -> object:
        if not isinstance(example, str):
            return example
        soon = (fresh.instant + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S")
        return example.replace("{mark}", fresh.mark).replace("{soon}", soon)

    return fill


def _properties(contract: Contract, operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    schema = _body_schema(operation)
    for name in contract.at(schema).get("properties", {}):
        yield name, contract.at(subschema(contract, schema, join("", name)))


def _body_schema(operation: Operation) -> str:
    return next(iter(operation.content.values()))


def _types(stated: dict[str, Any]) -> list[str]:
    types = stated.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _kind(value: object) -> str:
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array"}
    return names.get(type(value), "object")


def _some(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
