"""Reports: formats, published schema, and hostile text that stays text."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from rich.cells import cell_len
from rich.console import Console
from support.processes import TESTS

from contracts.checks import CHECKS
from hookproof.reports.annotation import MAX_ANNOTATIONS
from hookproof.reports.contract_source import read_contract_source
from hookproof.reports.finding_place import place
from hookproof.reports.github import annotations, step_summary
from hookproof.reports.json_format import indent_json
from hookproof.reports.junit import junit
from hookproof.reports.sarif import ReportFile, sarif
from hookproof.reports.terminal import MAX_SCREEN_LINES, format_summary
from hookproof.reports.writer import render_reports, write_reports
from openapi.loading.loader import default_contract_path
from openapi.safe_text import escape_ci_command, escape_hidden

Data = dict[str, Any]
SCHEMA: Data = json.loads(files("hookproof.reports").joinpath("report.schema.json").read_text())
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(1)> "><img src=x> {{ 7 * 7 }}{% if %} '
    "]]> --> \"' & \x1b[31m\x07\x00\x9b"
    "\u202eevil\u2066 \ud800 \ufffe \u200b\u2028 \r\n::error::injected\n  ::stop-commands::x "
    "##[add-mask]y "
    "%0A::error::z | `code` [a](javascript:x) </code></pre></details>\n```\n# head\n" + "long" * 200
)
FIXED = {
    "verdict", "severity", "provenance", "kind", "status", "profile", "id", "started", "reason",
    "follows_from",
}  # fmt: skip
"""Fields without text of the service. `reason` has a separate test with hostile text."""
REPORT = ReportFile("hookproof-report/report.json", "{}")


@pytest.fixture
def data() -> Data:
    text = (TESTS / "data" / "report.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def with_hostile_text(value: Any, name: str = "") -> Any:
    """Return the data with hostile text appended to every text that a service can choose."""
    if isinstance(value, dict):
        return {key: with_hostile_text(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [with_hostile_text(item, name) for item in value]
    return value + HOSTILE if isinstance(value, str) and name not in FIXED else value


class Elements(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: dict[str, int] = {}
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def uncoloured(line: str) -> str:
    """Return a line of a terminal without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", line)


def page(data: Data) -> str:
    return render_reports(data, read_contract_source(None, Path.cwd()), Path("r"))["report.html"]


def test_the_test_data_conforms_to_the_published_schema(data: Data) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(data)
    assert not validator.is_valid({**data, "more": 1})
    described = [SCHEMA, *SCHEMA["$defs"].values()]
    objects = [part for part in described if "properties" in part]
    assert all(part["additionalProperties"] is False for part in objects)
    assert all(set(part["required"]) == set(part["properties"]) for part in objects)


def test_the_page_shows_everything_and_loads_nothing(data: Data) -> None:
    text = page(data)
    found = Elements(text)
    for told in (
        "Deviates",
        "2 violations, 1 warning, 1 accepted finding",
        "130685236",
        "[secret]",
    ):
        assert told in found.text
    for finding in data["findings"]:
        assert finding["message"] in found.text
        assert (finding["curl"] or "") in found.text
    for constraint in data["constraints"]:
        assert constraint["pointer"] in found.text
    assert not found.attributes & {"src", "style", "action", "srcset"}
    links = re.findall(r'href="([^"]*)"', text)
    sections = ["#findings", "#constraints", "#traffic", "#run"]
    assert links == [*sections, *(f"#finding-{one['id']}" for one in data["findings"])]
    assert all(f'id="{link[1:]}"' in text for link in links)
    assert found.tags["style"] == 1
    style = text.partition("<style>")[2].partition("</style>")[0]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{allowed}';" in text
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_stays_text_on_the_page(data: Data) -> None:
    tame, wild = Elements(page(data)), Elements(page(with_hostile_text(data)))
    # Hidden characters and differences in a text add only `b` and `mark` elements.
    assert set(wild.tags) == set(tame.tags)
    assert {t: n for t, n in wild.tags.items() if t not in ("b", "mark")} == {
        t: n for t, n in tame.tags.items() if t not in ("b", "mark")
    }
    assert wild.attributes == tame.attributes
    assert "<script>alert(1)</script>" in wild.text
    assert "\\x1b" in wild.text
    assert escape_hidden(wild.text, keep="\n\t") == wild.text


