"""Linter: all complaints about a document, with their places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from openapi.complaint import Complaint
from openapi.contract import Contract
from openapi.linting.document import LintedDocument
from openapi.linting.rules import RULES, RULES_BY_ID
from openapi.loading.loader import (
    load_source,
    open_references,
    read_source,
    with_overlays,
    without_garbage_collection,
)
from openapi.parsing.document_file import read_document
from openapi.parsing.document_source import DocumentSource, DocumentText


@dataclass(frozen=True, slots=True)
class PlacedComplaint:
    """Complaint with line and column, from 1."""

    complaint: Complaint
    line: int
    column: int
    overlay: int = 0
    """Number of the overlay that has the place, from 1; 0: none."""


@dataclass(frozen=True, slots=True)
class Linted:
    """Result of lint: the complaints by rule and place, and the contract that is left."""

    complaints: tuple[PlacedComplaint, ...]
    contract: Contract


def lint_document(path: Path | DocumentText, overlays: Sequence[Path] = ()) -> Linted:
    """Return the result of lint for the document at `path` with `overlays`.

    Raise `ContractError` if it cannot be loaded at all.
    """
    with without_garbage_collection():
        return _lint(read_source(path, overlays), path if isinstance(path, Path) else None)


def lint_file(
    path: Path | DocumentText, overlays: Sequence[Path] = ()
) -> tuple[PlacedComplaint, ...]:
    """Return the complaints of `lint_document`; arguments and errors are the same."""
    return lint_document(path, overlays).complaints


def lint_text(name: str, text: str, *overlays: str) -> tuple[PlacedComplaint, ...]:
    """Return all complaints about a document and overlays without files, as above."""
    with without_garbage_collection():
        read = [read_document(f"{n}.overlay.yaml", one) for n, one in enumerate(overlays, 1)]
        return _lint(with_overlays(read_document(name, text), read), None).complaints


def _lint(source: DocumentSource, path: Path | None) -> Linted:
    # Loading changes what it reads, and rules about keys and examples need what the user wrote.
    changed = read_document(source.name, source.text).data
    loaded = load_source(replace(source, data=changed), path)
    stated = cast("dict[str, Any]", source.data)
    references = open_references(stated, path)
    document = LintedDocument(stated, references, loaded.contract, source.text)
    found = [*loaded.contract.complaints, *_apply_rules(document)]
    sources = {"": source, **loaded.referenced, **references.sources}
    placed = (_placed(sources[one.file], one) for one in found)
    # An alias of YAML repeats a fault at other pointers, but at one place of the text.
    distinct = {
        (
            *(one.complaint.rule, one.complaint.file, one.overlay, one.line, one.column),
            one.complaint.message,
        ): one
        for one in placed
    }
    order = {rule: number for number, rule in enumerate(RULES_BY_ID)}
    found_in_order = sorted(
        distinct.values(),
        key=lambda one: (
            order.get(one.complaint.rule, len(order)),
            one.complaint.file,
            one.overlay,
            one.line,
            one.column,
        ),
    )
    return Linted(tuple(found_in_order), loaded.contract)


def _apply_rules(document: LintedDocument) -> Iterator[Complaint]:
    for rule in RULES:
        for pointer, message, edit in rule.find(document) if rule.find else ():
            file, inside = document.split(pointer)
            yield Complaint(rule.level, rule.id, inside, message, edit, file=file)


def _placed(source: DocumentSource, complaint: Complaint) -> PlacedComplaint:
    if complaint.overlay:
        _, line, column = source.files[complaint.overlay].locate(complaint.pointer)
        return PlacedComplaint(complaint, line, column, complaint.overlay)
    overlay, line, column = source.locate(complaint.pointer)
    return PlacedComplaint(complaint, line, column, overlay)
