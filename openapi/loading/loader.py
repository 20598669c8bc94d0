"""Contract loader: parse, normalise, build.

Any valid OpenAPI 3.0 or 3.1 document loads. A fault in it leaves out the operation, webhook or
constraint where it lies, and becomes a complaint; `hookproof lint` lists all of them.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import cast

from openapi.complaint import Complaint, ContractError
from openapi.contract import Contract, Json
from openapi.json_pointer import split_pointer, walk_values
from openapi.loading import extension_check
from openapi.loading.builder import Builder
from openapi.loading.consistency import duplicate_value_faults, trigger_faults
from openapi.loading.document_source import DocumentSource, DocumentText
from openapi.loading.json_source import read_json
from openapi.loading.normalization import DEFAULT_SOURCE, Normalizer, add_defaults
from openapi.loading.references import References
from openapi.loading.yaml_source import read_yaml


def default_contract_path() -> Path:
    """Return the path of the shipped contract."""
    return Path(str(files("openapi").joinpath("personal-access-tokens.yaml")))


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """Contract, and the files that it was read from."""

    contract: Contract
    source: DocumentSource
    referenced: Mapping[str, DocumentSource]
    """Source of each referenced file, by its path below the document's folder."""

    def place(self, complaint: Complaint) -> str:
        """Return `file:line:column (pointer)` of a complaint."""
        source = self.referenced[complaint.file] if complaint.file else self.source
        return source.place(complaint.pointer)


def load_contract(path: Path | DocumentText | None = None) -> Contract:
    """Load the contract at `path`, or from a text (None: the shipped one).

    Raise `ContractError` if it is no OpenAPI document. Faults in it are complaints of the contract.
    A test checks the shipped contract, so that it loads without normalisation.
    """
    if path is not None:
        return load_document(path).contract
    with without_garbage_collection():
        source = read_source()
        return _build(source, cast(dict[str, Json], source.data), ())


def load_document(path: Path | DocumentText) -> LoadedDocument:
    """Load the contract at `path` with its sources; raise `ContractError` as above."""
    with without_garbage_collection():
        return load_source(read_source(path), path if isinstance(path, Path) else None)


def parse_document(name: str, text: str) -> LoadedDocument:
    """Parse a document without a file; raise `ContractError` with a position in `name`."""
    with without_garbage_collection():
        return load_source(read_document(name, text), None)


def parse_contract(name: str, text: str) -> Contract:
    """Parse a contract without a file; raise `ContractError` with a position in `name`."""
    return parse_document(name, text).contract


@contextmanager
def without_garbage_collection() -> Iterator[None]:
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


def read_source(path: Path | DocumentText | None = None) -> DocumentSource:
    """Read the file at `path`, or a text (None: the shipped contract), with positions.

    Raise `ContractError` if it is neither JSON nor YAML; do not check the document.
    """
    if isinstance(path, DocumentText):
        return read_document(path.name, path.text)
    path = path or default_contract_path()
    return _read_file(path, path.name)


def _read_file(path: Path, name: str) -> DocumentSource:
    try:
        # read_text would change the line ends.
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}") from None
    return read_document(name, text)


def read_document(name: str, text: str) -> DocumentSource:
    """Parse `text` as JSON where it is JSON, else as YAML; raise `ContractError`."""
    if text.lstrip()[:1] == "{":
        try:
            return read_json(name, text)
        except json.JSONDecodeError as error:
            if name.lower().endswith(".json"):
                where = f"{name}:{error.lineno}:{error.colno}" if error.doc else name
                raise ContractError(f"{where}: not JSON: {error.msg}") from None
    return read_yaml(name, text)


def load_source(source: DocumentSource, path: Path | None) -> LoadedDocument:
    """Load a parsed document, which this changes; raise `ContractError` as above.

    `path` is its file, or None if it has none.
    """
    document = _check_version(source)
    references = open_references(document, path)
    has_extensions = extension_check.PREFIX in source.text
    normalizer = Normalizer(document, references, has_extensions=has_extensions)
    normalizer.run()
    complaints = [*normalizer.complaints, *add_defaults(document)]
    contract = _build(source, document, complaints)
    if has_extensions:
        contract = _without_inconsistent_events(contract)
        contract = _with_default_provenance(contract, document)
    contract = replace(contract, complaints=_located(contract.complaints, references))
    return LoadedDocument(contract, source, references.sources)


