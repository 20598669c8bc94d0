"""`hookproof lint`: print all complaints about documents."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from hookproof.contract_url import ContractUrl, fetched
from hookproof.errors import EXIT_ERROR, CommandError
from hookproof.output import print_json, print_remark
from hookproof.reports.complaints import (
    LintedFile,
    complaint_annotations,
    complaint_data,
    complaint_lines,
    complaint_sarif,
    count_levels,
)
from hookproof.reports.resources import resource_data
from openapi.complaint import ContractError
from openapi.linting.linter import lint_document
from openapi.loading.loader import default_contract_path
from openapi.overlays.overlay import extended_file, is_overlay, read_overlay
from openapi.parsing.document_file import read_file

EXIT_NO_COMPLAINTS = 0
EXIT_COMPLAINTS = 1


def run_lint(options: SimpleNamespace) -> int:
    """Print the complaints about each document; return the exit code."""
    files = [_lint(path, options.overlay) for path in options.contract or (None,)]
    code = exit_code(files, strict=options.strict)
    if options.format == "json":
        print_json(complaint_data(files))
    elif options.format == "sarif":
        # Only this format needs the version, and reports of runs load much.
        from hookproof.reports.writer import hookproof_version  # noqa: PLC0415

        print_json(complaint_sarif(files, hookproof_version(), code))
    else:
        lines = complaint_lines if options.format == "text" else complaint_annotations
        sys.stdout.writelines(f"{line}\n" for line in lines(files))
    for file in files:
        if file.unreadable:
            print_remark(file.unreadable)
    return code


def exit_code(files: list[LintedFile], *, strict: bool) -> int:
    """Return the exit code; a document that cannot be loaded takes precedence."""
    if any(file.unreadable for file in files):
        return EXIT_ERROR
    errors, warnings = count_levels(files)
    return EXIT_COMPLAINTS if errors or (strict and warnings) else EXIT_NO_COMPLAINTS


def _lint(path: Path | ContractUrl | None, overlays: Sequence[Path]) -> LintedFile:
    """Return the complaints about the document at `path` (None: the shipped contract).

    For an overlay at `path`, return those about the document that it extends.
    """
    shown = "openapi/personal-access-tokens.yaml"
    if path is not None:
        shown = path.as_posix() if isinstance(path, Path) else str(path)
    try:
        document = fetched(path) or default_contract_path()
        if isinstance(path, Path):
            document, overlays = _document_of(path, overlays)
            shown = document.as_posix()
        paths = tuple(overlay.as_posix() for overlay in overlays)
        linted = lint_document(document, overlays)
        resources = tuple(resource_data(shown, linted.contract))
        return LintedFile(shown, linted.complaints, overlays=paths, resources=resources)
    except (CommandError, ContractError) as error:
        return LintedFile(shown, (), str(error))


def _document_of(path: Path, overlays: Sequence[Path]) -> tuple[Path, Sequence[Path]]:
    """Return the document to lint and its overlays: what an overlay at `path` extends, and it."""
    source = read_file(path, path.name)
    if not is_overlay(source.data):
        return path, overlays
    extended = extended_file(read_overlay(source, 1).extends, path)
    if extended is None:
        hint = f"pass its document, and --overlay {shlex.quote(str(path))}"
        raise ContractError(f"{source.place('')}: an overlay that extends no file: {hint}")
    return extended, (path, *overlays)
