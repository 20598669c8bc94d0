"""Linter: all complaints about a document, with their places."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from openapi.complaint import Complaint
from openapi.linting.document import LintedDocument
from openapi.linting.rules import RULES, RULES_BY_ID
from openapi.loading.document_source import DocumentSource, DocumentText
from openapi.loading.loader import (
    load_source,
    open_references,
    read_document,
    read_source,
    without_garbage_collection,
)


@dataclass(frozen=True, slots=True)
class PlacedComplaint:
    """Complaint with line and column, from 1."""

    complaint: Complaint
    line: int
    column: int


def lint_file(path: Path | DocumentText) -> tuple[PlacedComplaint, ...]:
    """Return all complaints about the document at `path`, by rule and place.

    Raise `ContractError` if it cannot be loaded at all.
    """
    with without_garbage_collection():
        return _lint(read_source(path), path if isinstance(path, Path) else None)


def lint_text(name: str, text: str) -> tuple[PlacedComplaint, ...]:
    """Return all complaints about a document without a file, as above."""
    with without_garbage_collection():
        return _lint(read_document(name, text), None)


def _lint(source: DocumentSource, path: Path | None) -> tuple[PlacedComplaint, ...]:
    # Loading changes what it reads, and rules about keys and examples need what the user wrote.
    loaded = load_source(read_document(source.name, source.text), path)
    stated = cast("dict[str, Any]", source.data)
    references = open_references(stated, path)
    document = LintedDocument(stated, references, loaded.contract, source.text)
    found = [*loaded.contract.complaints, *_apply_rules(document)]
    sources = {"": source, **loaded.referenced, **references.sources}
    placed = (_placed(sources[one.file], one) for one in found)
    # An alias of YAML repeats a fault at other pointers, but at one place of the text.
    distinct = {
        (one.complaint.rule, one.complaint.file, one.line, one.column, one.complaint.message): one
        for one in placed
    }
    order = {rule: number for number, rule in enumerate(RULES_BY_ID)}
    return tuple(
        sorted(
            distinct.values(),
            key=lambda one: (
                order.get(one.complaint.rule, len(order)),
                one.complaint.file,
                one.line,
                one.column,
            ),
        )
    )


def _apply_rules(document: LintedDocument) -> Iterator[Complaint]:
    for rule in RULES:
        for pointer, message, edit in rule.find(document) if rule.find else ():
            file, inside = document.split(pointer)
            yield Complaint(rule.level, rule.id, inside, message, edit, file=file)


def _placed(source: DocumentSource, complaint: Complaint) -> PlacedComplaint:
    return PlacedComplaint(complaint, *source.position(complaint.pointer))
