"""Writer of the reports: files, GitHub annotations and step summary."""

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path

from hookproof.reports.contract_source import ContractSource
from hookproof.reports.github import MAX_SUMMARY_BYTES, annotations, step_summary
from hookproof.reports.junit import junit
from hookproof.reports.sarif import ReportFile, sarif
from openapi.contract import Json
from openapi.files.atomic_file import write_atomically


def write_reports(
    data: dict[str, Json],
    directory: Path,
    environment: Mapping[str, str],
    file: ContractSource | None,
) -> None:
    """Write the four reports into `directory`, under GitHub Actions also annotations and summary.

    `file` is the contract of the run; None if it is not readable. `OSError` if a file cannot be
    written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in render_reports(data, file, directory).items():
        write_atomically(directory / name, text)
    if environment.get("GITHUB_ACTIONS") == "true":
        print("\n".join(annotations(data, file)), flush=True)
    if environment.get("GITHUB_STEP_SUMMARY"):
        _append_step_summary(Path(environment["GITHUB_STEP_SUMMARY"]), data)


REPORT_NAMES = ("report.json", "junit.xml", "report.html", "report.sarif")


def remove_reports(directory: Path) -> None:
    """Remove the reports of an earlier run from `directory`, and nothing else; `OSError`."""
    for name in REPORT_NAMES:
        (directory / name).unlink(missing_ok=True)


def render_reports(
    data: dict[str, Json], file: ContractSource | None, directory: Path
) -> dict[str, str]:
    """Return the text of each report by its file name; `directory` is where they will be."""
    from hookproof.reports.html import page  # noqa: PLC0415 - only this report needs jinja2

    text = json.dumps(_without_non_finite(data), indent=2, allow_nan=False) + "\n"
    report = ReportFile(_path_from_here(directory / "report.json"), text)
    texts = (
        text,
        junit(data),
        page(data, hookproof_version()),
        json.dumps(sarif(data, file, hookproof_version(), report), indent=2) + "\n",
    )
    return dict(zip(REPORT_NAMES, texts, strict=True))


def _path_from_here(path: Path) -> str:
    """Return the path from the working directory, or an absolute one of another directory."""
    here, absolute = Path.cwd().resolve(), path.resolve()
    below = absolute.is_relative_to(here)
    return (absolute.relative_to(here) if below else absolute).as_posix()


def _without_non_finite(value: Json) -> Json:
    """Return `value` with infinite numbers as text: JSON cannot express them, but 1e999 parses."""
    if isinstance(value, dict):
        return {key: _without_non_finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_non_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def hookproof_version() -> str:
    """Return the version of hookproof, or `0` in a checkout that is not installed."""
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "0"


def _append_step_summary(path: Path, data: dict[str, Json]) -> None:
    taken = path.stat().st_size if path.exists() else 0
    with path.open("a", encoding="utf-8", newline="\n") as summary:
        summary.write(step_summary(data, max(MAX_SUMMARY_BYTES - taken, 0)))
