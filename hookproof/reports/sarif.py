"""`report.sarif`: SARIF 2.1.0, for code scanning. Pure: report data in, JSON data out."""

from pathlib import PurePosixPath
from urllib.parse import quote

from contracts.checks import CHECKS
from hookproof.reports import wording
from hookproof.reports.contract_source import ContractSource
from openapi.contract import Json
from openapi.safe_text import escape_hidden

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(data: dict[str, Json], file: ContractSource | None, release: str) -> dict[str, Json]:
    """Return the findings as one SARIF run, each at its line of the contract.

    `file` is None if the contract could not be read; `release` is the version of hookproof.
    """
    rules = list(dict.fromkeys([*CHECKS, *(finding["check"] for finding in data["findings"])]))
    run = {
        "tool": {
            "driver": {
                "name": "hookproof",
                "version": release,
                "rules": [_rule(check) for check in rules],
            }
        },
        "invocations": [_invocation(data)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules, file) for finding in wording.findings_in_order(data)],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(check: str) -> dict[str, Json]:
    rule = (CHECKS[check].__doc__ or "").strip() if check in CHECKS else escape_hidden(check)
    return {"id": escape_hidden(check), "shortDescription": {"text": rule}}


def _invocation(data: dict[str, Json]) -> dict[str, Json]:
    result: dict[str, Json] = {
        "executionSuccessful": data["reason"] is None,
        "exitCode": data["exit_code"],
        "startTimeUtc": escape_hidden(data["started"]),
    }
    if data["reason"] is not None:
        message = {"text": escape_hidden(data["reason"])}
        result["toolExecutionNotifications"] = [{"level": "error", "message": message}]
    return result


def _result(
    finding: dict[str, Json], rules: list[str], file: ContractSource | None
) -> dict[str, Json]:
    accepted = finding["baseline_reason"]
    return {
        "ruleId": escape_hidden(finding["check"]),
        "ruleIndex": rules.index(finding["check"]),
        "level": "error" if finding["severity"] == "violation" else "warning",
        "message": {"text": _message(finding)},
        "locations": [_location(finding["pointer"], file)],
        "partialFingerprints": {"hookproof/v1": finding["id"]},
        "suppressions": []
        if accepted is None
        else [{"kind": "external", "status": "accepted", "justification": escape_hidden(accepted)}],
        "properties": {
            "provenance": finding["provenance"],
            "source": escape_hidden(finding["source"]),
            "count": finding["count"],
            "tried": finding["tried"],
        },
    }


def _message(finding: dict[str, Json]) -> str:
    parts = [
        finding["message"],
        f"Expected: {finding['expected']}" if finding["expected"] else "",
        f"Received: {finding['received']}" if finding["received"] else "",
        f"Source: {wording.format_provenance(finding)}; {wording.occurrence_count(finding)}",
    ]
    return "\n".join(escape_hidden(part) for part in parts if part)


def _location(pointer: str, file: ContractSource | None) -> dict[str, Json]:
    logical = {"fullyQualifiedName": escape_hidden(pointer), "kind": "member"}
    if file is None:
        return {"logicalLocations": [logical]}
    line, column = file.source.position(pointer)
    physical = {
        "artifactLocation": _artifact(file),
        "region": {"startLine": line, "startColumn": column},
    }
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _artifact(file: ContractSource) -> dict[str, str]:
    if file.ships:
        return {"uri": quote(file.path), "uriBaseId": "HOOKPROOF"}
    path = PurePosixPath(file.path)
    return {"uri": path.as_uri() if path.is_absolute() else quote(file.path)}
