"""Summary of a run for a terminal: findings, counts, verdict. Pure: report data in, lines out."""

import textwrap
from dataclasses import dataclass

from hookproof.reports import wording
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, truncate

MAX_SCREEN_LINES = 40
MAX_REASONS = 8
MAX_LINE_CHARS = 600
_COLOURS = {"red": "31", "yellow": "33", "green": "32"}


@dataclass(frozen=True, slots=True)
class TerminalStyle:
    """Width and colour of the terminal."""

    width: int | None = None
    """Columns; None: do not wrap lines."""
    colour: bool = False


def format_summary(data: dict[str, Json], directory: str, look: TerminalStyle) -> list[str]:
    """Return the lines: findings, counts, path of the report and, as the last line, the verdict."""
    tail = [*_counts(data, look), *_line("Report", f"{directory}/report.html", look)]
    tail += _verdict(data, look)
    lines: list[str] = []
    found = wording.new_findings(data)
    for number, finding in enumerate(found):
        block = _finding(finding, look)
        if lines and len(lines) + len(block) + len(tail) > MAX_SCREEN_LINES:
            rest = ", ".join(dict.fromkeys(f["check"] for f in found[number:]))
            text = f"… and {len(found) - number} more, in report.html: {escape_hidden(rest)}"
            lines += [_cut(text, look), ""]
            break
        lines += block
    return [escape_ci_command(line) for line in [*lines, *tail]]


def _finding(finding: dict[str, Json], look: TerminalStyle) -> list[str]:
    red = finding["severity"] == "violation"
    head = f"{finding['severity'].upper()} {finding['check']}:"
    first, *rest = _wrap(f"{head} {finding['message']}", look, "  ")
    lines = [_colourize(first[: len(head)], "red" if red else "yellow", look) + first[len(head) :]]
    lines += rest
    for name in ("expected", "received"):
        if finding[name]:
            lines.append(_cut(f"  {name:<9} {escape_hidden(finding[name])}", look))
    lines.append(_cut(f"  contract  {escape_hidden(wording.format_provenance(finding))}", look))
    lines.append(f"            {escape_hidden(wording.format_location(finding))}")
    lines.append(
        f"  count     {wording.occurrence_count(finding)}; finding {escape_hidden(finding['id'])}"
    )
    if finding["curl"] is not None:
        curl = escape_hidden(finding["curl"])
        lines.append(f"  reproduce {curl if len(curl) <= MAX_LINE_CHARS else 'see report.html'}")
    return [*lines, ""]


def _counts(data: dict[str, Json], look: TerminalStyle) -> list[str]:
    lines: list[str] = []
    if data["constraints"]:
        found = wording.status_counts(data["constraints"]).items()
        lines += _line("Constraints", ", ".join(f"{n} {status}" for status, n in found), look)
    reasons = wording.undecided(data)
    for number, (reason, waiting) in enumerate(reasons[:MAX_REASONS]):
        more = f" ({wording.pluralize(waiting, 'constraint')})" if waiting > 1 else ""
        lines += _line("" if number else "Undecided", f"{reason}{more}", look)
    if len(reasons) > MAX_REASONS:
        lines += _line("", f"… and {len(reasons) - MAX_REASONS} more, in report.html", look)
    seen = ", ".join(f"{status}: {entry['seen']}" for status, entry in data["statuses"].items())
    if seen:
        lines += _line("Responses", seen, look)
        lines += _line("Webhooks", wording.webhooks(data), look)
    if wording.created(data):
        lines += _line("Created", wording.created(data), look)
    for finding in data["findings"]:
        if finding["baseline_reason"] is not None:
            text = f"{finding['id']} {finding['check']}: {finding['baseline_reason']}"
            lines.append(_cut(f"{'Baseline':<12} {escape_hidden(text)}", look))
    for entry in data["baseline"]["resolved"]:
        text = f"{entry['id']} is resolved, remove it from the baseline: {entry['reason']}"
        lines.append(_cut(f"{'Baseline':<12} {escape_hidden(text)}", look))
    return lines


def _verdict(data: dict[str, Json], look: TerminalStyle) -> list[str]:
    if data["reason"]:
        text = f"hookproof could not judge: {escape_hidden(data['reason'])}"
        return _wrap(text, look, "  ")
    colour = {"conforms": "green", "deviates": "red"}.get(data["verdict"], "yellow")
    word = _colourize(wording.verdict(data).upper(), colour, look)
    option = " (--require-decided)" if data["verdict"] == "not-judged" else ""
    return [
        f"{word}{option}: {wording.counts(data)}; {data['requests']} requests to "
        f"{escape_hidden(data['url'])} in {data['seconds']:.1f} s "
        f"(seed {data['seed']}, run {escape_hidden(data['run_id'])})"
    ]


def _line(name: str, text: str, look: TerminalStyle) -> list[str]:
    first, *rest = _wrap(f"{name:<12} {text}", look, " " * 13)
    return [first, *rest]


def _wrap(text: str, look: TerminalStyle, indent: str) -> list[str]:
    text = truncate(escape_hidden(text), MAX_LINE_CHARS)
    if look.width is None:
        return [text]
    return textwrap.wrap(
        text,
        max(look.width, 40),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cut(line: str, look: TerminalStyle) -> str:
    return truncate(line, MAX_LINE_CHARS if look.width is None else max(look.width, 40))


def _colourize(text: str, colour: str, look: TerminalStyle) -> str:
    return f"\x1b[1;{_COLOURS[colour]}m{text}\x1b[0m" if look.colour else text
