"""`report.sarif`: SARIF 2.1.0, for code scanning. Pure: report data in, JSON data out."""

from dataclasses import dataclass

from contracts.checks import CHECKS
from hookproof.reports import finding_place, wording
from hookproof.reports.contract_source import ContractSource, Place
from hookproof.reports.frequent_causes import FREQUENT_CAUSES
from hookproof.reports.sarif_log import sarif_location, sarif_log
from openapi.contract import Json
from openapi.safe_text import escape_hidden


@dataclass(frozen=True, slots=True)
class ReportFile:
    """Report that the user has, for findings of a contract that the user does not have."""

    path: str
    """Path from the working directory, or absolute."""
    text: str

    def line(self, finding_id: str) -> int:
        """Return the line of the finding, from 1; 1 if it is not there."""
        numbered = enumerate(self.text.splitlines(), 1)
        return next((n for n, line in numbered if f'"id": "{finding_id}"' in line), 1)


def sarif(
    data: dict[str, Json], file: ContractSource | None, release: str, report: ReportFile
) -> dict[str, Json]:
    """Return the findings as one SARIF run, each at a line of a file that the user has.

    That is the contract or an overlay, or `report` if the contract ships with hookproof or is not
    readable (`file` is None). `release` is the version of hookproof.
    """
    rules = list(dict.fromkeys([*CHECKS, *(finding["check"] for finding in data["findings"])]))
    shown = {finding["id"] for finding in wording.shown_findings(data)}
    results = [
        _result(data, finding, rules, _location(finding, file, report))
        for finding in wording.findings_in_order(data)
        if finding["baseline_reason"] is not None or finding["id"] in shown
    ]
    return sarif_log(release, [_rule(check) for check in rules], _invocation(data), results)


def _rule(check: str) -> dict[str, Json]:
    rule = (CHECKS[check].__doc__ or "").strip() if check in CHECKS else escape_hidden(check)
    causes = "; ".join(FREQUENT_CAUSES.get(check, ()))
    steps = "Look up the pointer in the contract, and send the request again with the command."
    texts = [rule, f"Frequent causes: {causes}." if causes else "", steps]
    return {
        "id": escape_hidden(check),
        "shortDescription": {"text": rule},
        "fullDescription": {"text": rule},
        "help": {"text": "\n\n".join(filter(None, texts))},
    }


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
    data: dict[str, Json], finding: dict[str, Json], rules: list[str], location: dict[str, Json]
) -> dict[str, Json]:
    accepted = finding["baseline_reason"]
    return {
        "ruleId": escape_hidden(finding["check"]),
        "ruleIndex": rules.index(finding["check"]),
        "level": "error" if finding["severity"] == "violation" else "warning",
        "message": {"text": _message(data, finding)},
        "locations": [location],
        "partialFingerprints": {"hookproof/v1": finding["id"]},
        "suppressions": []
        if accepted is None
        else [{"kind": "external", "status": "accepted", "justification": escape_hidden(accepted)}],
        "properties": {
            "place": escape_hidden(finding_place.place(data, finding)),
            "provenance": finding["provenance"],
            "source": escape_hidden(finding["source"]),
            "count": finding["count"],
            "tried": finding["tried"],
        },
    }


def _message(data: dict[str, Json], finding: dict[str, Json]) -> str:
    parts = [
        finding["message"],
        f"Expected: {finding['expected']}" if finding["expected"] else "",
        f"Received: {finding['received']}" if finding["received"] else "",
        f"Source: {wording.format_provenance(finding)}; {wording.occurrence_count(finding)}",
        wording.follow_text(data, finding),
    ]
    return "\n".join(escape_hidden(part) for part in parts if part)


def _location(
    finding: dict[str, Json], file: ContractSource | None, report: ReportFile
) -> dict[str, Json]:
    place = file.find_place(finding["pointer"]) if file else None
    if place is None:
        place = Place(report.path, report.line(finding["id"]), 1)
    return sarif_location(*place, finding["pointer"])