def test_the_template_escapes_every_value_in_an_attribute() -> None:
    template = files("hookproof.reports").joinpath("report.html.jinja").read_text(encoding="utf-8")
    attributes = re.findall(r"""=(["'])((?:(?!\1)[^{]|\{\{.*?\}\})*)\1""", template)
    values = [value for _, text in attributes for value in re.findall(r"\{\{.*?\}\}", text)]
    assert len(values) > 5
    assert all(value.endswith("|e }}") for value in values), values
    # The style sheets and the logo are files of the project.
    assert re.findall(r"(\w+)\|safe", template) == ["style", "icon"]


def test_hostile_text_stays_text_in_junit_json_and_sarif(data: Data, tmp_path: Path) -> None:
    write_reports(with_hostile_text(data), tmp_path, {}, None)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert len(suite) == len(CHECKS) + len({f["check"] for f in data["findings"]})
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "<script>" in (failure.text or "")
    assert "\\x1b" in (failure.text or "")
    again = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert again == with_hostile_text(data)
    results = json.loads((tmp_path / "report.sarif").read_text(encoding="utf-8"))
    told = results["runs"][0]["results"][0]["message"]["text"]
    assert escape_hidden(told, keep="\n") == told


def test_hostile_text_does_not_control_terminal_or_ci_runner(data: Data) -> None:
    for console in (None, Console(width=80), Console(width=20)):
        for line in format_summary(with_hostile_text(data), "reports", console):
            assert escape_hidden(uncoloured(line)) == uncoloured(line)
            assert not line.lstrip().startswith("::")
            assert "##[" not in line
    for line in annotations(with_hostile_text(data), read_contract_source(None, Path.cwd())):
        assert escape_hidden(line) == line
        assert line.startswith(("::error title=hookproof", "::warning title=hookproof"))
        head = line.partition("::")[2].partition("::")[0]
        assert not set(",:") & set(head)
    assert escape_ci_command("  ::error::x") == "  \\x3a:error::x"
    assert escape_ci_command("see ##[group]x ##vso[y] #") == "see \\x23#[group]x \\x23#vso[y] #"


def test_hostile_text_stays_text_in_the_step_summary(data: Data) -> None:
    text = step_summary(with_hostile_text(data))
    # A block of code is raw: nothing in it ends the block, or is longer than one line.
    blocks = re.findall(r"^(`{3,})sh\n(.*)\n\1$", text, re.MULTILINE)
    assert len(blocks) == 3
    assert all("`" * len(fence) not in command for fence, command in blocks)
    text = re.sub(r"^(`{3,})sh\n.*\n\1$", "", text, flags=re.MULTILINE)
    for line in text.splitlines():
        assert line == "" or line.startswith(
            ("## ", "### ", "| ", "|---|", "&#", *"abcdefghijklmnopqrstuvwxyz0123456789")
        )
        assert not line.startswith("|") or line.count("|") == 3
    for sign in "<>`[]*_\\":
        assert sign not in text
    assert len(text.encode()) < 1024 * 1024


def test_the_step_summary_is_cut_to_the_limit_of_github(data: Data) -> None:
    data["findings"] = data["findings"] * 1000
    assert 1000 * 1024 < len(step_summary(data).encode()) <= 1024 * 1024
    assert step_summary(data).endswith("See `report.html` for more.\n")
    assert len(step_summary(data, 300)) <= 300
    assert step_summary(data, 10) == ""


def test_the_summary_fits_one_screen_and_ends_with_the_verdict(data: Data) -> None:
    for number, most in ((1, 24), (3, MAX_SCREEN_LINES), (15, MAX_SCREEN_LINES), (60, 75)):
        found = [{**data["findings"][0], "id": f"{n:08x}"} for n in range(number)]
        lines = format_summary({**data, "findings": found}, "reports", Console(width=100))
        assert len(lines) <= most
        assert uncoloured(lines[-1]).startswith(f"DEVIATES: {number} violation")
        assert sum(uncoloured(line).startswith("VIOLATION") for line in lines) == number
        assert any(line.startswith("  expected") for line in lines) is (number < 60)


