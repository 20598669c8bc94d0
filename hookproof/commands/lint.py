"""`hookproof lint`: print all complaints about documents."""

import sys
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
from openapi.complaint import ContractError
from openapi.linting.linter import lint_file
from openapi.loading.loader import default_contract_path

EXIT_NO_COMPLAINTS = 0
EXIT_COMPLAINTS = 1


def run_lint(options: SimpleNamespace) -> int:
    """Print the complaints about each document; return the exit code."""
    files = [_lint(path) for path in options.contract or (None,)]
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


def _lint(path: Path | ContractUrl | None) -> LintedFile:
    """Return the complaints about the document at `path` (None: the shipped contract)."""
    shown = path.as_posix() if isinstance(path, Path) else str(path)
    if path is None:
        shown = "openapi/personal-access-tokens.yaml"
    try:
        return LintedFile(shown, lint_file(fetched(path) or default_contract_path()))
    except (CommandError, ContractError) as error:
        return LintedFile(shown, (), str(error))
