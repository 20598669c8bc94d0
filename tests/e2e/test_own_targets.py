"""A run changes and deletes only what it created, unless `--allow-destructive` is given."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from shop_floor_service import DOCUMENT, MAX_ID, REFUSED
from support.many_operations import judge_quickly
from support.processes import SHARED, hookproof_in, started

pytestmark = pytest.mark.integration

HINT = "pass --allow-destructive"
Judged = tuple[int, str, dict[str, Any], list[tuple[str, str]], set[int]]


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Judged]:
    """Judge the service, with its options and those of the run.

    Return exit code, output, report, what the service was asked to change, and the ids that it
    issued.
    """

    def judge(*options: str, service: tuple[str, ...] = ()) -> Judged:
        contract = tmp_path / "contract.json"
        contract.write_text(json.dumps(DOCUMENT), encoding="utf-8")
        command = ["-m", "shop_floor_service", *service]
        with started(command, PYTHONPATH=str(SHARED)) as url:
            code, out, report = judge_quickly(contract, url, *options)
            seen = httpx.get(f"{url}/_asked", trust_env=False).json()
        asked = [(method, path) for method, path in seen["asked"]]
        return code, out, report, asked, set(seen["issued"])

    return judge


def of_others(asked: list[tuple[str, str]], issued: set[int]) -> list[tuple[str, str]]:
    """Return what was asked of a record that the service did not issue, or of no record at all.

    A name that no record has changes none. A POST below the own order or to a collection creates.
    """
    found = []
    for method, path in asked:
        parts = path.strip("/").split("/")
        if method == "POST" and len(parts) in (1, 3) and parts[-1] in ("orders", "lines", "guests"):
            continue
        texts = parts[1::2]
        numbers = [int(m[0]) for m in (re.match("[0-9]+", text) for text in texts) if m]
        unknown = [text for text in texts if not re.match("[0-9]", text)]
        own = all(number in issued or number > 2**30 for number in numbers)
        if not texts or not own or any(text in ("", ".", "..") for text in unknown):
            found.append((method, path))
    return found


def untested(report: dict[str, Any]) -> dict[str, str]:
    """Return the reason of each operation that the run left out, by its id."""
    return {p["name"]: p["reason"] for p in report["left_out"] if p["kind"] == "operation"}


def test_a_run_changes_only_what_it_created(judged: Callable[..., Judged]) -> None:
    _, out, report, asked, issued = judged()
    assert of_others(asked, issued) == []
    assert untested(report) == dict.fromkeys(REFUSED, f"the run cannot create its target: {HINT}")
    assert "4 not exercised" in out
    assert HINT in out
    # What it created is changed and deleted, also by methods that the contract does not state.
    methods = {(method, re.sub("[0-9]+", "N", path)) for method, path in asked}
    assert {("PUT", "/orders/N"), ("DELETE", "/orders/N"), ("POST", "/orders/N/cancel")} <= methods
    assert {("DELETE", "/orders/N/lines/N"), ("DELETE", "/orders/N/cancel")} <= methods
    assert ("POST", "/tables/N/guests") in methods
    pointers = {
        (one["status"], one["hint"])
        for one in report["constraints"]
        if one["pointer"].startswith("/paths/~1tables~1{id}/delete/")
    }
    assert pointers == {("not exercised", HINT)}
    assert report["operations"] == {"total": 14, "judged": 10, "undecided": []}


def test_with_the_option_a_run_tries_what_others_own(judged: Callable[..., Judged]) -> None:
    _, _, report, asked, issued = judged(
        "--allow-destructive", "--only", "undocumented-methods", "--only", "unknown-resources"
    )
    assert untested(report) == {}
    changed = {path for _, path in of_others(asked, issued)}
    assert {"/settings", "/orders", "/tables/7", "/tables/7/close", f"/orders/{MAX_ID}"} <= changed
    assert {"POST", "PUT", "PATCH", "DELETE"} == {method for method, _ in of_others(asked, issued)}


def test_nothing_is_changed_if_the_run_can_create_nothing(judged: Callable[..., Judged]) -> None:
    """The link to the order is only inferred, and leads nowhere."""
    _, _, report, asked, issued = judged("--only", "undocumented-methods", service=("--nameless",))
    assert issued
    assert [one for one in asked if one[0] != "POST"] == []
    assert of_others(asked, issued) == []
    found = untested(report)
    assert {*found} == REFUSED | {"replaceOrder", "deleteOrder", "cancelOrder", "deleteLine"}
    assert all(reason.endswith(HINT) for reason in found.values())
    assert "deleteOrder needs a resource: request " in found["deleteOrder"]


@pytest.mark.parametrize(
    ("creations", "methods"),
    [(7, {"POST"}), (8, {"POST", "PATCH"}), (11, {"POST", "PATCH", "PUT"})],
)
def test_nothing_of_others_is_changed_after_a_creation_failed(
    judged: Callable[..., Judged], creations: int, methods: set[str]
) -> None:
    """The creation fails before the first read, the first change, and within the changes."""
    phases = ("--only", "undocumented-methods", "--only", "repeated-identical-requests")
    chosen = ("--exclude-operation", "/orders/{id}/*", *phases)
    _, out, report, asked, issued = judged(*chosen, service=("--creations", str(creations)))
    assert len(issued) == creations
    assert of_others(asked, issued) == []
    assert {method for method, _ in asked} == methods
    assert untested(report)["deleteOrder"].endswith(HINT), out


def test_saved_cases_change_nothing_of_others(
    judged: Callable[..., Judged], tmp_path: Path
) -> None:
    """A case that a run with the option saved is not replayed without it."""
    case = {
        "contract": "",
        "description": "method DELETE",
        "media_type": None,
        "credential": "valid",
        "body": "",
    }
    cases = [
        {**case, "id": "1", "operation": "createOrder", "method": "DELETE", "parameters": {}},
        {**case, "id": "2", "operation": "readTable", "method": "PUT", "parameters": {}},
        {
            **case,
            "id": "3",
            "operation": "deleteOrder",
            "method": "DELETE",
            "parameters": {"path.id": "12some"},
        },
    ]
    (tmp_path / ".hookproof").mkdir()
    saved = tmp_path / ".hookproof" / "cases.json"
    saved.write_text(json.dumps({"version": 2, "cases": cases}), encoding="utf-8")
    *_, asked, issued = judged("--only", "saved-cases")
    assert of_others(asked, issued) == []
    saved.write_text(json.dumps({"version": 2, "cases": cases}), encoding="utf-8")
    *_, asked, issued = judged("--only", "saved-cases", "--allow-destructive")
    assert {("DELETE", "/orders"), ("PUT", "/tables/7"), ("DELETE", "/orders/12some")} <= {*asked}


def test_a_dry_run_counts_only_what_would_be_sent(tmp_path: Path) -> None:
    contract = tmp_path / "contract.json"
    contract.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    fixed = ("verify", "http://127.0.0.1:1", "--contract", str(contract), "--dry-run")
    without = hookproof_in(tmp_path, *fixed).stdout
    assert "deleteOrder" in without
    assert not any(name in without for name in REFUSED)
    assert "deleteTable" in hookproof_in(tmp_path, *fixed, "--allow-destructive").stdout


def test_a_selection_names_the_operation_that_creates_the_target(
    judged: Callable[..., Judged],
) -> None:
    chosen = ("--operation", "deleteOrder", "--operation", "readOrder")
    _, out, report, asked, _ = judged(*chosen)
    assert asked == []
    reason = untested(report)["deleteOrder"]
    assert reason.endswith("pass --operation createOrder too, or --allow-destructive"), out


def test_a_run_without_any_own_target_is_not_judged(judged: Callable[..., Judged]) -> None:
    code, out, _, asked, _ = judged("--operation", "PUT /settings")
    assert (code, asked) == (2, [])
    assert f"replaceSettings: the run cannot create its target: {HINT}" in out
