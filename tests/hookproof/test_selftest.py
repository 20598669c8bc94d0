"""Selftest: a sample of faults is caught; an uncaught fault fails the selftest."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.processes import JWT_SECRET, TESTS, hookproof

from hookproof.commands.fault_trial import FaultTrial, TrialResult, run_trial
from hookproof.commands.mutation_score import NOT_CAUGHT, FaultOutcome, exit_code, format_score
from hookproof.commands.selftest import sample_faults
from hookproof.contract_loading import ContractFiles
from mock_server.exchange import Hooks
from mock_server.fault import Fault
from mock_server.faults.registry import faults
from openapi.contract import Contract
from openapi.loading.loader import default_contract_path, load_contract

NOTHING = Fault("does-nothing", "responses", "The service does as it should.", Hooks())


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@pytest.mark.integration
def test_a_sample_of_every_category_is_caught() -> None:
    done = hookproof("selftest", "--sample", "8", "--seed", "2", "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    table = dict(re.findall(r"^(\w+) +(\d+ +\d+ +\d+ %)$", done.stdout, re.MULTILINE))
    assert list(table) == [*dict.fromkeys(table)]
    assert set(table) == {"responses", "validation", "auth", "webhooks", "all"}
    assert table["all"].split() == ["8", "8", "100", "%"]
    assert re.search(r"^ALL CAUGHT: 8 of 8 faults in \d+ s$", done.stdout, re.MULTILINE)
    assert "the mock without faults conforms" in done.stderr
    assert "Checks that caught nothing" not in done.stdout


@pytest.mark.integration
def test_a_fault_without_effect_is_not_caught_and_fails() -> None:
    conforming = run_trial(FaultTrial(ContractFiles(None), None, False, False, JWT_SECRET, 1))
    assert conforming == TrialResult((), (), "no finding", judged=True)
    outcomes = [FaultOutcome(NOTHING, conforming)]
    assert exit_code(outcomes) == NOT_CAUGHT == 1
    told = "\n".join(format_score(outcomes, 1.0, whole=True))
    assert "does-nothing (violation): The service does as it should." in told
    assert "NOT CAUGHT: 0 of 1 faults" in told
    assert "no-response: the mock neither hangs nor dies" in told


def test_a_warning_catches_only_faults_of_assumed_constraints() -> None:
    warned = TrialResult((), ("webhook-schema",), "something", judged=True)
    assumed = Fault("assumed", "webhooks", "It is.", Hooks(), stated_severity="warning")
    assert FaultOutcome(assumed, warned).caught_by == ("webhook-schema",)
    assert FaultOutcome(NOTHING, warned).caught_by == ()


def test_the_seed_determines_a_sample_of_every_category(contract: Contract) -> None:
    known = list(faults(contract).values())
    drawn = sample_faults(known, 10, seed=5)
    assert drawn == sample_faults(known, 10, seed=5)
    assert drawn != sample_faults(known, 10, seed=6)
    assert len({fault.name for fault in drawn}) == 10
    assert {fault.category for fault in drawn} == {fault.category for fault in known}
    assert len(sample_faults(known, 10**6, seed=5)) == len(known)


@pytest.mark.integration
def test_an_invalid_contract_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    good = default_contract_path().read_text(encoding="utf-8")
    broken.write_text(good.replace("openapi: 3.1.0", "openapi: 2.0.0"), encoding="utf-8")
    done = hookproof("selftest", "--contract", str(broken), "--sample", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("hookproof: ")
    assert broken.name in done.stderr


@pytest.mark.integration
def test_lists_the_faults_of_another_contract(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    good = default_contract_path().read_text(encoding="utf-8")
    other.write_text(good.replace("maxLength: 256", "maxLength: 99"), encoding="utf-8")
    listed = hookproof("faults", "--contract", str(other)).stdout
    assert "a string of 99 characters" in listed
    assert "a string of 256 characters" not in listed


@pytest.mark.integration
def test_a_document_without_extensions_and_with_a_base_path_is_tested() -> None:
    shop = str(TESTS / "data" / "shop.yaml")
    done = hookproof("selftest", "--contract", shop, "--sample", "8", "--seed", "2", "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ALL CAUGHT: 8 of 8 faults" in done.stdout


def one_operation(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {media_type: {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"200": {"description": "fine"}}}}


def write_document(path: Path, **paths: dict[str, Any]) -> str:
    info = {"title": "Plain", "version": "1"}
    items = {f"/{name}": item for name, item in paths.items()}
    path.write_text(json.dumps({"openapi": "3.0.3", "info": info, "paths": items}))
    return str(path)


@pytest.mark.integration
def test_an_operation_without_a_valid_request_has_no_fault_to_catch(tmp_path: Path) -> None:
    xml = one_operation("application/xml", {"type": "object"})
    text = one_operation("application/json", {"type": "string"})
    both = write_document(tmp_path / "both.json", xml=xml, text=text)
    done = hookproof("selftest", "--contract", both, "--sample", "2", "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    reason = "hookproof sends no application/xml, and the operation requires a body"
    assert re.search(rf"^\S+ is left out: {reason}$", done.stderr, re.MULTILINE)
    only = write_document(tmp_path / "only.json", xml=xml)
    done = hookproof("selftest", "--contract", only)
    assert done.returncode == 2
    assert done.stderr.startswith("hookproof: no operation has a valid request; ")
    assert done.stderr.endswith(f": {reason}\n")
