"""Command `hookproof lint`, and the line about errors that other commands print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command_line import parse_command_line
from support.processes import TESTS, hookproof_in, launched_with_log

from hookproof.commands.lint import exit_code
from hookproof.reports.annotation import MAX_ANNOTATIONS
from hookproof.reports.complaints import (
    LintedFile,
    complaint_annotations,
    complaint_lines,
    complaint_sarif,
)
from hookproof.reports.resources import MAX_LISTED_RESOURCES, resource_data, resource_lines
from openapi.complaint import Complaint
from openapi.linting.linter import PlacedComplaint
from openapi.linting.rules import RULES
from openapi.loading.loader import load_contract
from openapi.safe_text import escape_hidden

SHOP = (TESTS / "data" / "shop.yaml").read_text(encoding="utf-8")
FAULTY = (
    SHOP.replace("maxLength: 20", "maxLenght: 20")
    .replace("operationId: createItem", "operationId: readItem")
    .replace("format: date", "format: datum")
)
DOUBTFUL = SHOP.replace("format: date", "format: datum")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a good, a doubtful, a faulty and an unreadable document."""
    for name, text in (
        ("good", SHOP),
        ("doubtful", DOUBTFUL),
        ("faulty", FAULTY),
        ("unreadable", "openapi: ["),
    ):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.integration
def test_prints_every_complaint_with_place_and_edit_by_rule(folder: Path) -> None:
    done = hookproof_in(folder, "lint", "faulty.yaml")
    assert (done.returncode, done.stderr) == (1, "")
    line = FAULTY[: FAULTY.index("maxLenght")].count("\n") + 1
    pointer = "/components/schemas/Item/properties/name/maxLenght"
    assert re.search(
        rf"^unknown-keyword \(1 error\): .*\.\n"
        rf"  faulty\.yaml:{line}:\d+ \({pointer}\): .*; did you mean 'maxLength'\?\n"
        rf"    edit: write 'maxLength'$",
        done.stdout,
        re.MULTILINE,
    )
    rules = re.findall(r"^([a-z-]+) \(", done.stdout, re.MULTILINE)
    assert rules == ["operation-id", "unknown-keyword", "unknown-format"]
    assert done.stdout.splitlines()[-1] == "faulty.yaml: 2 errors, 1 warning"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.yaml"], 0),
        (["good.yaml", "--strict"], 0),
        (["doubtful.yaml"], 0),
        (["doubtful.yaml", "--strict"], 1),
        (["good.yaml", "faulty.yaml"], 1),
        (["unreadable.yaml"], 2),
        (["nowhere.yaml", "faulty.yaml"], 2),
    ],
)
def test_the_exit_code_says_how_bad_the_documents_are(
    folder: Path, arguments: list[str], code: int
) -> None:
    done = hookproof_in(folder, "lint", *arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == (code == 2)
    if code == 2:
        assert done.stderr.startswith(f"hookproof: {arguments[0]}:")


@pytest.mark.integration
def test_the_shipped_contract_and_the_documented_one_pass_strictly(tmp_path: Path) -> None:
    done = hookproof_in(tmp_path, "lint", "--strict")
    assert (done.returncode, done.stdout) == (
        0,
        "openapi/personal-access-tokens.yaml: 0 errors, 0 warnings\n",
    )
    parcels = str(TESTS / "data" / "parcels.yaml")
    assert hookproof_in(tmp_path, "lint", "--strict", parcels).returncode == 0


@pytest.mark.integration
def test_json_has_every_complaint(folder: Path) -> None:
    done = hookproof_in(folder, "lint", "faulty.yaml", "unreadable.yaml", "--format", "json")
    assert done.returncode == 2
    data = json.loads(done.stdout)
    assert (data["errors"], data["warnings"]) == (2, 1)
    assert "unreadable.yaml:2:1: not YAML" in data["unreadable"][0]
    first = data["complaints"][0]
    assert {key: first[key] for key in ("rule", "level", "file", "pointer", "disables")} == {
        "rule": "operation-id",
        "level": "error",
        "file": "faulty.yaml",
        "pointer": "/paths/~1items~1{id}/get/operationId",
        "disables": None,
    }
    lines = FAULTY.splitlines()
    for one in data["complaints"]:
        assert lines[one["line"] - 1][one["column"] - 1 :]
        assert one["message"]
        assert one["edit"]


@pytest.mark.integration
def test_shows_the_resources_before_the_counts(tmp_path: Path) -> None:
    orders = (TESTS / "data" / "orders.yaml").as_posix()
    done = hookproof_in(tmp_path, "lint", orders)
    assert done.stdout.splitlines() == [
        "resources: 2",
        "  /orders: create createOrder, read readOrder, list listOrders, replace replaceOrder, "
        "change changeOrder, delete deleteOrder, act cancelOrder; identity "
        "$response.body#/data/id ({orderId}); filters status, reference; pages by limit, cursor; "
        "idempotency key Idempotency-Key",
        "  /orders/{orderId}/lines: create addLine, read readLine, list listLines, delete "
        "deleteLine; identity $response.body#/lineId ({lineId}); pages by limit, offset",
        "",
        f"{orders}: 0 errors, 0 warnings",
    ]
    data = json.loads(hookproof_in(tmp_path, "lint", orders, "--format", "json").stdout)
    assert [one["collection"] for one in data["resources"]] == [
        "/orders",
        "/orders/{orderId}/lines",
    ]
    assert data["resources"][1] == {
        "file": orders,
        "collection": "/orders/{orderId}/lines",
        "operations": {
            "create": ["addLine"],
            "read": ["readLine"],
            "list": ["listLines"],
            "delete": ["deleteLine"],
        },
        "identity": "$response.body#/lineId",
        "parameter": "lineId",
        "filters": [],
        "paging": {"limit": "limit", "offset": "offset"},
        "idempotency_key": None,
    }


def test_the_list_of_resources_is_limited() -> None:
    one = resource_data("it", load_contract(TESTS / "data" / "shop.yaml"))
    assert [*resource_lines([])] == []
    assert len([*resource_lines(one * MAX_LISTED_RESOURCES)]) == MAX_LISTED_RESOURCES + 1
    lines = [*resource_lines(one * (MAX_LISTED_RESOURCES + 2))]
    assert len(lines) == MAX_LISTED_RESOURCES + 2
    assert lines[-1] == "  2 more resources; --format json has all of them"


@pytest.mark.integration
def test_sarif_has_a_result_with_its_rule_and_line(folder: Path) -> None:
    done = hookproof_in(folder, "lint", "faulty.yaml", "--format", "sarif")
    assert done.returncode == 1
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    driver = run["tool"]["driver"]
    assert driver["name"] == "hookproof"
    assert [rule["id"] for rule in driver["rules"]] == [rule.id for rule in RULES]
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "faulty.yaml"}
        keyword = location["logicalLocations"][0]["fullyQualifiedName"].rpartition("/")[2]
        assert f"{keyword}:" in FAULTY.splitlines()[physical["region"]["startLine"] - 1]
    assert (
        len({result["partialFingerprints"]["hookproofLint/v1"] for result in run["results"]}) == 3
    )


