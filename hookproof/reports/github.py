"""GitHub Actions output: annotations in the log and the step summary. Pure.

An annotation is one line of output, a workflow command; the summary is Markdown. Both contain text
from the service. The functions escape it, so that it can start no command and no markup.
"""

import re
import string

from hookproof.reports import finding_place, wording
from hookproof.reports.annotation import MAX_ANNOTATIONS, MAX_TEXT_CHARS, annotation
from hookproof.reports.contract_source import ContractSource
from openapi.contract import Json
from openapi.safe_text import escape_hidden, truncate

MAX_SUMMARY_BYTES = 1024 * 1024
"""Maximum that GitHub accepts for a step."""
MAX_COMMAND_CHARS = 4000
"""Maximum of a command; a longer one is left out, because a part of it is of no use."""
_MARKUP_ESCAPES = str.maketrans({c: f"&#{ord(c)};" for c in string.punctuation})


def annotations(data: dict[str, Json], file: ContractSource | None) -> list[str]:
    """Return a line for each new finding, at most ten, or the reason if nothing was judged."""
    if data["reason"] is not None:
        return [annotation("error", {}, [f"could not judge: {data['reason']}"])]
    found = wording.shown_findings(data)
    failing = [finding["id"] for finding in wording.failing_findings(data)]
    room = len(found) if len(found) <= MAX_ANNOTATIONS else MAX_ANNOTATIONS - 1
    lines = [
        _annotation(finding, finding["id"] in failing, file, wording.follow_text(data, finding))
        for finding in found[:room]
    ]
    if found[room:]:
        level = "error" if failing else "warning"
        lines.append(annotation(level, {}, [f"{len(found) - room} more, in report.html"]))
    return lines


def _annotation(
    finding: dict[str, Json], fails: bool, file: ContractSource | None, follow: str
) -> str:
    properties: dict[str, object] = {"title": f"hookproof {finding['check']}"}
    place = file.find_place(finding["pointer"]) if file else None
    if place is not None:
        properties |= {"file": place.path, "line": place.line, "col": place.column}
    parts = [
        finding["message"],
        f"expected: {finding['expected']}" if finding["expected"] else "",
        f"received: {finding['received']}" if finding["received"] else "",
        f"{wording.format_provenance(finding)}; {wording.format_location(finding)}",
        f"{wording.occurrence_count(finding)}; finding {finding['id']}",
        follow,
    ]
    return annotation("error" if fails else "warning", properties, parts)


def step_summary(data: dict[str, Json], room: int = MAX_SUMMARY_BYTES) -> str:
    """Return the run as Markdown in `room` bytes; a note replaces findings that do not fit."""
    accepted = [f for f in wording.findings_in_order(data) if f["baseline_reason"] is not None]
    shown = [*wording.shown_findings(data), *accepted]
    blocks = [_head(data), _counts(data), *(_finding(data, finding) for finding in shown)]
    rest = "\nSee `report.html` for more.\n"
    text = ""
    left = room - len(rest)
    for block in blocks:
        left -= len(block.encode())
        if left < 0:
            return text + rest if room >= len(rest) else ""
        text += block
    return text


def _head(data: dict[str, Json]) -> str:
    summary = f"Could not judge: {data['reason']}" if data["reason"] else wording.counts(data)
    run = f"{wording.requests(data)} to {data['url']} in {data['seconds']:.1f} s"
    same = f"seed {data['seed']}, run {data['run_id']}"
    verdict, context = wording.verdict(data), _escape_markdown(f"{run}; {same}")
    limits = f" ({_escape_markdown(wording.partial(data))})" if data["partial"] else ""
    return f"## hookproof: {verdict}{limits}\n\n{_escape_markdown(summary)}\n\n{context}\n"


def _counts(data: dict[str, Json]) -> str:
    rows = {
        wording.constraints_noun(data).capitalize(): ", ".join(
            f"{n} {status}" for status, n in wording.status_counts(data["constraints"]).items()
        ),
        "Operations": wording.operations(data),
        "Responses": wording.responses(data),
        "Webhooks": "" if wording.is_receiver(data) else wording.webhooks(data),
        "Undecided": "; ".join(data["undecided"]),
        "Left out": "; ".join(wording.left_out(data)),
        "Created": wording.created(data),
        "Resolved baseline entries": "; ".join(
            f"{entry['id']} ({entry['reason']})" for entry in data["baseline"]["resolved"]
        ),
    }
    return _table(rows)


def _table(rows: dict[str, str]) -> str:
    lines = [f"| {name} | {_escape_markdown(text)} |" for name, text in rows.items() if text]
    return "\n".join(["", "| | |", "|---|---|", *lines, ""])


def _finding(data: dict[str, Json], finding: dict[str, Json]) -> str:
    accepted = finding["baseline_reason"]
    rows = {
        "Place": finding_place.place(data, finding),
        "Expected": finding["expected"],
        "Received": finding["received"],
        "Contract": f"{wording.format_provenance(finding)}; {wording.format_location(finding)}",
        "Count": f"{wording.occurrence_count(finding)}; finding {finding['id']}",
        "Follows": wording.follow_text(data, finding),
        "Baseline": accepted or "",
    }
    head = f"{'accepted ' if accepted is not None else ''}{finding['severity']} {finding['check']}"
    title, message = _escape_markdown(head), _escape_markdown(finding["message"])
    code = "\n".join(_code_block(finding["curl"] or ""))
    return f"\n### {title}\n\n{message}\n{_table(rows)}{code}"


def _code_block(command: str) -> list[str]:
    """Return the command as a block of code, whose fence is longer than any in the command."""
    if not command or len(command) > MAX_COMMAND_CHARS:
        return []
    longest = max(map(len, re.findall("`+", command)), default=0)
    fence = "`" * max(longest + 1, 3)
    return [f"{fence}sh", escape_hidden(command), fence, ""]


def _escape_markdown(text: str) -> str:
    """Return `text` with every character escaped that is markup in Markdown or HTML."""
    return truncate(escape_hidden(text), MAX_TEXT_CHARS).translate(_MARKUP_ESCAPES)