def open_references(document: dict[str, Json], path: Path | None) -> References:
    """Return the references of `document`, whose file is `path`; they read files on demand."""
    return References(document, path, _read_file)


def _located(complaints: Sequence[Complaint], references: References) -> tuple[Complaint, ...]:
    """Return `complaints` with their files, and each fault of a reference only once.

    The complaint about an operation or webhook that needs a broken reference has the reason, and
    replaces the complaint about the reference alone.
    """
    needed = {
        (one.rule, one.pointer) for one in complaints if one.disables in ("operation", "webhook")
    }
    reasons = {
        (one.rule, one.pointer): (one.message, one.edit)
        for one in complaints
        if not one.disables and (one.rule, one.pointer) in needed
    }
    found = []
    for one in complaints:
        reason = reasons.get((one.rule, one.pointer))
        if reason and not one.disables:
            continue
        message, edit = reason or (one.message, one.edit)
        file, pointer = references.split(one.pointer)
        found.append(replace(one, message=message, edit=edit, pointer=pointer, file=file))
    return tuple(found)


def _without_inconsistent_events(contract: Contract) -> Contract:
    """Leave out events whose trigger does not fit the contract; complain about each misfit."""
    faults = [*trigger_faults(contract)]
    left_out = {event for event, _, _ in faults}
    complaints = [
        Complaint("error", "trigger", pointer, message, "correct the trigger", "webhook")
        for _, pointer, message in faults
    ]
    edit = "name a property of the body or a parameter"
    complaints += [
        Complaint("error", "duplicate-values", pointer, message, edit, "constraint")
        for pointer, message in duplicate_value_faults(contract)
    ]
    return replace(
        contract,
        events=tuple(event for event in contract.events if event.name not in left_out),
        complaints=(*contract.complaints, *complaints),
    )


def _with_default_provenance(contract: Contract, document: dict[str, Json]) -> Contract:
    """Complain about constraints without provenance, and give them that of the document."""
    complaints = []
    for pointer in constraint_pointers(contract):
        try:
            contract.provenance(pointer)
        except LookupError:
            message, edit = "a constraint without x-hookproof-provenance", "state its source"
            complaints.append(Complaint("error", "provenance", pointer, message, edit))
    if complaints:
        source = {"level": "documented", "title": f"The document: {document['info']['title']}"}
        document["x-hookproof-sources"].setdefault(DEFAULT_SOURCE, source)
        document["x-hookproof-provenance"] = DEFAULT_SOURCE
    return replace(contract, complaints=(*contract.complaints, *complaints))


def _check_version(source: DocumentSource) -> dict[str, Json]:
    """Return the document; raise `ContractError` if it is not OpenAPI 3.0 or 3.1."""
    document = source.data
    if not isinstance(document, dict):
        raise ContractError(f"{source.place('')}: an OpenAPI document is an object")
    version = document.get("openapi", document.get("swagger"))
    if not isinstance(version, str | int | float) or not str(version).startswith(("3.0", "3.1")):
        place = source.place("/openapi")
        found = f"openapi is {version!r}" if version is not None else "there is no `openapi`"
        raise ContractError(f"{place}: {found}; hookproof reads OpenAPI 3.0 and 3.1")
    document["openapi"] = str(version)
    for key, kind in (("paths", dict), ("webhooks", dict), ("components", dict)):
        if key in document and not isinstance(document[key], kind):
            raise ContractError(f"{source.place(f'/{key}')}: {key} is not an object")
    return document


def _build(
    source: DocumentSource, document: dict[str, Json], complaints: Iterable[Complaint]
) -> Contract:
    builder = Builder(document)
    operations, events = builder.operations(), builder.events()
    found = (*complaints, *builder.complaints)
    return Contract(document, operations, events, source.text, found)


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
