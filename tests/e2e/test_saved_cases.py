"""Saved cases of another version of the contract: replayed by its rules, or dropped."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.many_operations import answering, judge_quickly, operation, write_contract

from contracts.execution.saved_cases import CASES_FILE_NAME, fitting_cases
from hookproof.commands.verify_settings import CASES_DIR_NAME
from openapi.operation_selection import OperationSelection

pytestmark = pytest.mark.integration


def items(most: int, name: str = "addItem") -> dict[str, Any]:
    """Return the path items of an operation whose body has a text of at most `most` characters."""
    provenance = {"x-hookproof-provenance": "tests"}
    text = {"type": "string", "minLength": 1, "maxLength": most}
    schema = {"type": "object", "required": ["text"], "properties": {"text": text}, **provenance}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"/items": {"post": operation(name, requestBody=body)}}


def saved(folder: Path) -> list[dict[str, Any]]:
    path = folder / CASES_DIR_NAME / CASES_FILE_NAME
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return cases


def test_a_saved_case_is_judged_by_the_current_contract(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    first = write_contract(path, items(5))
    with answering() as (url, _):
        code, out, report = judge_quickly(path, url)
        assert code == 1, out
        long = [f for f in report["findings"] if f["pointer"].endswith("/maxLength")]
        assert len(long) == 1
        assert {case["contract"] for case in saved(tmp_path)} == {first.digest}
        kept = [case for case in saved(tmp_path) if case["id"] == long[0]["id"]]
        (tmp_path / CASES_DIR_NAME / CASES_FILE_NAME).write_text(
            json.dumps({"version": 2, "cases": kept}), encoding="utf-8"
        )
        # The text is valid now, so the same response is the expected one.
        write_contract(path, items(5000))
        code, out, report = judge_quickly(path, url, "--only", "saved-cases")
        assert code == 0, out
    assert report["cases"]["replayed"] == 1


def test_a_saved_case_that_the_contract_no_longer_allows_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    write_contract(path, items(5))
    with answering() as (url, _):
        judge_quickly(path, url)
        count = len(saved(tmp_path))
        assert count > 0
        write_contract(path, items(5, name="putItem"))
        _, out, report = judge_quickly(path, url, "--only", "saved-cases")
    cases = f"{count} saved case{'' if count == 1 else 's'}"
    sentence = f"dropped {cases} that the contract no longer allows: there is no operation addItem"
    assert sentence in out
    assert report["cases"]["replayed"] == 0


def test_saved_cases_of_an_excluded_operation_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    write_contract(path, {**items(5), "/health": {"get": operation("health")}})
    with answering() as (url, seen):
        judge_quickly(path, url)
        before = saved(tmp_path)
        seen.clear()
        code, out, _ = judge_quickly(path, url, "--exclude-operation", "addItem")
    assert code == 0, out
    assert {*seen} == {"/health"}
    assert saved(tmp_path) == before != []


def test_a_case_must_fit_the_parameters_methods_and_body_of_its_operation(tmp_path: Path) -> None:
    paths = {**items(5), "/health": {"get": operation("health"), "put": operation("heal")}}
    contract = write_contract(tmp_path / "contract.json", paths)
    plain = {"operation": "health", "method": "GET", "parameters": {}, "body": ""}
    cases = [
        {**plain, "parameters": {"query.page": "1"}},
        {**plain, "method": "PUT"},
        {**plain, "body": "e30="},
        {**plain, "method": "DELETE"},
    ]
    fitting, reasons = fitting_cases(contract, cases)
    assert fitting == [cases[3]]
    assert reasons == [
        "health has no parameter query.page",
        "PUT /health is another operation",
        "health has no request body",
    ]
    selected = OperationSelection(excluded=("heal",)).apply(contract)
    assert fitting_cases(selected, [cases[1]])[0] == []
    same = [{**case, "contract": contract.digest} for case in cases]
    assert fitting_cases(contract, same) == (same, [])
