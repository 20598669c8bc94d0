"""`report.html`: the whole run on one page. Pure: report data and style sheet in, HTML out.

The page loads nothing and runs no script. Its Content-Security-Policy enforces this; it allows the
style sheet by its hash.
"""

from base64 import b64encode
from hashlib import sha256

from hookproof.reports import html_findings, html_tables, wording
from hookproof.reports.html_elements import badge, code, definition_list, html_text, section
from openapi.contract import Json

_MEANING = {
    "conforms": "The service conforms to every decided constraint.",
    "deviates": "The service violates the contract.",
    "not decided": "No violation, but some constraints are undecided (--require-decided).",
}


def page(data: dict[str, Json], style: str, release: str) -> str:
    """Return the page; `style` is its style sheet, `release` the version of hookproof."""
    style = f"\n{style.strip()}\n"
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    sections = _sections(data)
    same = code(wording.reproduction_command(data))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>hookproof: {html_text(wording.verdict(data))}</title>
<style>{style}</style>
</head>
<body>
{_header(data)}
<main>
{"".join(section(name, title, body) for name, (title, body) in sections.items())}</main>
<footer><p>hookproof {html_text(release)}; {same} sends the same cases again.</p></footer>
</body>
</html>
"""


def _sections(data: dict[str, Json]) -> dict[str, tuple[str, str]]:
    found, listed = len(wording.new_findings(data)), len(data["constraints"])
    return {
        "overview": ("Overview", _overview(data)),
        "findings": (wording.pluralize(found, "finding"), html_findings.findings(data)),
        "baseline": ("Baseline", html_findings.baseline(data)),
        "undecided": ("Undecided", html_tables.undecided(data)),
        "constraints": (wording.pluralize(listed, "constraint"), html_tables.constraints(data)),
        "responses": ("Responses", html_tables.responses(data)),
        "deliveries": ("Deliveries", html_tables.deliveries(data)),
    }


def _header(data: dict[str, Json]) -> str:
    word = wording.verdict(data)
    meaning = data["reason"] or _MEANING.get(word, "")
    contract = data["contract"]
    facts = definition_list(
        [
            ("Service", code(data["url"])),
            ("Contract", html_text(f"{contract['title']}, version {contract['version']}")),
            ("Started", f"{html_text(data['started'])}, {data['seconds']:.1f} s"),
            ("Seed", code(data["seed"])),
            ("Run", code(data["run_id"])),
            ("Profile", html_text(data["profile"])),
        ]
    )
    return f"""<header class="{word.replace(" ", "-")}">
<p class="brand">hookproof report</p>
<h1>{html_text(word.capitalize())}</h1>
<p class="counts">{html_text(wording.counts(data))}</p>
<p class="meaning">{html_text(meaning)}</p>
{facts}</header>"""


def _overview(data: dict[str, Json]) -> str:
    cards = [
        _card("Requests", str(data["requests"]), _replayed(data)),
        _card("Webhooks", str(data["webhooks"]["delivered"]), html_text(wording.webhooks(data))),
    ]
    if wording.created(data):
        cards.append(
            _card("Created", str(data["created"]["count"]), html_text(wording.created(data)))
        )
    statuses = wording.status_counts(data)
    if data["constraints"]:
        badges = " ".join(badge(status, f"{n} {status}") for status, n in statuses.items() if n)
        total = sum(statuses.values())
        cards.insert(0, _card("Constraints", str(total), f"{_bar(statuses)}{badges}"))
    return f'<div class="cards">{"".join(cards)}</div>\n'


def _replayed(data: dict[str, Json]) -> str:
    seen = [(k, entry["seen"]) for k, entry in data["statuses"].items() if entry["seen"]]
    parts = [f"{status}: {count}" for status, count in seen]
    replayed = data["cases"]["replayed"]
    return html_text(", ".join([*parts, f"{replayed} saved cases replayed"] if replayed else parts))


def _card(title: str, number: str, body: str) -> str:
    return f"<div><h3>{title}</h3><p class='number'>{number}</p><p>{body}</p></div>"


def _bar(statuses: dict[str, int]) -> str:
    total = sum(statuses.values())
    parts, left = "", 0.0
    for status in ("violated", "undecided", "enforced"):
        width = 100 * statuses[status] / total
        parts += f'<rect class="{status}" x="{left:.2f}" y="0" width="{width:.2f}" height="4"/>'
        left += width
    return (
        '<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">' + parts + "</svg>"
    )
