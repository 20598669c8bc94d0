"""Complaints of lint as text, JSON, SARIF and annotations of GitHub Actions. Pure."""

import hashlib
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hookproof.reports.annotation import MAX_ANNOTATIONS, annotation
from hookproof.reports.resources import resource_lines
from hookproof.reports.sarif_log import sarif_location, sarif_log
from hookproof.reports.wording import pluralize
from openapi.contract import Json
from openapi.linting.linter import PlacedComplaint
from openapi.linting.rules import RULES_BY_ID
from openapi.safe_text import escape_ci_command, escape_hidden


@dataclass(frozen=True, slots=True)
class LintedFile:
    """Document that lint has read, or could not read."""

    path: str
    """Path as the user gave it, with forward slashes."""
    complaints: tuple[PlacedComplaint, ...]
    unreadable: str = ""
    """Reason why the document cannot be loaded at all; empty if it can."""
    overlays: tuple[str, ...] = ()
    """Paths of the overlays, likewise."""
    resources: tuple[dict[str, Json], ...] = ()
    """Resources of the contract, as `resource_data` returns them."""

    def path_of(self, placed: PlacedComplaint) -> str:
        """Return the path of the file that has the place of a complaint."""
        if placed.overlay:
            return self.overlays[placed.overlay - 1]
        folder, file = posixpath.dirname(self.path), placed.complaint.file
        return posixpath.normpath(posixpath.join(folder, file)) if file else self.path


def count_levels(files: Iterable[LintedFile]) -> tuple[int, int]:
    """Return the number of errors and of warnings."""
    levels = [placed.complaint.level for file in files for placed in file.complaints]
    return levels.count("error"), levels.count("warning")


def complaint_lines(files: Sequence[LintedFile]) -> Iterator[str]:
    """Yield lines of text: complaints of each file by rule, its resources, and the counts."""
    for file in files:
        if file.unreadable:
            continue
        for rule, group in groupby(file.complaints, lambda placed: placed.complaint.rule):
            found = [*group]
            number = pluralize(len(found), found[0].complaint.level)
            yield f"{rule} ({number}): {_description(rule)}"
            for placed in found:
                one, path = placed.complaint, file.path_of(placed)
                place = f"{path}:{placed.line}:{placed.column} ({one.pointer or 'the document'})"
                yield escape_ci_command(escape_hidden(f"  {place}: {one.message}"))
                yield escape_ci_command(escape_hidden(f"    edit: {one.edit}"))
            yield ""
        if file.resources:
            yield from resource_lines(file.resources)
            yield ""
        errors, warnings = count_levels([file])
        counts = f"{pluralize(errors, 'error')}, {pluralize(warnings, 'warning')}"
        yield escape_ci_command(escape_hidden(f"{file.path}: {counts}"))


def complaint_data(files: Sequence[LintedFile]) -> dict[str, Json]:
    """Return the complaints, and the resources, as JSON data."""
    errors, warnings = count_levels(files)
    return {
        "errors": errors,
        "warnings": warnings,
        "unreadable": [file.unreadable for file in files if file.unreadable],
        "complaints": [
            {
                "rule": placed.complaint.rule,
                "level": placed.complaint.level,
                "file": file.path_of(placed),
                "line": placed.line,
                "column": placed.column,
                "pointer": placed.complaint.pointer,
                "message": placed.complaint.message,
                "edit": placed.complaint.edit,
                "disables": placed.complaint.disables or None,
            }
            for file in files
            for placed in file.complaints
        ],
        "resources": [resource for file in files for resource in file.resources],
    }


def complaint_sarif(files: Sequence[LintedFile], release: str, exit_code: int) -> dict[str, Json]:
    """Return the complaints as SARIF data; `release` is the version of hookproof."""
    known = [
        *dict.fromkeys([*RULES_BY_ID, *(one.complaint.rule for f in files for one in f.complaints)])
    ]
    unreadable = [file.unreadable for file in files if file.unreadable]
    invocation: dict[str, Json] = {"executionSuccessful": not unreadable, "exitCode": exit_code}
    if unreadable:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": escape_hidden(text)}} for text in unreadable
        ]
    rules = [{"id": rule, "shortDescription": {"text": _description(rule)}} for rule in known]
    results = [
        _sarif_result(placed, file.path_of(placed), known)
        for file in files
        for placed in file.complaints
    ]
    return sarif_log(release, rules, invocation, results)


def _sarif_result(placed: PlacedComplaint, path: str, rules: Sequence[str]) -> dict[str, Json]:
    one = placed.complaint
    identity = "\n".join((one.rule, path, one.pointer, one.message))
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    return {
        "ruleId": one.rule,
        "ruleIndex": rules.index(one.rule),
        "level": one.level,
        "message": {"text": escape_hidden(f"{one.message}; edit: {one.edit}")},
        "locations": [sarif_location(path, placed.line, placed.column, one.pointer)],
        "partialFingerprints": {"hookproofLint/v1": digest[:16]},
    }


def complaint_annotations(files: Sequence[LintedFile]) -> Iterator[str]:
    """Yield workflow commands for at most ten complaints, errors first, and count the others."""
    for file in files:
        if file.unreadable:
            yield annotation("error", {"file": file.path}, [file.unreadable])
    found = [(file.path_of(placed), placed) for file in files for placed in file.complaints]
    found.sort(key=lambda pair: pair[1].complaint.level != "error")
    room = len(found) if len(found) <= MAX_ANNOTATIONS else MAX_ANNOTATIONS - 1
    for path, placed in found[:room]:
        one = placed.complaint
        properties = {
            "title": f"hookproof {one.rule}",
            "file": path,
            "line": placed.line,
            "col": placed.column,
        }
        parts = [one.message, f"edit: {one.edit}", f"pointer: {one.pointer or 'the document'}"]
        yield annotation(one.level, properties, parts)
    if found[room:]:
        level = found[room][1].complaint.level
        yield annotation(level, {}, [f"{len(found) - room} more; run hookproof lint"])


def _description(rule: str) -> str:
    return RULES_BY_ID[rule].description if rule in RULES_BY_ID else rule
