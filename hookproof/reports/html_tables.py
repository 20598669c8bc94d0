"""Tables of `report.html`: constraints by kind, undecided, responses, deliveries. Pure."""

from hookproof.reports import wording
from hookproof.reports.html_elements import badge, code, html_text, table
from openapi.contract import Json

_KINDS = {
    "request": "Requests",
    "response": "Responses",
    "header": "Headers",
    "security": "Security",
    "webhook": "Webhooks",
    "echo": "Echoes: request values in the payload",
    "signature": "Signatures",
}
_COLUMN_NAMES = ("Contract location", "Keyword", "Source", "Status", "Cases", "Reason if undecided")
_STATUSES_WORST_FIRST = ("violated", "undecided", "enforced")


def constraints(data: dict[str, Json]) -> str:
    """Return a folded table for each kind, with every constraint and its status."""
    groups = [
        (title, [c for c in data["constraints"] if c["kind"] == kind])
        for kind, title in _KINDS.items()
    ]
    return "".join(_kind(title, group) for title, group in groups if group)


def _kind(title: str, group: list[dict[str, Json]]) -> str:
    count = {status: sum(c["status"] == status for c in group) for status in _STATUSES_WORST_FIRST}
    badges = " ".join(badge(status, f"{n} {status}") for status, n in count.items() if n)
    rows = sorted(group, key=lambda c: _STATUSES_WORST_FIRST.index(c["status"]))
    content = table(
        f"{html_text(title)}, each constraint of the contract",
        _COLUMN_NAMES,
        [_constraint(constraint) for constraint in rows],
    )
    unfolded = " open" if count["violated"] else ""
    summary = f"<summary><h3>{html_text(title)}</h3> {badges}</summary>"
    return f'<details class="group"{unfolded}>{summary}\n{content}</details>\n'


def _constraint(constraint: dict[str, Json]) -> tuple[str, ...]:
    reason = ": ".join(part for part in (constraint["reason"], constraint["hint"]) if part)
    return (
        code(wording.format_location(constraint)),
        code(constraint["keyword"]),
        html_text(wording.format_provenance(constraint)),
        badge(constraint["status"], constraint["status"]),
        str(constraint["cases"]),
        html_text(reason),
    )


def undecided(data: dict[str, Json]) -> str:
    """Return a table of the reasons for undecided constraints, with hints."""
    rows = [
        (html_text(reason), str(waiting) if waiting else "")
        for reason, waiting in wording.undecided(data)
    ]
    heads = ("Reason and hint", "Constraints")
    return table("Undecided constraints", heads, rows) if rows else ""


def responses(data: dict[str, Json]) -> str:
    """Return a table with the count of each documented status, or the reason if it is 0."""
    rows = [
        (code(status), str(entry["seen"]), html_text(entry["reason"] or ""))
        for status, entry in data["statuses"].items()
    ]
    heads = ("Status", "Seen", "Reason if never seen")
    return table("Documented responses", heads, rows) if rows else ""


def deliveries(data: dict[str, Json]) -> str:
    """Return a table of the deliveries, each with its request."""
    rows = [
        (
            str(item["id"]),
            code(item["event"]) if item["event"] is not None else "none",
            str(item["request"]) if item["request"] is not None else "none",
            badge(_colour(item["verdict"]), item["verdict"]),
            code(item["request_body"]),
            code(item["delivery_body"]),
        )
        for item in data["deliveries"]
    ]
    heads = (
        "Delivery",
        "Event",
        "Request",
        "Verdict",
        "Request body",
        "Delivery body",
    )
    content = table("Deliveries and their requests, those with findings first", heads, rows)
    return f'<div class="deliveries">{content}</div>' if rows else ""


def _colour(verdict: str) -> str:
    return "enforced" if verdict.startswith("conforms") else "violated"
