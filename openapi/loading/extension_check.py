"""Check of the `x-hookproof-` extensions against `contract.schema.json`.

An unknown or invalid extension is removed: what it states is then not judged, and a complaint says
so. The extensions of other vendors are passed over.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from openapi.json_pointer import join_pointer
from openapi.schemas.validation import compile_schema, format_checker

PREFIX = "x-hookproof-"
INTERNAL_KEYS = frozenset(["x-hookproof-files"])


@cache
def contract_schema() -> Mapping[str, Any]:
    """Return `contract.schema.json`, the strict schema of contracts."""
    found: dict[str, Any] = json.loads(
        files("openapi").joinpath("contract.schema.json").read_bytes()
    )
    return found


@cache
def _definition(kind: str) -> Mapping[str, Any]:
    """Return the strict schema of an object of `kind` (see `openapi.loading.structure`)."""
    whole = contract_schema()
    if kind == "document":
        return whole
    if kind == "webhook":
        found: Mapping[str, Any] = whole["$defs"]["webhook"]["properties"]["post"]
        return found
    return whole["$defs"].get(kind, {})  # type: ignore[no-any-return]


@cache
def _known_keys(kind: str) -> Mapping[str, Any]:
    """Return the schema of each key that an object of `kind` can have."""
    found: dict[str, Any] = {}
    pending = [_definition(kind)]
    while pending:
        schema = pending.pop()
        found = {**schema.get("properties", {}), **found}
        if "$ref" in schema:
            pending.append(contract_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
        combined = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
        pending += [*combined, *(schema[key] for key in ("then", "else") if key in schema)]
    return found


def check_extensions(
    kind: str, pointer: str, value: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Remove the invalid extensions of `value`; yield pointer, message and edit of each fault."""
    known = _known_keys(kind)
    for key in [key for key in value if key.startswith(PREFIX) and key not in INTERNAL_KEYS]:
        place = join_pointer(pointer, key)
        if key not in known:
            del value[key]
            names = [name for name in known if name.startswith(PREFIX)]
            guess = difflib.get_close_matches(key, names, 1)
            if guess:
                edit = f"write {guess[0]!r}"
            elif names:
                edit = f"remove it; a place of this kind can have {', '.join(names)}"
            else:
                edit = "remove it; a place of this kind has no extension"
            hint = f"; did you mean {guess[0]!r}?" if guess else ""
            yield place, f"unknown key {key!r}{hint}", edit
        elif not _compiled(kind, key).is_valid(value[key]):
            stated = value.pop(key)
            where, message = _explain(known[key], stated)
            edit = "correct the value, as docs/extensions.md describes it"
            yield join_pointer(place, *where), message, edit


@cache
def _compiled(kind: str, key: str) -> Any:
    schema = _known_keys(kind)[key]
    return compile_schema({**schema, "$defs": contract_schema()["$defs"]})


def _explain(schema: Mapping[str, Any], value: object) -> tuple[tuple[str | int, ...], str]:
    """Return the path within `value` of the deepest fault, and its message."""
    import jsonschema  # noqa: PLC0415 - slow to load, and a valid contract does not need it

    rooted = {**schema, "$defs": contract_schema()["$defs"]}
    validator = jsonschema.Draft202012Validator(rooted, format_checker=format_checker())
    deepest = max(validator.iter_errors(value), key=lambda error: len(error.absolute_path))
    leaf = jsonschema.exceptions.best_match([deepest])
    if leaf.validator == "additionalProperties" and isinstance(leaf.instance, dict):
        known = list(leaf.schema.get("properties", {}))
        strange = next(key for key in leaf.instance if key not in known)
        guess = difflib.get_close_matches(strange, known, 1)
        hint = f"did you mean {guess[0]!r}?" if guess else f"valid keys: {', '.join(known)}"
        return (*leaf.absolute_path, strange), f"unknown key {strange!r}; {hint}"
    return tuple(leaf.absolute_path), leaf.message[:300]
