"""The verdict as text for a terminal. Pure: report data in, lines out."""

from pathlib import Path

from openapi.document import Json


def summary(data: dict[str, Json], took: float, path: Path) -> list[str]:
    """Return the lines that tell the verdict, the findings, and where the report is."""
    lines = [line for finding in data["findings"] for line in _finding(finding)]
    if data["undecided"]:
        lines += ["Undecided:", *(f"  - {printable(reason)}" for reason in data["undecided"]), ""]
    seen = [f"{status}: {state['seen']}" for status, state in data["statuses"].items()]
    if seen:
        lines.append(f"Answers   {', '.join(seen)}")
    webhooks = data["webhooks"]
    if webhooks["judged"]:
        lines.append(
            f"Webhooks  {webhooks['expected']} expected, {webhooks['delivered']} delivered, "
            f"{webhooks['verified']} verified, {webhooks['unexpected']} unexpected"
        )
    elif data["verdict"] != "not-judged":
        lines.append("Webhooks  not judged (--no-webhooks)")
    lines.append(f"Report    {path}")
    if data["reason"]:
        lines.append(f"hookproof could not judge: {printable(data['reason'])}")
    else:
        lines.append(_verdict(data, took))
    return lines


def _verdict(data: dict[str, Json], took: float) -> str:
    severities = [finding["severity"] for finding in data["findings"]]
    violations, warnings = severities.count("violation"), severities.count("warning")
    counts = f"{_counted(violations, 'violation')}, {_counted(warnings, 'warning')}"
    word = {
        "conforms": "CONFORMS",
        "deviates": "DEVIATES",
        "not-judged": "NOT DECIDED (--require-decided)",
    }[data["verdict"]]
    return (
        f"{word}: {counts}; {data['requests']} requests to {printable(data['url'])} in "
        f"{took:.1f} s (seed {data['seed']}, run {data['run_id']})"
    )


def _finding(finding: dict[str, Json]) -> list[str]:
    return [
        f"{finding['severity'].upper()} {finding['check']}: {printable(finding['message'])}",
        f"  {finding['provenance']}, {printable(finding['pointer'])}; "
        f"in {finding['count']} of {finding['tried']} cases",
        "",
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return `text` with control and other unprintable characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