@pytest.mark.integration
def test_github_gets_an_annotation_for_each_complaint(folder: Path) -> None:
    done = hookproof_in(folder, "lint", "faulty.yaml", "unreadable.yaml", "--format", "github")
    lines = done.stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 3 + ["::warning"]
    assert lines[0].startswith("::error title=hookproof,file=unreadable.yaml::")
    line = FAULTY[: FAULTY.index("maxLenght")].count("\n") + 1
    assert f"title=hookproof unknown-keyword,file=faulty.yaml,line={line},col=" in lines[2]
    assert "%0Aedit: write 'maxLength'%0Apointer: /components" in lines[2]


def linted(number: int, text: str, level: Any = "warning") -> LintedFile:
    one = Complaint(level, "unknown-key", f"/{text}", text, text)
    return LintedFile(text, (PlacedComplaint(one, 1, 1),) * number)


def test_annotations_are_limited_and_errors_come_first() -> None:
    files = [linted(12, "doubtful"), linted(1, "wrong", "error")]
    lines = [*complaint_annotations(files)]
    assert len(lines) == MAX_ANNOTATIONS
    assert lines[0].startswith("::error title=hookproof unknown-key,file=wrong,")
    assert lines[-1] == "::warning title=hookproof::4 more; run hookproof lint"
    assert exit_code(files, strict=False) == 1
    assert exit_code(files[:1], strict=False) == 0


