"""Types of the fields of OpenAPI objects, so that loading meets no value of another type."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from openapi.loading.structure import FIELDS, Field


class WrongType(NamedTuple):
    """Value of another type than OpenAPI has at its place."""

    path: tuple[str, ...]
    """Path from the object."""
    message: str
    edit: str
    kind: str
    """Kind of the object that should be there."""


def remove_wrong_types(kind: str, value: dict[str, Any]) -> Iterator[WrongType]:
    """Remove what is no object in the fields of an object of `kind`; yield each removal.

    A removed item of a list becomes an empty object, because the others keep their pointers.
    Schemas are not checked here: `schema_dialect` removes their keywords.
    """
    fields = FIELDS.get(kind, {})
    for key in [key for key in value if key in fields or key == "security"]:
        if key == "security":
            if kind in ("document", "operation") and not _is_security(value[key]):
                stated, expected = value.pop(key), "an array of security requirement objects"
                yield describe_wrong_type((key,), stated, expected, "security")
            continue
        yield from _remove_wrong_objects(key, value, fields[key])


def _is_security(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and all(isinstance(scopes, list) for scopes in one.values())
        for one in value
    )


def _remove_wrong_objects(key: str, value: dict[str, Any], field: Field) -> Iterator[WrongType]:
    stated, expected = value[key], object_phrase(field.kind)
    plural = f"{field.kind.replace('-', ' ')} objects"
    types = (dict, bool) if field.kind == "schema" else (dict,)
    if field.shape == "one":
        if not isinstance(stated, types):
            del value[key]
            yield describe_wrong_type((key,), stated, expected, field.kind)
    elif field.shape == "map":
        if not isinstance(stated, dict):
            del value[key]
            yield describe_wrong_type((key,), stated, f"an object of {plural}", field.kind)
            return
        for name in [name for name, item in stated.items() if not isinstance(item, types)]:
            if not name.startswith("x-"):
                yield describe_wrong_type((key, name), stated.pop(name), expected, field.kind)
    elif not isinstance(stated, list):
        del value[key]
        yield describe_wrong_type((key,), stated, f"an array of {plural}", field.kind)
    else:
        for number, item in enumerate(stated):
            if not isinstance(item, types):
                stated[number] = {}
                yield describe_wrong_type((key, str(number)), item, expected, field.kind)


def describe_wrong_type(
    path: tuple[str, ...], value: Any, expected: str, kind: str = ""
) -> WrongType:
    """Return the fault of `value` at `path`, where `expected` should be."""
    shown = {dict: "an object", list: "an array", type(None): "null"}.get(type(value), repr(value))
    shown = shown if len(shown) <= 60 else f"{shown[:50]}..."
    return WrongType(path, f"{shown} is not {expected}", f"write {expected}", kind)


def object_phrase(kind: str) -> str:
    """Return the name of an object with its article, such as `a media type object`."""
    if kind == "document":
        return "the document"
    article = "an" if kind[0] in "aeiox" else "a"
    return f"{article} {kind.replace('-', ' ')} object"
