"""Summary of a run for a terminal: findings, counts, verdict. Pure: report data in, lines out."""

from typing import TYPE_CHECKING

from hookproof.reports import wording
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, truncate

if TYPE_CHECKING:
    from rich.console import Console

MAX_SCREEN_LINES = 40
MAX_REASONS = 8
MAX_LINE_CHARS = 600
_COLOURS = {"red": "31", "yellow": "33", "green": "32"}


def format_summary(
    data: dict[str, Json], directory: str, console: "Console | None" = None
) -> list[str]:
    """Return the lines: findings, counts, path of the report and, as the last line, the verdict.

    With a console, the lines have its colours and fit its width.
    """
    tail = [*_counts(data, console), *_line("Report", f"{directory}/report.html", None)]
    tail += _verdict(data, console)
    lines: list[str] = []
    found = wording.new_findings(data)
    for number, finding in enumerate(found):
        block = _finding(finding, console)
        if lines and len(lines) + len(block) + len(tail) > MAX_SCREEN_LINES:
            rest = ", ".join(dict.fromkeys(f["check"] for f in found[number:]))
            text = f"… and {len(found) - number} more, in report.html: {escape_hidden(rest)}"
            lines += [_cut(text, console), ""]
            break
        lines += block
    return [escape_ci_command(line) for line in [*lines, *tail]]


def _finding(finding: dict[str, Json], console: "Console | None") -> list[str]:
    red = finding["severity"] == "violation"
    head = f"{finding['severity'].upper()} {finding['check']}:"
    first, *rest = _wrap(f"{head} {finding['message']}", console, "  ")
    lines = [
        _colourize(first[: len(head)], "red" if red else "yellow", console) + first[len(head) :]
    ]
    lines += rest
    for name in ("expected", "received"):
        if finding[name]:
            lines.append(_cut(f"  {name:<9} {escape_hidden(finding[name])}", console))
    lines.append(_cut(f"  contract  {escape_hidden(wording.format_provenance(finding))}", console))
    lines.append(f"            {escape_hidden(wording.format_location(finding))}")
    lines.append(
        f"  count     {wording.occurrence_count(finding)}; finding {escape_hidden(finding['id'])}"
    )
    if finding["curl"] is not None:
        curl = escape_hidden(finding["curl"])
        lines.append(f"  reproduce {curl if len(curl) <= MAX_LINE_CHARS else 'see report.html'}")
    return [*lines, ""]


def _counts(data: dict[str, Json], console: "Console | None") -> list[str]:
    lines: list[str] = []
    if data["constraints"]:
        found = wording.status_counts(data["constraints"]).items()
        lines += _line("Constraints", ", ".join(f"{n} {status}" for status, n in found), console)
    reasons = wording.undecided(data)
    for number, (reason, waiting) in enumerate(reasons[:MAX_REASONS]):
        more = f" ({wording.pluralize(waiting, 'constraint')})" if waiting > 1 else ""
        lines += _line("" if number else "Undecided", f"{reason}{more}", console)
    if len(reasons) > MAX_REASONS:
        lines += _line("", f"… and {len(reasons) - MAX_REASONS} more, in report.html", console)
    if idle := wording.idle_checks(data):
        lines += _line("Checks", f"without a case: {', '.join(idle)}", console)
    seen = ", ".join(f"{status}: {entry['seen']}" for status, entry in data["statuses"].items())
    if seen:
        lines += _line("Responses", seen, console)
        lines += _line("Webhooks", wording.webhooks(data), console)
        for number, text in enumerate(wording.strangers(data)):
            lines += _line("" if number else "Strangers", text, console)
    if wording.created(data):
        lines += _line("Created", wording.created(data), console)
    for finding in data["findings"]:
        if finding["baseline_reason"] is not None:
            text = f"{finding['id']} {finding['check']}: {finding['baseline_reason']}"
            lines.append(_cut(f"{'Baseline':<12} {escape_hidden(text)}", console))
    for entry in data["baseline"]["resolved"]:
        text = f"{entry['id']} is resolved, remove it from the baseline: {entry['reason']}"
        lines.append(_cut(f"{'Baseline':<12} {escape_hidden(text)}", console))
    return lines


def _verdict(data: dict[str, Json], console: "Console | None") -> list[str]:
    if data["reason"]:
        text = f"hookproof could not judge: {escape_hidden(data['reason'])}"
        return _wrap(text, console, "  ")
    colour = {"conforms": "green", "deviates": "red"}.get(data["verdict"], "yellow")
    word = _colourize(wording.verdict(data).upper(), colour, console)
    option = " (--require-decided)" if data["verdict"] == "not-judged" else ""
    return [
        f"{word}{option}: {wording.counts(data)}; {data['requests']} requests to "
        f"{escape_hidden(data['url'])} in {data['seconds']:.1f} s "
        f"(seed {data['seed']}, run {escape_hidden(data['run_id'])})"
    ]


def _line(name: str, text: str, console: "Console | None") -> list[str]:
    return _wrap(f"{name:<12} {text}", console, " " * 13)


def _wrap(text: str, console: "Console | None", indent: str) -> list[str]:
    text = truncate(escape_hidden(text), MAX_LINE_CHARS)
    if console is None:
        return [text]
    begin, rest = text[: len(indent)], text[len(indent) :]
    lines = console.render_str(rest, markup=False, emoji=False).wrap(
        console, max(console.width, 40) - len(indent)
    )
    return [f"{indent if number else begin}{line.plain}" for number, line in enumerate(lines)]


def _cut(line: str, console: "Console | None") -> str:
    if console is None:
        return truncate(line, MAX_LINE_CHARS)
    text = console.render_str(line, markup=False, emoji=False)
    text.truncate(max(console.width, 40), overflow="ellipsis")
    return text.plain


def _colourize(text: str, colour: str, console: "Console | None") -> str:
    return f"\x1b[1;{_COLOURS[colour]}m{text}\x1b[0m" if console else text
