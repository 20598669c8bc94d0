"""Reports of a run: the directory before it, the files and the summary after it."""

import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from contracts.model.settings import Settings
from contracts.receivers.trials.settings import ReceiverSettings
from hookproof.baseline import Baseline, apply_baseline
from hookproof.errors import EXIT_INTERRUPTED, CommandError
from hookproof.reports.contract_source import read_contract_source, with_places
from hookproof.reports.terminal import format_summary
from hookproof.reports.writer import remove_reports, write_reports
from openapi.contract import Json
from openapi.parsing.document_source import DocumentText
from openapi.redaction import Redaction
from openapi.terminal import terminal_console


def prepare_report_dir(directory: Path) -> None:
    """Create the directory; remove the reports of an earlier run, so that none outlives a kill."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_reports(directory)
    except OSError as error:
        raise CommandError(f"{directory}: cannot write the reports: {error.strerror}") from None


def finish_run(
    data: dict[str, Json],
    settings: Settings | ReceiverSettings,
    baseline: Baseline | None,
    *,
    whole: bool,
    early_end: str,
    interrupted: bool,
) -> int:
    """Apply the baseline, write the reports and print the verdict; return the exit code.

    `whole` says that nothing limited the run, so that a finding which it lacks is resolved.
    `early_end` says why the run ended before it had seen everything; empty if it did not.
    """
    if baseline is not None:
        data = apply_baseline(
            data,
            baseline,
            date.today(),
            strict=settings.strict,
            require_decided=settings.require_decided,
            whole=whole,
            early_end=Redaction(settings.secrets)(early_end),
        )
    if interrupted:
        data["exit_code"] = EXIT_INTERRUPTED
    _write_and_print(data, settings.report_dir, settings.contract, settings.overlays)
    return int(data["exit_code"])


def _write_and_print(
    data: dict[str, Json],
    directory: Path,
    contract: Path | DocumentText | None,
    overlays: Sequence[Path],
) -> None:
    """Print the verdict even if the reports cannot be written."""
    failure: OSError | None = None
    file = read_contract_source(contract, Path.cwd(), overlays)
    data = with_places(data, file)
    try:
        write_reports(data, directory, os.environ, file)
    except OSError as error:
        failure = error
    lines = format_summary(data, str(directory), terminal_console(sys.stdout))
    print("\n".join(lines), flush=True)
    if failure is not None:
        raise CommandError(f"{directory}: cannot write the reports: {failure.strerror}")