def test_text_of_a_document_stays_text() -> None:
    hostile = "\x1b[31m\u202e\n::error::injected ##[add-mask]y \udc80"
    files = [linted(1, hostile)]
    for line in complaint_lines(files):
        assert escape_hidden(line) == line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    (annotation,) = complaint_annotations(files)
    assert escape_hidden(annotation) == annotation
    (result,) = complaint_sarif(files, "1", 0)["runs"][0]["results"]
    assert escape_hidden(result["message"]["text"]) == result["message"]["text"]


ERRORS = "errors leave out 1 operation, 1 webhook and 2 constraints"


def faulty_parcels(path: Path) -> Path:
    """Write a document with four errors and a warning to `path`; return it."""
    text = (TESTS / "data" / "parcels.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("operation: amendParcel\n", "operation: amendParcels\n"),
        ("name: whyRecalled\n          in: query", "name: whyRecalled\n          in: body"),
        ("maxLength: 120", "maxLength: long"),
        ("maxLength: 40", "maxLength: short"),
        ("format: date\n", "format: datum\n"),
        ("format: date}", "format: datum}"),
    ):
        text = text.replace(old, new)
    # recallParcel is left out, and with it what links to it and what it triggers.
    text = re.sub(r"^  parcel\.recalled:\n.*?^  parcel\.amended:", "  parcel.amended:", text,
                  flags=re.MULTILINE | re.DOTALL)  # fmt: skip
    text = re.sub(r"^ *toRecall: .*\n", "", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.integration
@pytest.mark.parametrize(
    "arguments", [["faults"], ["token"], ["verify", "http://127.0.0.1:1", "--dry-run"]]
)
def test_a_command_counts_the_errors_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    faulty_parcels(tmp_path / "a b.yaml")
    done = hookproof_in(tmp_path, *arguments, "--contract", "a b.yaml")
    assert done.returncode == 0
    assert done.stderr == f"hookproof: a b.yaml: 4 {ERRORS}; run hookproof lint 'a b.yaml'\n"
    lint = hookproof_in(tmp_path, "lint", "a b.yaml")
    assert "a b.yaml: 4 errors, " in lint.stdout
    text = (TESTS / "data" / "parcels.yaml").read_text(encoding="utf-8")
    doubtful = text.replace("format: date}", "format: datum}")
    (tmp_path / "doubtful.yaml").write_text(doubtful, encoding="utf-8")
    assert hookproof_in(tmp_path, *arguments, "--contract", "doubtful.yaml").stderr == ""


@pytest.mark.integration
def test_a_mock_of_several_workers_prints_the_line_once(tmp_path: Path) -> None:
    path = faulty_parcels(tmp_path / "parcels.yaml")
    command = ["-m", "hookproof", "mock", "--port", "0", "--workers", "2", "--contract", str(path)]
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        with launched_with_log(command, log):
            pass
        log.seek(0)
        assert log.read().count(ERRORS) == 1


@pytest.mark.integration
@pytest.mark.parametrize("command", ["verify", "mock", "token", "faults", "selftest"])
def test_a_document_without_an_operation_is_nothing_to_do(command: str, tmp_path: Path) -> None:
    url = ["http://127.0.0.1:1"] if command == "verify" else []
    for name, text, sentence in (
        ("none.yaml", "openapi: 3.1.0\npaths: {}\n", "the document has no operation"),
        (
            "faulty.yaml",
            "openapi: 3.1.0\npaths: {'/a/{b}': {get: {responses: {}}}}\n",
            "1 error leaves out 1 operation; run hookproof lint faulty.yaml",
        ),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = hookproof_in(tmp_path, command, *url, "--contract", name)
        assert done.returncode == 2
        (line,) = [x for x in (done.stdout + done.stderr).splitlines() if "nothing to do" in x]
        assert f"{name}: nothing to do" in line
        assert sentence in line
        assert "Traceback" not in done.stderr


def test_the_hook_for_pre_commit_calls_an_existing_command() -> None:
    (hook,) = yaml.safe_load((TESTS.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == "hookproof-lint"
    program, *arguments = hook["entry"].split()
    assert program == "hookproof"
    names = ["openapi.yaml", "api/openapi.json", "openapi.yml"]
    parsed = parse_command_line([*arguments, *names])
    assert [str(path) for path in parsed.contract] == names
    assert all(re.search(hook["files"], name) for name in names)
    assert not re.search(hook["files"], "openapi.yaml.txt")
