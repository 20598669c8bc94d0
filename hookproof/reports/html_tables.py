"""The tables of the page: constraints by kind, what is undecided, answers, deliveries."""

from hookproof.reports import wording
from hookproof.reports.html_elements import badge, code, html_text, table
from openapi.contract import Json

_KINDS = {
    "request": "Requests",
    "answer": "Answers",
    "header": "Headers",
    "security": "Security",
    "webhook": "Webhooks",
    "echo": "Echoes: what the payload repeats of the request",
    "signature": "Signatures",
}
_COLUMN_NAMES = ("Stated at", "Keyword", "How it is known", "State", "Cases", "Why undecided")
_STATES_WORST_FIRST = ("violated", "undecided", "enforced")


def constraints(data: dict[str, Json]) -> str:
    """Return every constraint with its state, a folded table for each kind."""
    groups = [
        (title, [c for c in data["constraints"] if c["kind"] == kind])
        for kind, title in _KINDS.items()
    ]
    return "".join(_kind(title, group) for title, group in groups if group)


def _kind(title: str, group: list[dict[str, Json]]) -> str:
    count = {state: sum(c["state"] == state for c in group) for state in _STATES_WORST_FIRST}
    badges = " ".join(badge(state, f"{n} {state}") for state, n in count.items() if n)
    rows = sorted(group, key=lambda c: _STATES_WORST_FIRST.index(c["state"]))
    made = table(
        f"{html_text(title)}, each constraint of the contract",
        _COLUMN_NAMES,
        [_constraint(constraint) for constraint in rows],
    )
    state = " open" if count["violated"] else ""
    return (
        f'<details class="group"{state}><summary><h3>{html_text(title)}</h3> {badges}</summary>\n'
        f"{made}</details>\n"
    )


def _constraint(constraint: dict[str, Json]) -> tuple[str, ...]:
    reason = ": ".join(part for part in (constraint["reason"], constraint["cure"]) if part)
    return (
        code(wording.format_location(constraint)),
        code(constraint["keyword"]),
        html_text(wording.format_provenance(constraint)),
        badge(constraint["state"], constraint["state"]),
        str(constraint["cases"]),
        html_text(reason),
    )


def undecided(data: dict[str, Json]) -> str:
    """Return why something is undecided, and what would decide it."""
    rows = [
        (html_text(reason), str(waiting) if waiting else "")
        for reason, waiting in wording.undecided(data)
    ]
    heads = ("Why, and what would decide it", "Constraints")
    return table("What the run could not decide", heads, rows) if rows else ""


def answers(data: dict[str, Json]) -> str:
    """Return how often each documented status was seen, and why not if never."""
    rows = [
        (code(status), str(state["seen"]), html_text(state["reason"] or ""))
        for status, state in data["statuses"].items()
    ]
    heads = ("Status", "Seen", "Why never")
    return table("The documented answers", heads, rows) if rows else ""


def deliveries(data: dict[str, Json]) -> str:
    """Return the deliveries, each beside its request."""
    rows = [
        (
            str(item["delivery"]),
            code(item["event"]) if item["event"] is not None else "none",
            str(item["request"]) if item["request"] is not None else "none",
            badge(_colour(item["verdict"]), item["verdict"]),
            code(item["sent"]),
            code(item["came"]),
        )
        for item in data["deliveries"]
    ]
    heads = (
        "Delivery",
        "Event",
        "Request",
        "Verdict",
        "Sent in the request",
        "Came in the delivery",
    )
    made = table("Deliveries beside their requests, those with findings first", heads, rows)
    return f'<div class="deliveries">{made}</div>' if rows else ""


def _colour(verdict: str) -> str:
    return "enforced" if verdict.startswith("conforms") else "violated"