def test_all_details_are_printed_where_stdout_is_no_terminal(data: Data) -> None:
    found = [{**data["findings"][0], "id": f"{n:08x}"} for n in range(60)]
    found[0]["curl"] = f"curl {'x' * 3000}"
    lines = format_summary({**data, "findings": found}, "reports")
    assert sum(line.startswith("  count ") for line in lines) == 60
    assert f"  reproduce {found[0]['curl']}" in lines
    assert sum(line.startswith("Undecided ") for line in lines) == 1
    assert "Left out     rate-limit: pass --extra-phase rate-limit" in lines


def test_every_report_has_the_place_of_a_finding_that_its_message_lacks(data: Data) -> None:
    message = '"2026-01-01" breaks format: "date-time"'
    found = {**data["findings"][0], "message": message, "instance": "/data/user/lastLoginAt"}
    data["findings"] = [found]
    place = "webhook /data/user/lastLoginAt"
    assert f"  place     {place}" in format_summary(data, "reports")
    assert f"place: {place}" in (cases(data)["webhook-echo"][0].text or "")
    assert f"| Place | {place.replace('/', '&#47;')} |" in step_summary(data)
    (result,) = sarif(data, None, "1", REPORT)["runs"][0]["results"]
    assert result["properties"]["place"] == place
    assert " ".join(Elements(page(data)).text.split()).count(place) == 1


@pytest.mark.parametrize(
    ("check", "instance", "total", "shown"),
    [
        ("webhook-schema", "/data/name", 1, "webhook /data/name"),
        ("webhook-schema", "", 1, "webhook body"),
        ("webhook-redelivery", None, 1, "webhook"),
        ("response-schema", "/message", 1, "response 201 /message"),
        ("response-headers", "/retry-after", 1, "response 201 header retry-after"),
        ("response-media-type", "/content-type", 1, "response 201 header content-type"),
        ("invalid-request", "/name", 1, "request /name"),
        ("valid-request", None, 1, "response 201"),
        ("valid-request", None, 2, "POST /v3/personal-access-tokens response 201"),
        ("webhook-echo", "/data/name", 2, "webhook personalAccessToken.created /data/name"),
    ],
)
def test_a_place_names_the_message_and_its_part(
    data: Data, check: str, instance: str | None, total: int, shown: str
) -> None:
    found = {**data["findings"][0], "check": check, "instance": instance}
    if not check.startswith("webhook-"):
        found["delivery"] = None
    data["operations"]["total"] = total
    assert place(data, found) == shown
    path = {**found, "pointer": "/paths/~1pets~1{id}/get/responses/200"}
    is_named = total > 1 and not check.startswith("webhook-")
    assert (place(data, path)[:15] == "GET /pets/{id} ") is is_named


def test_a_webhook_without_a_delivery_has_the_event_of_its_constraint(data: Data) -> None:
    found = {**data["findings"][0], "check": "webhook-sent", "instance": None, "delivery": None}
    data["operations"]["total"] = 2
    assert place(data, {**found, "pointer": "/webhooks/pet.created/post"}) == "webhook pet.created"
    assert place(data, {**found, "pointer": "/components/schemas/Pet"}) == "webhook"


def test_the_place_of_a_receiver_is_its_response(data: Data) -> None:
    found = {**data["findings"][0], "check": "forged", "instance": None, "request": None}
    receiver = {**data, "command": "verify-receiver"}
    assert place(receiver, found) == "response 201"
    assert place(receiver, {**found, "response": None}) == "delivery"


def followed(data: Data) -> Data:
    """Return the data with a finding that follows from the first one."""
    first, *rest = data["findings"]
    other = {**rest[0], "id": "0badcafe", "check": "webhook-schema", "follows_from": first["id"]}
    return {**data, "findings": [first, *rest, {**other, "message": "the one that follows"}]}


def test_a_finding_that_follows_is_told_at_its_root(data: Data) -> None:
    data = followed(data)
    told = "and 1 that follows from it (webhook-schema)"
    lines = format_summary(data, "reports")
    assert sum(told in line for line in lines) == 1
    assert not any(line.startswith("VIOLATION webhook-schema") for line in lines)
    assert "2 violations, 1 warning, 1 finding that follows, 1 accepted finding" in lines[-1]
    assert sum(told.replace(",", "%2C") in line for line in annotations(data, None)) == 1
    results = sarif(data, None, "1", REPORT)["runs"][0]["results"]
    assert [told in one["message"]["text"] for one in results] == [True, False, False, False]
    found = cases(data)
    assert [e.tag for e in found["webhook-schema"]] == ["skipped", "system-out"]
    assert "follows from finding 9c41d7e2" in found["webhook-schema"][0].attrib["message"]
    assert "0badcafe" in (found["webhook-echo"][0].text or "")
    text = Elements(page(data)).text
    assert text.count("the one that follows") == 1
    assert "webhook&#45;schema" in step_summary(data)


