"""What a service may refuse by mistake: the outermost values that a schema allows. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mock_server.faults.derived.mutations import plain
from mock_server.faults.derived.schema_walk import Part, found, types_of
from openapi.contract import Contract, Json
from openapi.schema_validation import type_name

_UNKNOWN = "unknownProperty"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Values of one place that are refused although the contract allows them."""

    words: tuple[str, ...]
    sentence: str
    refuses: Callable[[Json], bool]
    witness: Json
    """Such a value."""


def refusals(contract: Contract, part: Part, base: Json) -> Iterator[Refusal]:
    """Yield what may be refused at the place of `part`; `base` is a valid body.

    Some of it may be invalid or free after all: that is for the caller to see.
    """
    known = next((value for _, value in found(base, part.place)), None)
    yield from _texts(part)
    yield from _numbers(part)
    yield from _arrays(contract, part, known)
    yield from _objects(part, known)
    yield from _kinds(contract, part, known)


def _at(part: Part) -> str:
    return "".join(f"/{token}" for token in part.place) or "the body"


def _texts(part: Part) -> Iterator[Refusal]:
    stated = part.stated
    if "string" not in types_of(stated) or {"pattern", "format", "enum", "const"} & stated.keys():
        return
    lengths = {"minLength": stated.get("minLength", 0), "maxLength": stated.get("maxLength")}
    if lengths["minLength"] == lengths["maxLength"]:
        return
    for keyword, length in lengths.items():
        if length is not None:
            sentence = f"a text of {length} characters at {_at(part)}"
            test = _equals(lambda v: len(v) if isinstance(v, str) else None, length)
            yield Refusal((keyword, "tighter"), sentence, test, "a" * length)


def _numbers(part: Part) -> Iterator[Refusal]:
    for keyword in ("minimum", "maximum"):
        bound = part.stated.get(keyword)
        if bound is not None and part.stated.get("minimum") != part.stated.get("maximum"):
            sentence = f"{bound} at {_at(part)}"
            yield Refusal((keyword, "tighter"), sentence, _equals(_number, bound), bound)


def _number(value: Json) -> Json:
    return value if type_name(value) in ("integer", "number") else None


def _arrays(contract: Contract, part: Part, known: Json) -> Iterator[Refusal]:
    stated = part.stated
    if "array" not in types_of(stated):
        return
    counts = {"minItems": stated.get("minItems", 0), "maxItems": stated.get("maxItems")}
    if counts["minItems"] == counts["maxItems"]:
        return
    items = known if isinstance(known, list) and known else [plain(contract, stated.get("items"))]
    for keyword, count in counts.items():
        if count is not None:
            sentence = f"{count} items at {_at(part)}"
            test = _equals(lambda v: len(v) if isinstance(v, list) else None, count)
            witness = (items * count)[:count]
            yield Refusal((keyword, "tighter"), sentence, test, witness)


def _objects(part: Part, known: Json) -> Iterator[Refusal]:
    stated = part.stated
    listed = stated.get("properties", {})
    if not isinstance(known, dict) or not listed:
        return
    for name in listed:
        if name not in stated.get("required", ()):
            without = {key: value for key, value in known.items() if key != name}
            sentence = f"{_at(part)} without {name}"
            yield Refusal((name, "required"), sentence, _lacks(name), without)
    if "additionalProperties" not in stated and "patternProperties" not in stated:
        sentence = f"further properties of {_at(part)}"
        extended = {**known, _UNKNOWN: 1}
        yield Refusal(("further-properties", "refused"), sentence, _has_other(listed), extended)


def _kinds(contract: Contract, part: Part, known: Json) -> Iterator[Refusal]:
    stated = part.stated
    types = types_of(stated)
    values = stated.get("enum", [False, True] if "boolean" in types else [])
    for value in values if len(values) > 1 else ():
        sentence = f"{value!r} at {_at(part)}"
        yield Refusal(("value", str(value), "refused"), sentence, _is(value), value)
    for name in types if len(types) > 1 else ():
        stand_in = {"type": name, "items": stated.get("items", {})}
        witness = None if name == "null" else plain(contract, stand_in)
        witness = known if type_name(known) == name else witness
        sentence = f"a value of type {name} at {_at(part)}"
        yield Refusal(("type", name, "refused"), sentence, _of_type(name), witness)
    if part.optional and len(types) < 2 and part.place:
        witness = plain(contract, stated) if known is None else known
        yield Refusal(("refused",), f"{_at(part)}", lambda value: value is not None, witness)


def _equals(measure: Callable[[Json], Json], bound: Json) -> Callable[[Json], bool]:
    return lambda value: bool(measure(value) == bound)


def _is(wanted: Json) -> Callable[[Json], bool]:
    return lambda value: type(value) is type(wanted) and value == wanted


def _of_type(name: str) -> Callable[[Json], bool]:
    return lambda value: type_name(value) == name


def _lacks(name: str) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, dict) and name not in value


def _has_other(listed: Json) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, dict) and not value.keys() <= set(listed)
