"""Selection of operations, budgets and failing operations, with real processes and ports."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from support.many_operations import (
    answering,
    judge_quickly,
    numbered,
    operation,
    path_parameter,
    write_contract,
)
from support.parcels import PATH as PARCELS
from support.parcels import SECRET, mock, token
from support.processes import TESTS, hookproof, verify

from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration

SCHEMA = json.loads(
    (TESTS.parent / "hookproof/reports/report.schema.json").read_text(encoding="utf-8")
)


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """Contract of the operations `op0` to `op4`."""
    write_contract(tmp_path / "contract.json", numbered(5))
    return tmp_path / "contract.json"


def test_the_mock_answers_an_excluded_operation_as_an_undocumented_one() -> None:
    receiver = f"http://127.0.0.1:{free_port()}"
    chosen = ["--exclude-operation", "recallParcel", "--exclude-operation", "GET /v1/parcels"]
    with mock(receiver, *chosen) as url, httpx.Client(base_url=url, trust_env=False) as client:
        refused = client.delete("/v1/parcels/7")
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET, PATCH"
        assert client.get("/v1/parcels").status_code == 405
        assert client.get("/v1/parcels/7").status_code == 401
        shown = client.get("/openapi.json").json()["paths"]
        assert [*shown["/v1/parcels"]] == ["post"]
    with mock(receiver, "--operation", "listParcels") as url:
        assert httpx.get(f"{url}/v1/parcels/7", trust_env=False).status_code == 404


def test_an_unknown_operation_is_one_sentence() -> None:
    for command in (["mock", "--port", "0"], ["verify", "http://127.0.0.1:1", "--dry-run"]):
        done = hookproof(*command, "--contract", str(PARCELS), "--operation", "bookParcels")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "hookproof: --operation: no operation matches 'bookParcels'; "
            "did you mean 'bookParcel'?\n"
        )


def test_a_run_sends_to_the_selected_operations_only(tmp_path: Path) -> None:
    port = free_port()
    known = {"HOOKPROOF_TOKEN": token(), "HOOKPROOF_WEBHOOK_SECRET": SECRET}
    chosen = {"HOOKPROOF_EXCLUDE_OPERATION": "DELETE, PATCH /v1/parcels/*"}
    options = ["--contract", str(PARCELS), "--profile", "quick", "--no-saved-cases"]
    with mock(f"http://127.0.0.1:{port}/hooks") as url:
        run = verify(url, port, tmp_path, *options, **known, **chosen)
    assert run.code == 0, run.out
    Draft202012Validator(SCHEMA).validate(run.report)
    assert {name.partition(" ")[0] for name in run.report["statuses"]} == {
        "bookParcel",
        "listParcels",
        "readParcel",
    }
    left = {part["name"] for part in run.report["left_out"] if part["kind"] == "operation"}
    assert left == {"amendParcel", "recallParcel"}
    assert run.report["operations"] == {"total": 5, "judged": 3, "undecided": []}
    assert run.report["partial"]["exclude-operation"] == ["DELETE", "PATCH /v1/parcels/*"]
    assert not [c for c in run.report["constraints"] if "parcel.recalled" in c["pointer"]]
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["verified"] > 0
    assert "2 operations (recallParcel, amendParcel): not selected" in run.out
    assert "without operations DELETE, PATCH /v1/parcels/*" in run.out


def test_an_operation_whose_creator_is_left_out_says_so(tmp_path: Path) -> None:
    port = free_port()
    known = {"HOOKPROOF_TOKEN": token(), "HOOKPROOF_WEBHOOK_SECRET": SECRET}
    options = ["--contract", str(PARCELS), "--profile", "quick", "--no-saved-cases"]
    with mock(f"http://127.0.0.1:{port}/hooks") as url:
        run = verify(url, port, tmp_path, *options, "--operation", "GET", **known)
    assert run.code == 0, run.out
    (undecided,) = run.report["operations"]["undecided"]
    assert undecided["id"] == "readParcel"
    assert undecided["cause"].startswith("never answered 2xx: 404 in 3 of 3 requests: ")
    assert "bookParcel is left out: pass --operation bookParcel too" in undecided["cause"]


def test_requests_are_shared_over_the_operations(five: Path) -> None:
    with answering() as (url, seen):
        code, out, report = judge_quickly(five, url, "--max-requests", "25")
    assert code == 0, out
    assert dict(seen) == {f"/op{n}": 5 for n in range(5)}
    sentence = "4 of 5 operations were cut short: its share of 25 requests was sent"
    assert any(sentence in one for one in report["undecided"])
    assert report["requests"] == 25


def test_a_small_budget_reaches_as_many_operations_as_possible(five: Path) -> None:
    with answering() as (url, seen):
        code, out, report = judge_quickly(five, url, "--max-requests", "3")
    assert code == 0, out
    assert dict(seen) == {"/op0": 1, "/op1": 1, "/op2": 1}
    left = [part for part in report["left_out"] if part["kind"] == "operation"]
    assert [part["name"] for part in left] == ["op3", "op4"]
    assert {part["reason"] for part in left} == {
        "3 requests are too few to reach it (--max-requests)"
    }
    assert "2 operations (op3, op4): 3 requests are too few" in out
    assert report["operations"] == {"total": 5, "judged": 3, "undecided": []}
    statuses = {
        c["status"] for c in report["constraints"] if c["pointer"].startswith("/paths/~1op4/")
    }
    assert statuses == {"not exercised"}


def test_seconds_limit_the_run_and_are_no_failure(five: Path) -> None:
    with answering() as (url, seen):
        code, out, report = judge_quickly(five, url, "--max-time", "0.001")
    assert (code, report["verdict"]) in ((0, "conforms"), (2, "not-judged")), out
    assert sum(seen.values()) < 5
    with answering() as (url, seen):
        code, out, report = judge_quickly(five, url, "--max-time", "0")
    assert (code, dict(seen)) == (2, {})
    assert "0 s have passed (--max-time)" in report["reason"]


def test_an_operation_that_fails_does_not_end_the_run(five: Path) -> None:
    with answering({"/op0": 404, "/op1": 401, "/op3": 0}) as (url, seen):
        code, out, report = judge_quickly(five, url, "--allow-destructive")
    # A missing response is a violation as soon as the service answers another request.
    assert code == 1, out
    assert {finding["check"] for finding in report["findings"]} == {"no-response"}
    assert seen["/op2"] > 10
    assert seen["/op4"] > 10
    causes = {one["id"]: one["cause"] for one in report["operations"]["undecided"]}
    assert causes["op0"] == (
        "never answered 2xx: 404 in 3 of 3 requests: "
        "the service has no such operation: check the URL and its path prefix"
    )
    assert "401 in 3 of 3 requests: the service requires a credential" in causes["op1"]
    assert causes["op3"].startswith("never answered 2xx: no response in ")
    assert report["operations"]["judged"] == 2
    for name, cause in causes.items():
        assert f"{name}: {cause}" in " ".join(out.split())
    statuses = {
        c["status"] for c in report["constraints"] if c["pointer"].startswith("/paths/~1op0/")
    }
    assert statuses == {"undecided"}


def test_a_5xx_to_a_plain_valid_request_is_a_violation_of_that_operation(five: Path) -> None:
    with answering({"/op0": 500}) as (url, seen):
        code, out, report = judge_quickly(five, url, "--allow-destructive")
    assert code == 1, out
    assert {finding["request"]["target"] for finding in report["findings"]} == {"/op0"}
    (undecided,) = report["operations"]["undecided"]
    assert undecided == {"id": "op0", "cause": "never answered 2xx: 500 in 3 of 3 requests"}
    assert seen["/op4"] > 10


def test_if_no_operation_can_be_judged_the_reasons_are_reported(five: Path) -> None:
    with answering({f"/op{n}": 401 if n else 404 for n in range(5)}) as (url, _):
        code, _, report = judge_quickly(five, url)
    assert (code, report["verdict"]) == (2, "not-judged")
    assert report["reason"] == (
        f"GET {url}/op0 got 404: the service has no such operation: check the URL and its path "
        f"prefix; GET {url}/op1 got 401: the service requires a credential, but the "
        "contract does not (and 3 more operations)"
    )


def test_a_refused_connection_ends_the_run_at_once(five: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, out, report = judge_quickly(five, url)
    assert code == 2
    assert report["reason"].startswith(f"GET {url}/op0: no connection")
    assert "op1" not in out


def test_silent_operations_end_the_run(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    write_contract(path, numbered(6))
    with answering({f"/op{n}": 0 for n in range(1, 6)}) as (url, seen):
        code, out, report = judge_quickly(path, url)
    assert code == 1, out
    assert {*seen} == {"/op0", "/op1", "/op2", "/op3"}
    left = {part["name"] for part in report["left_out"] if part["kind"] == "operation"}
    assert left == {"op4", "op5"}


def test_exit_first_sends_nothing_to_later_operations(five: Path) -> None:
    with answering({"/op1": 500}) as (url, seen):
        code, out, _ = judge_quickly(five, url, "--exit-first")
    assert code == 1, out
    assert {*seen} == {"/op0", "/op1"}


def test_a_resource_of_a_failing_creator_is_not_asked_for(tmp_path: Path) -> None:
    link = {"toGet": {"operationId": "getUser", "parameters": {"id": "$response.body#/id"}}}
    create = operation("addUser")
    create["responses"]["200"]["links"] = link
    paths: dict[str, dict[str, Any]] = {
        "/users": {"post": create},
        "/users/{id}": {"parameters": [path_parameter("id")], "get": operation("getUser")},
        "/health": {"get": operation("health")},
    }
    path = tmp_path / "contract.json"
    write_contract(path, paths)
    with answering({"/users": 403}) as (url, seen):
        code, out, report = judge_quickly(path, url)
    assert code == 0, out
    assert seen["/users"] == 3
    assert {*seen} == {"/users", "/health"}
    causes = {one["id"]: one["cause"] for one in report["operations"]["undecided"]}
    assert causes["getUser"] == "it needs a resource of addUser, which is undecided"


def test_a_dry_run_estimates_each_selected_operation(five: Path) -> None:
    done = hookproof(
        "verify", "http://127.0.0.1:1", "--contract", str(five), "--dry-run",
        "--exclude-operation", "op1", "--max-requests", "9", "--max-time", "60",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *operations, last = done.stdout.splitlines()
    assert [line.partition(": about ")[0] for line in operations] == [
        f"op{n} (GET /op{n})" for n in (0, 2, 3, 4)
    ]
    assert last.endswith("stops after 9 requests (--max-requests) or 60 s (--max-time)")


def test_a_wrong_time_is_one_sentence() -> None:
    done = hookproof("verify", "http://127.0.0.1:1", "--max-time", "soon")
    assert done.returncode == 2
    assert "'soon' is not a number of seconds from 0 to 86400" in done.stderr