def test_a_finding_that_follows_from_an_accepted_one_stands_alone(data: Data) -> None:
    data = followed(data)
    data["findings"][0]["baseline_reason"] = "TOK-1"
    lines = format_summary(data, "reports")
    assert any(line.startswith("VIOLATION webhook-schema") for line in lines)
    assert not any("that follows from it" in line for line in lines)
    assert [e.tag for e in cases(data)["webhook-schema"]] == ["failure"]


def test_a_partial_run_says_so_everywhere(data: Data) -> None:
    left = [{"name": "webhook-late", "kind": "check", "reason": "only webhook-echo"}]
    limits = {"only": ["webhook-echo"], "skip": ["fuzzing"], "operation": ["GET /users"]}
    data |= {"partial": {**limits, "exclude-operation": []}, "left_out": left}
    told = "partial: only webhook-echo; without fuzzing; only operations GET /users"
    assert f"({told})" in format_summary(data, "reports")[-1]
    text = Elements(page(data)).text
    assert f"P{told[1:]}" in text
    assert "--only webhook-echo --skip fuzzing --operation 'GET /users'" in text
    assert "partial" in step_summary(data).splitlines()[0]
    assert [e.tag for e in cases(data)["webhook-late"]] == ["skipped"]
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data)


def test_undecided_and_untested_operations_are_named_and_counted(data: Data) -> None:
    undecided = [{"id": f"op{n}", "cause": f"never answered 2xx: {n}"} for n in range(12)]
    reason = "40 requests were sent (--max-requests)"
    seen = {"op0 200": 4, "op0 404": 1, "op1 200": 3, "op1 404": 0}
    data |= {
        "statuses": {name: {"seen": count, "reason": None} for name, count in seen.items()},
        "operations": {"total": 1000, "judged": 20, "undecided": undecided},
        "undecided": [*(f"{one['id']}: {one['cause']}" for one in undecided), "another sentence"],
        "left_out": [
            {"name": f"op{n}", "kind": "operation", "reason": reason} for n in range(32, 1000)
        ],
    }
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data)
    lines = format_summary(data, "reports")
    counts = "20 of 1000 judged, 12 undecided, 968 not exercised"
    assert f"Operations   {counts}" in lines
    assert "Responses    200: 7, 404: 1" in lines
    assert [line.removeprefix("Undecided    ") for line in lines if line[:9] == "Undecided"] == [
        *(f"op{n}: never answered 2xx: {n}" for n in range(10)),
        "and 2 more operations, in report.json",
        "another sentence",
    ]
    left = f"968 operations (op32, op33, op34, op35, op36 and 963 more): {reason}"
    assert f"Left out     {left}" in lines
    text = Elements(page(data)).text
    assert counts in text
    assert left in text
    assert "op11: never answered 2xx: 11" in text
    assert "20 of 1000 judged" in step_summary(data)


def test_deliveries_on_the_page_are_folded_and_those_of_findings(data: Data) -> None:
    item = data["deliveries"][0]
    data["deliveries"] = [{**item, "id": n, "request_body": f"body {n}"} for n in range(90, 110)]
    text = page(data)
    assert "body 102" in text
    assert "body 103" not in text
    fold = re.compile(r"<details([^>]*)>\s*<summary><h3>Deliveries with findings</h3>")
    assert re.findall(fold, text) == [' class="card fold"']


def test_colour_and_width_follow_the_terminal(data: Data) -> None:
    plain = format_summary(data, "reports")
    assert format_summary(data, "reports", Console(width=600)) != plain
    assert not any("\x1b" in line for line in plain)
    narrow = format_summary(data, "reports", Console(width=60))
    long = [line for line in narrow[:-1] if len(uncoloured(line)) > 60]
    assert all("curl" in line or "/" in line for line in long)
    assert " ".join(data["findings"][0]["message"].split()) in " ".join("".join(narrow).split())


