"""Summary of a run: findings, counts, verdict. Pure: report data in, lines out.

Every finding has a line. On a terminal, details follow as long as one screen has room; elsewhere
every detail is there.
"""

from typing import TYPE_CHECKING

from hookproof.reports import finding_place, wording
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, truncate

if TYPE_CHECKING:
    from rich.console import Console

MAX_SCREEN_LINES = 40
MAX_LINE_CHARS, MAX_PLAIN_CHARS = 600, 4000
"""Maximum of a text on a terminal, and elsewhere."""
MAX_SHORT_CHARS = 160
"""Maximum of a finding in a short summary."""
_COLOURS = {"red": "31", "yellow": "33", "green": "32"}


def format_summary(
    data: dict[str, Json], directory: str, console: "Console | None" = None
) -> list[str]:
    """Return the lines: findings, counts, path of the report and, as the last line, the verdict.

    With a console, the lines have its colours and fit its width.
    """
    tail = [*_counts(data, console), *_line("Report", f"{directory}/report.html", None)]
    tail += _verdict(data, console)
    found = wording.shown_findings(data)
    room = MAX_SCREEN_LINES - len(tail) - len(found) - 1
    lines: list[str] = []
    for finding in found:
        block = [*_head(data, finding, console, is_cut=False), *_details(data, finding, console)]
        room -= len(block) - 1
        has_room = console is None or room >= 0
        lines += block if has_room else _head(data, finding, console, is_cut=True)
    if found and lines[-1]:
        lines.append("")
    return [escape_ci_command(line) for line in [*lines, *tail]]


def format_short_summary(data: dict[str, Json]) -> list[str]:
    """Return a short line for each finding, and as the last line the verdict, without colours."""
    found = wording.shown_findings(data)
    lines = [line for one in found for line in _head(data, one, None, is_cut=False)]
    shown = [*(truncate(line, MAX_SHORT_CHARS) for line in lines), *_verdict(data, None)]
    return [escape_ci_command(line) for line in shown]


def _head(
    data: dict[str, Json], finding: dict[str, Json], console: "Console | None", *, is_cut: bool
) -> list[str]:
    """Return severity, check, message and what follows, in one line or wrapped."""
    head = f"{finding['severity'].upper()} {finding['check']}:"
    follow = wording.follow_text(data, finding)
    text = f"{head} {finding['message']}{f'; {follow}' if follow else ''}"
    colour = "red" if finding["severity"] == "violation" else "yellow"
    first, *rest = [_cut(escape_hidden(text), console)] if is_cut else _wrap(text, console, "  ")
    return [_colourize(first[: len(head)], colour, console) + first[len(head) :], *rest]


def _details(
    data: dict[str, Json], finding: dict[str, Json], console: "Console | None"
) -> list[str]:
    lines = [_cut(f"  place     {escape_hidden(finding_place.place(data, finding))}", console)]
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
        shown = console is None or len(curl) <= MAX_LINE_CHARS
        lines.append(f"  reproduce {curl if shown else 'see report.html'}")
    return [*lines, ""]


def _counts(data: dict[str, Json], console: "Console | None") -> list[str]:
    lines: list[str] = []
    if data["constraints"]:
        found = wording.status_counts(data["constraints"]).items()
        name = wording.constraints_noun(data).capitalize()
        lines += _line(name, ", ".join(f"{n} {status}" for status, n in found), console)
    return [*lines, *_untested(data, console), *_traffic(data, console), *_baseline(data, console)]


def _untested(data: dict[str, Json], console: "Console | None") -> list[str]:
    """Return what the run did not judge."""
    lines: list[str] = []
    if operations := wording.operations(data):
        lines += _line("Operations", operations, console)
    for sentence in wording.undecided_operations(data):
        lines += _line("Undecided", sentence, console)
    if parts := wording.undecided_parts(data):
        text = escape_hidden("; ".join(parts))
        lines.append(_cut(f"{'Undecided':<12} {text}", console))
    idle = [] if wording.is_receiver(data) else wording.idle_checks(data)
    if idle:
        lines += _line("Checks", f"without a case: {', '.join(idle)}", console)
    rest = "; ".join(wording.left_out(data))
    if rest:
        lines.append(_cut(f"{'Left out':<12} {escape_hidden(rest)}", console))
    return lines


def _traffic(data: dict[str, Json], console: "Console | None") -> list[str]:
    """Return what was sent and received."""
    lines: list[str] = []
    if seen := wording.responses(data):
        lines += _line("Responses", seen, console)
    if seen and not wording.is_receiver(data):
        lines += _line("Webhooks", wording.webhooks(data), console)
        for number, text in enumerate(wording.strangers(data)):
            lines += _line("" if number else "Strangers", text, console)
    if wording.created(data):
        lines += _line("Created", wording.created(data), console)
    return lines


def _baseline(data: dict[str, Json], console: "Console | None") -> list[str]:
    """Return the accepted findings, and the entries of the baseline that are resolved."""
    lines: list[str] = []
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
    limits = f" ({escape_hidden(wording.partial(data))})" if data["partial"] else ""
    return [
        f"{word}{option}{limits}: {wording.counts(data)}; {wording.requests(data)} to "
        f"{escape_hidden(data['url'])} in {data['seconds']:.1f} s "
        f"(seed {data['seed']}, run {escape_hidden(data['run_id'])})"
    ]


def _line(name: str, text: str, console: "Console | None") -> list[str]:
    return _wrap(f"{name:<12} {text}", console, " " * 13)


def _wrap(text: str, console: "Console | None", indent: str) -> list[str]:
    if console is None:
        return [truncate(escape_hidden(text), MAX_PLAIN_CHARS)]
    text = truncate(escape_hidden(text), MAX_LINE_CHARS)
    begin, rest = text[: len(indent)], text[len(indent) :]
    lines = console.render_str(rest, markup=False, emoji=False).wrap(
        console, max(console.width, 40) - len(indent)
    )
    return [f"{indent if number else begin}{line.plain}" for number, line in enumerate(lines)]


def _cut(line: str, console: "Console | None") -> str:
    if console is None:
        return truncate(line, MAX_PLAIN_CHARS)
    text = console.render_str(line, markup=False, emoji=False)
    text.truncate(max(console.width, 40), overflow="ellipsis")
    return text.plain


def _colourize(text: str, colour: str, console: "Console | None") -> str:
    return f"\x1b[1;{_COLOURS[colour]}m{text}\x1b[0m" if console else text
