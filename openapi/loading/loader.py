"""Contract loader: parse, check against `contract.schema.json`, build.

`contract.schema.json` is the part of OpenAPI 3.1 that hookproof uses, with the extensions of
docs/extensions.md. Anything else in a document is an error, because hookproof would silently not
check it.
"""

import difflib
import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

from openapi.contract import Contract, Json
from openapi.formats import FORMATS
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer, walk_values
from openapi.loading.builder import build_events, build_operations
from openapi.loading.consistency import inconsistencies
from openapi.loading.yaml_source import ContractError, YamlSource, read_yaml
from openapi.schema_validation import compile_schema, format_checker

if TYPE_CHECKING:
    import jsonschema


def default_contract_path() -> Path:
    """Return the path of the shipped contract."""
    return Path(str(files("openapi").joinpath("personal-access-tokens.yaml")))


def load_contract(path: Path | None = None) -> Contract:
    """Load the contract at `path` (None: the shipped one); raise `ContractError`.

    A test checks the shipped contract, so that it loads without the validator of the schema.
    """
    with _without_garbage_collection():
        source = read_contract_yaml(path)
        return _build_contract(source) if path is None else _check_contract(source)


def parse_contract(name: str, text: str) -> Contract:
    """Parse a contract; raise `ContractError` with a position in `name`."""
    with _without_garbage_collection():
        return _check_contract(read_yaml(name, text))


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect no garbage: a contract is thousands of values that stay, and each is looked at.

    With 300 operations, collections take 40 % of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_contract_yaml(path: Path | None = None) -> YamlSource:
    """Read the file at `path` (None: the shipped contract) with positions.

    Raise `ContractError` if it is not YAML; do not check the document.
    """
    path = path or default_contract_path()
    try:
        # read_text would change the line ends.
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}") from None
    return read_yaml(path.name, text)


def _build_contract(source: YamlSource) -> Contract:
    document = cast(dict[str, Json], source.data)
    return Contract(document, build_operations(document), build_events(document), source.text)


def _check_contract(source: YamlSource) -> Contract:
    for complaint in _schema_errors(source):
        raise ContractError(complaint)
    contract = _build_contract(source)
    for complaint in _consistency_errors(contract, source):
        raise ContractError(complaint)
    return contract


@lru_cache(maxsize=1)
def _contract_schema() -> Json:
    return json.loads(files("openapi").joinpath("contract.schema.json").read_bytes())


def _schema_errors(source: YamlSource) -> Iterator[str]:
    # Much faster than jsonschema, but without reasons.
    if not compile_schema(_contract_schema()).is_valid(source.data):
        yield from _explain_schema_errors(source)


def _explain_schema_errors(source: YamlSource) -> Iterator[str]:
    import jsonschema  # noqa: PLC0415 - slow to load, and a valid contract does not need it

    def deepest_first(error: "jsonschema.ValidationError") -> tuple[int, tuple[int, int]]:
        # Sort errors of one depth by position: jsonschema does not.
        return -len(error.absolute_path), source.position(join_pointer("", *error.absolute_path))

    validator = jsonschema.Draft202012Validator(_contract_schema(), format_checker=format_checker())
    for error in sorted(validator.iter_errors(source.data), key=deepest_first):
        leaf = jsonschema.exceptions.best_match([error])
        pointer = join_pointer("", *leaf.absolute_path)
        if leaf.validator == "additionalProperties" and isinstance(leaf.instance, dict):
            known = list(leaf.schema.get("properties", {}))
            strange = next(key for key in leaf.instance if key not in known)
            guess = difflib.get_close_matches(strange, known, 1)
            hint = f"did you mean {guess[0]!r}?" if guess else f"valid keys: {', '.join(known)}"
            place = source.place(join_pointer(pointer, strange))
            yield f"{place}: unknown key {strange!r}; {hint}"
        else:
            yield f"{source.place(pointer)}: {leaf.message[:300]}"


def _consistency_errors(contract: Contract, source: YamlSource) -> Iterator[str]:
    """Yield errors that `contract.schema.json` cannot find: references, formats, sources."""
    sources = contract.document["x-hookproof-sources"]
    for pointer, value in walk_values(contract.document):
        last = pointer.rpartition("/")[2]
        if last not in ("$ref", "format", "source") and "x-hookproof-provenance" not in pointer:
            continue  # Most values need no check, and to split each pointer takes time.
        tokens = split_pointer(pointer)
        above = tokens[-2] if len(tokens) > 1 else ""
        if "example" in tokens or "examples" in tokens or above == "properties":
            continue
        if last == "$ref" and get_at(contract.document, str(value)) is MISSING:
            yield f"{source.place(pointer)}: there is nothing at {value!r}"
        if last == "format" and above != "x-hookproof-provenance" and value not in FORMATS:
            known = ", ".join(sorted(FORMATS))
            yield f"{source.place(pointer)}: unknown format {value!r}; choose one of {known}"
        stated = last == "source" or "x-hookproof-provenance" in tokens
        if stated and isinstance(value, str) and value.partition(":")[0] not in sources:
            yield f"{source.place(pointer)}: {value!r} is not a source in x-hookproof-sources"
    for pointer, sentence in inconsistencies(contract):
        yield f"{source.place(pointer)}: {sentence}"
    for pointer in constraint_pointers(contract):
        try:
            contract.provenance(pointer)
        except LookupError:
            yield f"{source.place(pointer)}: a constraint without x-hookproof-provenance"


# fmt: off
_CONSTRAINT_KEYWORDS = frozenset([
    "type", "const", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "format", "maxItems", "minItems",
    "uniqueItems", "maxProperties", "minProperties", "required", "x-hookproof-unique",
    "x-hookproof-secret", "x-hookproof-credential", "x-hookproof-signature",
])
# fmt: on
_NOT_CONSTRAINTS = frozenset(["example", "examples", "x-hookproof-allowed-rejections"])


def constraint_pointers(contract: Contract) -> Iterator[str]:
    """Yield the pointer of every constraint that a service can violate."""
    for pointer, value in walk_values(contract.document):
        if pointer.rpartition("/")[2] not in _CONSTRAINT_KEYWORDS:
            continue
        tokens = split_pointer(pointer)
        if len(tokens) < 3 or not _NOT_CONSTRAINTS.isdisjoint(tokens):
            continue
        named = tokens[-2] in ("properties", "headers", "schemas", "securitySchemes")
        if not named and not isinstance(value, dict | None):
            yield pointer