def test_wide_characters_take_two_columns_of_the_terminal(data: Data) -> None:
    message = "漢字 🔑 " * 60
    data["findings"][0] |= {"message": message, "expected": message}
    lines = format_summary(data, "reports", Console(width=60))
    wide = [line for line in lines if "漢字" in line and line[0] == " "]
    assert len(wide) > 5
    assert all(50 < cell_len(line) <= 60 for line in wide[:-2])
    assert wide[-1].endswith("…")
    assert "".join(message.split()) in "".join("".join(lines).split())


def test_every_report_has_the_reason_of_a_run_without_verdict(data: Data, tmp_path: Path) -> None:
    reason = "no token was given: pass --token" + HOSTILE[:300]
    data |= {"verdict": "not-judged", "exit_code": 2, "reason": reason, "findings": []}
    data |= {"constraints": [], "statuses": {}, "deliveries": [], "undecided": []}
    write_reports(data, tmp_path, {}, None)
    case = ElementTree.parse(tmp_path / "junit.xml").getroot()[0][0]
    (error,) = case
    invocation = sarif(data, None, "1", REPORT)["runs"][0]["invocations"][0]
    assert (error.tag, invocation["executionSuccessful"]) == ("error", False)
    (annotation,) = annotations(data, None)
    for text in (
        error.attrib["message"],
        annotation,
        "\n".join(format_summary(data, "reports")),
        Elements((tmp_path / "report.html").read_text(encoding="utf-8")).text,
        invocation["toolExecutionNotifications"][0]["message"]["text"],
    ):
        assert "no token was given: pass --token" in text
    assert "could not judge" in format_summary(data, "reports")[-1].lower()
    assert "0 violations" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def cases(data: Data) -> dict[str, Any]:
    suite = ElementTree.fromstring(junit(data).partition("\n")[2])[0]
    assert int(suite.attrib["tests"]) == len(suite)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    return {case.attrib["name"]: case for case in suite}


def test_each_check_is_a_test_case_and_an_accepted_finding_is_skipped(data: Data) -> None:
    found = cases(data)
    assert list(found) == list(CHECKS)
    assert found["webhook-echo"].attrib["classname"] == "hookproof.payloads"
    assert [e.tag for e in found["webhook-echo"]] == ["failure"]
    assert [e.tag for e in found["allowed-rejection"]] == ["system-out"]
    assert [e.tag for e in found["response-headers"]] == ["skipped", "system-out"]
    assert "TOK-118" in found["response-headers"][0].attrib["message"]
    assert len(found["no-response"]) == 0
    # With --strict, warnings alone make the verdict "deviates".
    data["findings"] = [f for f in data["findings"] if f["severity"] == "warning"]
    assert [e.tag for e in cases(data)["allowed-rejection"]] == ["failure"]
    conforming = cases({**data, "verdict": "conforms"})
    assert [e.tag for e in conforming["allowed-rejection"]] == ["system-out"]


