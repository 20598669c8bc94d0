"""What a request body must satisfy, constraint by constraint: the schema, walked. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from openapi.contract import Contract, Json
from openapi.json_pointer import MISSING, get, join

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_WHOLE = (
    "const",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "maxProperties",
    "minProperties",
    "propertyNames",
    "contains",
    "anyOf",
    "oneOf",
    "not",
)
"""Keywords that are one constraint each."""
_LISTS = {"const", "enum"}
_DEPTH = 8
EVERY = "*"
"""A token of a place that stands for every item of an array."""


@dataclass(frozen=True, slots=True)
class Part:
    """A place in a body and a schema that holds there."""

    place: tuple[str, ...]
    """Tokens; `EVERY` for the items of an array."""
    pointer: str
    """Where the contract states the schema."""
    stated: dict[str, Json]
    optional: bool
    """A property that may be left out."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that a body must satisfy."""

    place: tuple[str, ...]
    keyword: str
    detail: str
    """The property of `required`, the type that `type` does not allow, else `*`."""
    severity: str


def parts(
    contract: Contract,
    pointer: str,
    place: tuple[str, ...] = (),
    depth: int = 0,
    *,
    optional: bool = False,
) -> Iterator[Part]:
    """Yield every place that the schema at `pointer` speaks of, and what it says there."""
    stated = get(contract.document, pointer)
    if not isinstance(stated, dict) or depth > _DEPTH:
        return
    if "$ref" in stated:
        yield from parts(contract, stated["$ref"][1:], place, depth + 1, optional=optional)
    yield Part(place, pointer, stated, optional)
    for index in range(len(stated.get("allOf", ()))):
        within = join(pointer, "allOf", index)
        yield from parts(contract, within, place, depth + 1, optional=optional)
    for name in stated.get("properties", {}):
        yield from parts(
            contract,
            join(pointer, "properties", name),
            (*place, name),
            depth + 1,
            optional=name not in stated.get("required", ()),
        )
    if isinstance(stated.get("items"), dict):
        yield from parts(contract, join(pointer, "items"), (*place, EVERY), depth + 1)


def constraints(contract: Contract, pointer: str) -> Iterator[Constraint]:
    """Yield every constraint of the schema at `pointer`, each once.

    Where the values are listed, the list alone: what breaks any other keyword breaks it, too.
    """
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    every = list(parts(contract, pointer))
    listed = {part.place for part in every if _LISTS & part.stated.keys()}
    for part in every:
        for keyword, detail in _stated(part.stated):
            if part.place in listed and keyword not in _LISTS:
                continue
            if (part.place, keyword, detail) not in seen:
                seen.add((part.place, keyword, detail))
                known = contract.provenance(join(part.pointer, keyword), detail)
                yield Constraint(part.place, keyword, detail, known.severity)


def _stated(stated: dict[str, Json]) -> Iterator[tuple[str, str]]:
    for name in stated.get("required", ()):
        yield "required", name
    if "type" in stated:
        allowed = types_of(stated)
        for name in TYPES:
            covered = name == "integer" and "number" in allowed
            if name not in allowed and not covered:
                yield "type", name
    for keyword in _WHOLE:
        if keyword in stated:
            yield keyword, "*"
    if stated.get("uniqueItems"):
        yield "uniqueItems", "*"
    if stated.get("additionalProperties") is False:
        yield "additionalProperties", "*"


def types_of(stated: dict[str, Json]) -> list[str]:
    """Return the types that a schema allows; none stated is an empty list."""
    named = stated.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def found(value: Json, place: tuple[str, ...], at: str = "") -> Iterator[tuple[str, Json]]:
    """Yield where in `value` the tokens of `place` lead, and what stands there."""
    if not place:
        yield at, value
        return
    first, rest = place[0], place[1:]
    if first == EVERY:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from found(item, rest, join(at, index))
    elif isinstance(value, dict):
        item = value.get(first, MISSING)
        if item is not MISSING:
            yield from found(item, rest, join(at, first))


def fits(place: tuple[str, ...], tokens: list[str]) -> bool:
    """Say whether the tokens of a pointer are of `place`."""
    return len(place) == len(tokens) and all(
        wanted == token or (wanted == EVERY and token.isdecimal())
        for wanted, token in zip(place, tokens, strict=True)
    )
