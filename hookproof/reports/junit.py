"""`junit.xml`: one test case for each check. Pure: report data in, XML out."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from contracts.checks import CHECKS
from hookproof.reports import finding_place, wording
from openapi.contract import Json
from openapi.safe_text import escape_hidden


def junit(data: dict[str, Json]) -> str:
    """Return the run as a test suite: one test for each check.

    A check is skipped if the run left it out, if the baseline accepts its findings, or if they
    follow from a finding of another check. A run that judged nothing is one error.
    """
    cases = [_not_judged(data["reason"])] if data["reason"] else _cases(data)
    suite = Element(
        "testsuite",
        name="hookproof",
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{data['seconds']:.3f}",
        timestamp=escape_hidden(data["started"]),
    )
    suite.extend(cases)
    root = Element("testsuites", name="hookproof")
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(data: dict[str, Json]) -> list[Element]:
    by_check: dict[str, list[dict[str, Json]]] = {check: [] for check in wording.checks(data)}
    for finding in wording.findings_in_order(data):
        by_check.setdefault(finding["check"], []).append(finding)
    failing = {finding["id"] for finding in wording.failing_findings(data)}
    failing &= {finding["id"] for finding in wording.shown_findings(data)}
    return [_case(data, check, found, failing) for check, found in by_check.items()]


def _case(
    data: dict[str, Json], check: str, found: list[dict[str, Json]], failing: set[str]
) -> Element:
    group = CHECKS[check].__module__.rpartition(".")[2] if check in CHECKS else "other"
    group = "receiver" if wording.is_receiver(data) else group
    case = Element("testcase", classname=f"hookproof.{group}", name=escape_hidden(check), time="0")
    failed = [f for f in found if f["baseline_reason"] is None and f["id"] in failing]
    skipped = [*_skip_reasons(data, check, found)]
    others = [f for f in found if f not in failed]
    if failed:
        first = escape_hidden(failed[0]["message"])
        failure = SubElement(case, "failure", message=first, type=failed[0]["severity"])
        failure.text = "\n\n".join(_describe_finding(data, finding) for finding in failed)
    elif skipped:
        SubElement(case, "skipped", message=escape_hidden(skipped[0]))
    if others:
        SubElement(case, "system-out").text = "\n\n".join(
            _describe_finding(data, finding) for finding in others
        )
    return case


def _skip_reasons(data: dict[str, Json], check: str, found: list[dict[str, Json]]) -> Iterator[str]:
    """Yield why the test of a check counts as skipped, if none of its findings fails it."""
    if any(part["name"] == check and part["kind"] == "check" for part in data["left_out"]):
        yield f"left out; {wording.partial(data)}"
    for finding in found:
        if finding["baseline_reason"] is not None:
            yield f"accepted: {finding['baseline_reason']}"
    roots = {finding["id"]: finding for finding in wording.shown_findings(data)}
    for finding in found:
        root = roots.get(finding["follows_from"])
        if root is not None:
            yield f"follows from finding {root['id']} of {root['check']}: {root['message']}"


def _not_judged(reason: str) -> Element:
    case = Element("testcase", classname="hookproof", name="judged", time="0")
    SubElement(case, "error", message=escape_hidden(reason), type="not-judged")
    return case


def _describe_finding(data: dict[str, Json], finding: dict[str, Json]) -> str:
    lines = [
        f"{finding['severity'].upper()} {finding['message']}",
        f"place: {finding_place.place(data, finding)}",
        f"expected: {finding['expected']}",
        f"received: {finding['received']}",
        f"contract: {wording.format_provenance(finding)}; {wording.format_location(finding)}",
        f"count: {wording.occurrence_count(finding)}; finding {finding['id']}",
    ]
    lines += [
        f"follows: finding {other['id']}, {other['check']}: {other['message']}"
        for other in wording.followers(data, finding)
    ]
    if finding["baseline_reason"] is not None:
        lines.append(f"accepted: {finding['baseline_reason']}")
    if finding["curl"] is not None:
        lines.append(f"reproduce: {finding['curl']}")
    return "\n".join(escape_hidden(line) for line in lines)