def test_a_sarif_result_has_its_line_of_the_contract(data: Data, tmp_path: Path) -> None:
    own = tmp_path / "api" / "contract of ours.yaml"
    own.parent.mkdir()
    own.write_text(default_contract_path().read_text(encoding="utf-8"), encoding="utf-8")
    text = own.read_text(encoding="utf-8").splitlines()
    (run,) = sarif(data, read_contract_source(own, tmp_path), "1.2.3", REPORT)["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("hookproof", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == list(CHECKS)
    assert all(rule["shortDescription"]["text"].endswith(".") for rule in driver["rules"])
    for result, level in zip(run["results"], ("error", "error", "warning", "error"), strict=True):
        assert result["level"] == level
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (finding,) = (f for f in data["findings"] if f["check"] == result["ruleId"])
        assert result["partialFingerprints"] == {"hookproof/v1": finding["id"]}
        assert len(result["suppressions"]) == (finding["baseline_reason"] is not None)
        (location,) = result["locations"]
        assert location["logicalLocations"][0]["fullyQualifiedName"] == finding["pointer"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "api/contract%20of%20ours.yaml"}
        keyword = finding["pointer"].rpartition("/")[2]
        if not keyword.isdecimal():
            assert f"{keyword}:" in text[physical["region"]["startLine"] - 1]
    assert read_contract_source(tmp_path / "none.yaml", tmp_path) is None


def test_a_sarif_result_of_the_shipped_contract_is_in_the_report(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_reports(data, tmp_path / "a b", {}, None)
    (run,) = json.loads((tmp_path / "a b" / "report.sarif").read_text())["runs"]
    lines = (tmp_path / "a b" / "report.json").read_text().splitlines()
    assert len(run["results"]) == len(data["findings"])
    for result in run["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "a%20b/report.json"}
        found = result["partialFingerprints"]["hookproof/v1"]
        assert f'"id": "{found}"' in lines[physical["region"]["startLine"] - 1]
    monkeypatch.chdir(tmp_path / "a b")
    absolute = sarif(data, None, "1", ReportFile("/x y/report.json", ""))["runs"][0]["results"][0]
    physical = absolute["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "file:///x%20y/report.json"}
    assert physical["region"]["startLine"] == 1


def test_each_sarif_rule_has_help_with_its_frequent_causes(data: Data) -> None:
    rules = sarif(data, None, "1", REPORT)["runs"][0]["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["shortDescription"]["text"] in rule["help"]["text"]
    helps = {rule["id"]: rule["help"]["text"] for rule in rules}
    assert "Frequent causes: an unhandled exception." in helps["server-error"]


def test_annotations_are_limited_and_name_the_contract_file(data: Data, tmp_path: Path) -> None:
    own = tmp_path / "a,b:c%.yaml"
    own.write_text(default_contract_path().read_text(encoding="utf-8"), encoding="utf-8")
    lines = annotations(data, read_contract_source(own, tmp_path))
    assert [line.split()[0] for line in lines] == ["::error", "::error", "::warning"]
    assert all(",file=a%2Cb%3Ac%25.yaml,line=" in line for line in lines)
    data["findings"] = data["findings"][:3] * 5
    lines = annotations(data, None)
    assert len(lines) == MAX_ANNOTATIONS
    assert lines[-1] == "::error title=hookproof::6 more, in report.html"


def test_infinite_numbers_are_strings_in_json(data: Data) -> None:
    data["findings"][0]["fields"][0]["received"] = json.loads('[1e999, {"a": -1e999}, 1.5]')
    text = render_reports(data, None, Path("r"))["report.json"]
    again = json.loads(text, parse_constant=pytest.fail)
    assert again["findings"][0]["fields"][0]["received"] == ["inf", {"a": "-inf"}, 1.5]


@pytest.mark.parametrize("asked", [True, False])
def test_annotations_and_summary_are_written_only_in_github_actions(
    data: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: bool
) -> None:
    step = tmp_path / "summary.md"
    step.write_text("what stood there\n", encoding="utf-8")
    asks = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(step)}
    write_reports(data, tmp_path / "reports", asks if asked else {}, None)
    said = capsys.readouterr().out.splitlines()
    assert [line[:7] for line in said] == (["::error", "::error", "::warni"] if asked else [])
    assert (step.read_text(encoding="utf-8") != "what stood there\n") is asked
    assert step.read_text(encoding="utf-8").startswith("what stood there\n")
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        "junit.xml", "report.html", "report.json", "report.sarif",
    ]  # fmt: skip


def test_a_failed_write_leaves_no_temporary_file(data: Data, tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    (tmp_path / "report.html" / "in the way").touch()
    with pytest.raises(OSError, match=r"report\.html"):
        write_reports(data, tmp_path, {}, None)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"a": [1.00, {}], "a": "x{"}', '{\n  "a": [\n    1.00,\n    {}\n  ],\n  "a": "x{"\n}'),
        ('{"cut": "of', '{\n  "cut": "of'),
        ("{broken  json}", "{broken  json}"),
        ("not { json", "not { json"),
        ('["\\', '[\n  "\\'),
        ("]" * 3, "]" * 3),
        ("[" * 2 + "]" * 4, "[\n  []\n]\n]\n]"),
    ],
)
def test_indenting_json_keeps_every_token(text: str, lines: str) -> None:
    assert indent_json(text) == lines


RENDERERS: dict[str, Callable[[Data], object]] = {
    "page": page,
    "junit": junit,
    "sarif": lambda data: sarif(data, None, "1", REPORT),
    "annotations": lambda data: annotations(data, None),
    "summary": step_summary,
    "terminal": lambda data: format_summary(data, "reports"),
}


@pytest.mark.parametrize("name", RENDERERS)
def test_rendering_is_deterministic_and_keeps_the_data(name: str, data: Data) -> None:
    before = json.dumps(data)
    assert RENDERERS[name](data) == RENDERERS[name](data)
    assert json.dumps(data) == before
