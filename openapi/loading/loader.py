"""Contract loader: parse, normalise, build.

Any valid OpenAPI 3.0 or 3.1 document loads. A fault in it leaves out the operation, webhook or
constraint where it lies, and becomes a complaint; `hookproof lint` lists all of them.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import cast

from openapi.complaint import Complaint, ContractError
from openapi.contract import Contract, ContractFile, Json
from openapi.json_pointer import get_at, join_pointer, split_pointer, walk_values
from openapi.loading import extension_check
from openapi.loading.builder import Builder
from openapi.loading.consistency import (
    RESOURCE,
    duplicate_value_faults,
    resource_faults,
    trigger_faults,
)
from openapi.loading.normalization import (
    DEFAULT_SOURCE,
    Normalizer,
    add_defaults,
    add_named_sources,
)
from openapi.loading.references import References
from openapi.loading.trigger_defaults import add_trigger_defaults
from openapi.parsing.document_file import read_document, read_file
from openapi.parsing.document_source import DocumentSource, DocumentText

_EMPTY_DOCUMENT = '{"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}}'


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
        if complaint.overlay:
            source = self.source.files[complaint.overlay]
        return source.place(complaint.pointer)


def load_contract(
    path: Path | DocumentText | None = None, overlays: Sequence[Path] = ()
) -> Contract:
    """Load the contract at `path` or from a text (None: the shipped one), and apply `overlays`.

    Raise `ContractError` if it is no OpenAPI document, or an overlay is none. Faults in them are
    complaints of the contract.
    A test checks the shipped contract, so that it loads without normalisation.
    """
    if path is not None or overlays:
        return load_document(path, overlays).contract
    with without_garbage_collection():
        source = read_source()
        return _build(source, cast(dict[str, Json], source.data), ())


def load_document(
    path: Path | DocumentText | None, overlays: Sequence[Path] = ()
) -> LoadedDocument:
    """Load the contract with its sources; arguments and errors are as above."""
    with without_garbage_collection():
        source = read_source(path, overlays)
        return load_source(source, source.path)


def parse_document(name: str, text: str) -> LoadedDocument:
    """Parse a document without a file; raise `ContractError` with a position in `name`."""
    with without_garbage_collection():
        return load_source(read_document(name, text), None)


def parse_contract(name: str, text: str) -> Contract:
    """Parse a contract without a file; raise `ContractError` with a position in `name`."""
    return parse_document(name, text).contract


def empty_contract() -> Contract:
    """Return a contract without operations and webhooks, for deliveries of any kind."""
    return parse_contract("no contract", _EMPTY_DOCUMENT)


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


def read_source(
    path: Path | DocumentText | None = None, overlays: Sequence[Path] = ()
) -> DocumentSource:
    """Read a file or text (None: the shipped contract) with positions, and apply `overlays`.

    Raise `ContractError` if one is neither JSON nor YAML, or an overlay is none; do not check the
    document.
    """
    if isinstance(path, DocumentText):
        document = read_document(path.name, path.text)
    else:
        path = path or default_contract_path()
        document = read_file(path, path.name)
    return with_overlays(document, [read_file(overlay, overlay.name) for overlay in overlays])


def with_overlays(document: DocumentSource, overlays: Sequence[DocumentSource]) -> DocumentSource:
    """Return `document` with `overlays` applied; raise `ContractError` if one is no overlay."""
    if not overlays:
        return document
    # Most documents have no overlay, and this loads a library.
    from openapi.overlays.application import apply_overlays  # noqa: PLC0415

    return apply_overlays(document, overlays)


def load_source(source: DocumentSource, path: Path | None) -> LoadedDocument:
    """Load a parsed document, which this changes; raise `ContractError` as above.

    `path` is its file, or None if it has none.
    """
    document = _check_version(source)
    references = open_references(document, path)
    has_extensions = extension_check.PREFIX in source.text
    normalizer = Normalizer(document, references, has_extensions=has_extensions)
    normalizer.run()
    add_defaults(document)
    complaints = list(normalizer.complaints)
    if has_extensions:
        complaints += add_named_sources(document)
    if source.overlaying is not None:
        complaints += source.overlaying.complaints
    contract = _build(source, document, complaints)
    if has_extensions:
        contract = _without_inconsistent_events(contract)
        contract = _without_inconsistent_resources(contract, document)
        contract = _with_default_provenance(contract, document)
    contract = replace(contract, complaints=_located(contract.complaints, references))
    return LoadedDocument(contract, source, references.sources)


def open_references(document: dict[str, Json], path: Path | None) -> References:
    """Return the references of `document`, whose file is `path`; they read files on demand."""
    return References(document, path, read_file)


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


def _without_inconsistent_resources(contract: Contract, document: dict[str, Json]) -> Contract:
    """Leave out each `x-hookproof-resource` that does not fit the contract; complain about it."""
    complaints = [
        Complaint("error", "resource-statement", pointer, message, edit)
        for pointer, message, edit in resource_faults(contract)
    ]
    for one in complaints:
        above = split_pointer(one.pointer)
        operation = get_at(document, join_pointer("", *above[: above.index(RESOURCE)]))
        if isinstance(operation, dict):
            operation.pop(RESOURCE, None)
    return replace(contract, complaints=(*contract.complaints, *complaints))


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
        hint = "hookproof reads OpenAPI 3.0 and 3.1"
        if version is None and "overlay" in document:
            hint = "it is an overlay: pass it with --overlay, and its document as the contract"
        raise ContractError(f"{place}: {found}; {hint}")
    document["openapi"] = str(version)
    for key, kind in (("paths", dict), ("webhooks", dict), ("components", dict)):
        if key in document and not isinstance(document[key], kind):
            raise ContractError(f"{source.place(f'/{key}')}: {key} is not an object")
    return document


def _build(
    source: DocumentSource, document: dict[str, Json], complaints: Iterable[Complaint]
) -> Contract:
    builder = Builder(document)
    operations = builder.operations()
    add_trigger_defaults(document, operations)
    events = builder.events(operations)
    found = (*complaints, *builder.complaints)
    files = tuple(ContractFile(file.name, file.text) for file in source.files)
    return Contract(document, operations, events, source.text, found, files=files)


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
