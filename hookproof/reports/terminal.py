"""The verdict as text for a terminal. Pure: report data in, lines out."""

import textwrap
from dataclasses import dataclass

from hookproof.reports import wording
from openapi.contract import Json
from openapi.safe_text import cut, no_command, visible

SCREEN = 40
"""Lines at most, where the findings allow it."""
REASONS = 8
LONGEST = 600
"""Characters at most of one line that is not a command."""
_COLOURS = {"red": "31", "yellow": "33", "green": "32"}


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show."""

    width: int | None = None
    """Columns; None leaves lines as long as they are."""
    colour: bool = False


def summary(data: dict[str, Json], directory: str, look: Look) -> list[str]:
    """Return the lines that tell the findings, the counts, the reports and, last, the verdict."""
    tail = [*_counts(data, look), *_line("Report", f"{directory}/report.html", look)]
    tail += _verdict(data, look)
    lines: list[str] = []
    found = wording.unknown(data)
    for number, finding in enumerate(found):
        block = _finding(finding, look)
        if lines and len(lines) + len(block) + len(tail) > SCREEN:
            rest = ", ".join(dict.fromkeys(f["check"] for f in found[number:]))
            told = f"… and {len(found) - number} more, in report.html: {visible(rest)}"
            lines += [_cut(told, look), ""]
            break
        lines += block
    return [no_command(line) for line in [*lines, *tail]]


def _finding(finding: dict[str, Json], look: Look) -> list[str]:
    red = finding["severity"] == "violation"
    head = f"{finding['severity'].upper()} {finding['check']}:"
    first, *rest = _wrapped(f"{head} {finding['message']}", look, "  ")
    lines = [_painted(first[: len(head)], "red" if red else "yellow", look) + first[len(head) :]]
    lines += rest
    for name in ("expected", "came"):
        if finding[name]:
            lines.append(_cut(f"  {name:<9} {visible(finding[name])}", look))
    lines.append(_cut(f"  contract  {visible(wording.known_by(finding))}", look))
    lines.append(f"            {visible(wording.place(finding))}")
    lines.append(f"  seen      {wording.often(finding)}; finding {visible(finding['id'])}")
    if finding["curl"] is not None:
        curl = visible(finding["curl"])
        lines.append(f"  again     {curl if len(curl) <= LONGEST else 'see report.html'}")
    return [*lines, ""]


def _counts(data: dict[str, Json], look: Look) -> list[str]:
    lines: list[str] = []
    if data["constraints"]:
        found = wording.states(data).items()
        lines += _line("Constraints", ", ".join(f"{n} {state}" for state, n in found), look)
    reasons = wording.undecided(data)
    for number, (reason, waiting) in enumerate(reasons[:REASONS]):
        more = f" ({wording.counted(waiting, 'constraint')})" if waiting > 1 else ""
        lines += _line("" if number else "Undecided", f"{reason}{more}", look)
    if len(reasons) > REASONS:
        lines += _line("", f"… and {len(reasons) - REASONS} more, in report.html", look)
    seen = ", ".join(f"{status}: {state['seen']}" for status, state in data["statuses"].items())
    if seen:
        lines += _line("Answers", seen, look)
        lines += _line("Webhooks", wording.webhooks(data), look)
    if wording.created(data):
        lines += _line("Created", wording.created(data), look)
    for finding in data["findings"]:
        if finding["known"] is not None:
            told = f"{finding['id']} {finding['check']}: {finding['known']}"
            lines.append(_cut(f"{'Known':<12} {visible(told)}", look))
    for gone in data["known"]["gone"]:
        told = f"{gone['id']} no longer happens, strike it out: {gone['reason']}"
        lines.append(_cut(f"{'Known':<12} {visible(told)}", look))
    return lines


def _verdict(data: dict[str, Json], look: Look) -> list[str]:
    if data["reason"]:
        told = f"hookproof could not judge: {visible(data['reason'])}"
        return _wrapped(told, look, "  ")
    colour = {"conforms": "green", "deviates": "red"}.get(data["verdict"], "yellow")
    word = _painted(wording.verdict(data).upper(), colour, look)
    option = " (--require-decided)" if data["verdict"] == "not-judged" else ""
    return [
        f"{word}{option}: {wording.counts(data)}; {data['requests']} requests to "
        f"{visible(data['url'])} in {data['seconds']:.1f} s "
        f"(seed {data['seed']}, run {visible(data['run_id'])})"
    ]


def _line(name: str, text: str, look: Look) -> list[str]:
    first, *rest = _wrapped(f"{name:<12} {text}", look, " " * 13)
    return [first, *rest]


def _wrapped(text: str, look: Look, indent: str) -> list[str]:
    text = cut(visible(text), LONGEST)
    if look.width is None:
        return [text]
    return textwrap.wrap(
        text,
        max(look.width, 40),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cut(line: str, look: Look) -> str:
    return cut(line, LONGEST if look.width is None else max(look.width, 40))


def _painted(text: str, colour: str, look: Look) -> str:
    return f"\x1b[1;{_COLOURS[colour]}m{text}\x1b[0m" if look.colour else text
