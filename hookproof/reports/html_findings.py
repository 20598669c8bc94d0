"""Findings in HTML: expected and received, with the request, response and delivery. Pure."""

import json
from itertools import takewhile

from hookproof.reports import wording
from hookproof.reports.html_elements import badge, code, definition_list, html_text, table
from hookproof.reports.json_format import indent_json
from openapi.contract import Json

MAX_UNFOLDED_FINDINGS = 5


def findings(data: dict[str, Json]) -> str:
    """Return the findings that the baseline does not accept, violations first."""
    found = wording.new_findings(data)
    return "".join(
        _finding(finding, number < MAX_UNFOLDED_FINDINGS) for number, finding in enumerate(found)
    )


def baseline(data: dict[str, Json]) -> str:
    """Return the accepted findings, folded, and the resolved entries."""
    found = wording.findings_in_order(data)
    accepted = "".join(_finding(f, False) for f in found if f["baseline_reason"] is not None)
    entries = data["baseline"]["resolved"]
    if not entries:
        return accepted
    caption = f"Resolved: remove from {code(data['baseline']['file'] or 'the file')}"
    rows = [(code(entry["id"]), html_text(entry["reason"])) for entry in entries]
    return accepted + table(caption, ("Finding", "Reason"), rows)


def _finding(finding: dict[str, Json], unfolded: bool) -> str:
    name = finding["severity"]
    head = (
        f'{badge(name, name)} <span class="check">{code(finding["check"])}</span> '
        f'<span class="quiet">{html_text(wording.occurrence_count(finding))}</span>'
        f"<h3>{html_text(finding['message'])}</h3>"
    )
    reason = finding["baseline_reason"]
    body = (
        _expected(finding)
        + definition_list(
            [
                ("Source", html_text(wording.format_provenance(finding))),
                ("Contract location", code(wording.format_location(finding))),
                ("Location", code(finding["instance"]) if finding["instance"] else ""),
                ("Accepted by baseline", "" if reason is None else html_text(reason)),
                ("Finding", code(finding["id"])),
            ]
        )
        + _fields(finding["fields"])
        + _evidence(finding)
        + _reproduction(finding["curl"])
    )
    state = " open" if unfolded else ""
    return f'<details class="finding {name}"{state}><summary>{head}</summary>\n{body}</details>\n'


def _expected(finding: dict[str, Json]) -> str:
    pairs = [("Expected", finding["expected"]), ("Received", finding["received"])]
    boxes = "".join(
        f"<div><dt>{name}</dt><dd>{code(text)}</dd></div>" for name, text in pairs if text
    )
    return f'<dl class="pair">{boxes}</dl>\n' if boxes else ""


def _fields(fields: list[dict[str, Json]]) -> str:
    if not fields:
        return ""
    rows = []
    for field in fields:
        sent, received = (
            json.dumps(field[key], ensure_ascii=False) for key in ("sent", "received")
        )
        left, right = (
            (code(sent), code(received)) if not field["note"] else _mark_difference(sent, received)
        )
        rows.append((code(field["pointer"]), left, right, html_text(field["note"])))
    return table("Payload and request", ("Field", "Sent", "Received", "Note"), rows)


def _mark_difference(sent: str, received: str) -> tuple[str, str]:
    """Return both texts with their difference marked."""
    before = _common_prefix_length(sent, received)
    after = _common_prefix_length(sent[before:][::-1], received[before:][::-1])
    return _mark_middle(sent, before, after), _mark_middle(received, before, after)


def _common_prefix_length(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _mark_middle(text: str, before: int, after: int) -> str:
    end = len(text) - after
    middle = f"<mark>{html_text(text[before:end])}</mark>" if before < end else ""
    return f"<code>{html_text(text[:before])}{middle}{html_text(text[end:])}</code>"


def _evidence(finding: dict[str, Json]) -> str:
    request, response, delivery = (finding[key] for key in ("request", "response", "delivery"))
    panels = []
    if request is not None:
        size = wording.pluralize(request["bytes"], "byte")
        about = f"{request['description']}; credential: {request['credential']}; {size}"
        lines = [f"{request['method']} {request['target']}"]
        lines.append(f"Content-Type: {request['media_type'] or '(none)'}")
        panels.append(_panel(f"Request {request['number']}", about, lines, request["body"]))
    if response is not None:
        lines = [
            f"HTTP {response['status']}",
            f"Content-Type: {response['media_type'] or '(none)'}",
        ]
        panels.append(_panel("Response", "", lines, response["body"]))
    elif request is not None:
        panels.append(_panel("Response", "no response", [], ""))
    if delivery is not None:
        lines = [f"{delivery['method']} {delivery['target']}"]
        lines += [f"{header}: {value}" for header, value in delivery["headers"]]
        panels.append(_panel(f"Delivery {delivery['id']}", "", lines, delivery["body"]))
    return f'<div class="evidence">{"".join(panels)}</div>\n' if panels else ""


def _panel(title: str, about: str, lines: list[str], body: str) -> str:
    note = f' <span class="quiet">{html_text(about)}</span>' if about else ""
    head = "\n".join(lines)
    text = "\n\n".join(part for part in (head, indent_json(body)) if part)
    pre = f'<pre tabindex="0">{html_text(text)}</pre>' if text else ""
    return f"<figure><figcaption><b>{html_text(title)}</b>{note}</figcaption>{pre}</figure>"


def _reproduction(curl: str | None) -> str:
    if curl is None:
        return ""
    return f'<h4>Reproduce</h4><pre class="curl" tabindex="0">{html_text(curl)}</pre>\n'
