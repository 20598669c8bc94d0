"""Loading a contract, and refusing what is not understood.

What is understood is `contract.schema.json`: OpenAPI 3.1 without the parts that hookproof does not
use, with the x- extensions of docs/vocabulary.md. Whatever else stands in a document is an error,
because a constraint that nobody reads is a constraint that nobody checks.
"""

import difflib
import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import cast

import jsonschema
import jsonschema_rs

from openapi.contract import Contract, Json
from openapi.formats import FORMATS
from openapi.json_pointer import MISSING, get, join, split
from openapi.loading.builder import events, operations
from openapi.loading.consistency import misfits
from openapi.loading.yaml_source import ContractError, Source, read
from openapi.schema_validation import CHECKER


def default_path() -> Path:
    """Return the file of the contract that ships with hookproof."""
    return Path(str(files("openapi").joinpath("personal-access-tokens.yaml")))


def load(path: Path | None = None) -> Contract:
    """Read the contract at `path` (the one that ships, if None); raise `ContractError`."""
    return _understood(source(path))


def parse(name: str, text: str) -> Contract:
    """Make a contract of `text`; raise `ContractError` with a place in `name`."""
    return _understood(read(name, text))


def source(path: Path | None = None) -> Source:
    """Read the file at `path` (the contract that ships, if None), with the place of every value.

    `ContractError` if there is no YAML to read; whether it is a contract is not asked.
    """
    path = path or default_path()
    try:
        # Not read_text, which would change the ends of lines.
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}") from None
    return read(path.name, text)


def _understood(source: Source) -> Contract:
    for complaint in _complaints(source):
        raise ContractError(complaint)
    document = cast(dict[str, Json], source.data)
    contract = Contract(document, operations(document), events(document), source.text)
    for complaint in _unsound(contract, source):
        raise ContractError(complaint)
    return contract


@lru_cache(maxsize=1)
def _dialect() -> Json:
    return json.loads(files("openapi").joinpath("contract.schema.json").read_bytes())


def _complaints(source: Source) -> Iterator[str]:
    compiled = jsonschema_rs.Draft202012Validator(
        _dialect(), formats=FORMATS, validate_formats=True, ignore_unknown_formats=False
    )
    if not compiled.is_valid(source.data):  # far quicker, and gives no reasons
        yield from _explained(source)


def _explained(source: Source) -> Iterator[str]:
    def deepest_first(error: jsonschema.ValidationError) -> tuple[int, tuple[int, int]]:
        # Those of one depth as they stand in the file: jsonschema has no order of its own.
        return -len(error.absolute_path), source.position(join("", *error.absolute_path))

    validator = jsonschema.Draft202012Validator(_dialect(), format_checker=CHECKER)
    for error in sorted(validator.iter_errors(source.data), key=deepest_first):
        leaf = jsonschema.exceptions.best_match([error])
        pointer = join("", *leaf.absolute_path)
        if leaf.validator == "additionalProperties" and isinstance(leaf.instance, dict):
            known = list(leaf.schema.get("properties", {}))
            strange = next(key for key in leaf.instance if key not in known)
            guess = difflib.get_close_matches(strange, known, 1)
            hint = f"did you mean {guess[0]!r}?" if guess else f"known are {', '.join(known)}"
            yield f"{source.place(join(pointer, strange))}: {strange!r} is not understood; {hint}"
        else:
            yield f"{source.place(pointer)}: {leaf.message[:300]}"


def _unsound(contract: Contract, source: Source) -> Iterator[str]:
    """Yield what the JSON Schema of the dialect cannot see: references, formats, sources."""
    sources = contract.document["x-sources"]
    for pointer, value in _walk(contract.document, ""):
        tokens = split(pointer)
        last, above = tokens[-1] if tokens else "", tokens[-2] if len(tokens) > 1 else ""
        if "example" in tokens or "examples" in tokens or above == "properties":
            continue
        if last == "$ref" and get(contract.document, str(value)) is MISSING:
            yield f"{source.place(pointer)}: there is nothing at {value!r}"
        if last == "format" and above != "x-provenance" and value not in FORMATS:
            known = ", ".join(sorted(FORMATS))
            yield f"{source.place(pointer)}: no checker for the format {value!r}; known are {known}"
        stated = last == "source" or "x-provenance" in tokens
        if stated and isinstance(value, str) and value.partition(":")[0] not in sources:
            yield f"{source.place(pointer)}: {value!r} names no source of x-sources"
    for pointer, sentence in misfits(contract):
        yield f"{source.place(pointer)}: {sentence}"
    for pointer in constraints(contract):
        try:
            contract.provenance(pointer)
        except LookupError:
            yield f"{source.place(pointer)}: a constraint without x-provenance"


_CONSTRAINING = frozenset(
    [
        "type",
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
        "uniqueItems",
        "maxProperties",
        "minProperties",
        "required",
        "x-unique",
        "x-secret",
        "x-credential",
        "x-signature",
    ]
)


def constraints(contract: Contract) -> Iterator[str]:
    """Yield the pointer of every constraint: what a service can break."""
    for pointer, value in _walk(contract.document, ""):
        tokens = split(pointer)
        if (
            not tokens
            or {"example", "examples"} & {*tokens}
            or "x-freedoms" in tokens
            or len(tokens) < 3
        ):
            continue
        named = tokens[-2] in ("properties", "headers", "schemas", "securitySchemes")
        if tokens[-1] in _CONSTRAINING and not named and not isinstance(value, dict | None):
            yield pointer


def _walk(value: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    yield pointer, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, join(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, join(pointer, index))
