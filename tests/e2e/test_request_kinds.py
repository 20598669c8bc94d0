"""Requests of every kind: parameters by style, forms, files, texts, bytes and nested JSON."""

import random
import string
from collections.abc import Mapping
from pathlib import Path

import pytest
import uvicorn
from library_service import MISTAKES, create_app
from support.mock import served

from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings
from contracts.run import find_faults, run
from openapi.contract import Contract
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

DATA = Path(__file__).resolve().parents[1] / "data"
FOUND_BY: Mapping[str, tuple[str, str]] = {
    "first-item": ("invalid-request", "$request.query.tags#/1"),
    "item-types": ("invalid-request", "$request.query.ids#/0"),
    "item-case": ("invalid-request", "$request.query.tags#/0"),
    "header-array": ("valid-request", "two items in X-Shelves"),
    "cookie": ("invalid-request", "$request.cookie.card"),
    "form-field": ("invalid-request", "'name' is missing"),
    "form-item": ("invalid-request", "/roles/"),
    "empty-array": ("server-error", "an empty tags"),
    "repeated": ("server-error", "a repeated most"),
    "no-file": ("server-error", "without /file"),
    "nested-value": ("invalid-request", "/books/0/days"),
    "nested-required": ("invalid-request", "'kind' is missing"),
    "media-type": ("valid-request", "a body of text/csv"),
}
"""Check and text of a finding that shows the mistake, by the name of the mistake."""


def ledger_of(contract: Contract, url: str, profile: str = "quick") -> Ledger:
    letters = random.SystemRandom().choices(string.ascii_lowercase, k=6)
    settings = Settings(
        url=url,
        run_id="".join(letters),
        seed=7,
        token="unused",
        webhooks=False,
        profile=profile,
        allow_destructive=True,
    )
    return run(settings, contract, lambda _: None)


def findings_for(contract: Contract, mistakes: frozenset[str]) -> list[GroupedFinding]:
    config = uvicorn.Config(create_app(mistakes), log_level="critical")
    with served(config) as port:
        return find_faults(ledger_of(contract, f"http://127.0.0.1:{port}"))


@pytest.fixture(scope="module")
def library() -> Contract:
    return load_contract(DATA / "library.yaml")


def test_the_right_service_conforms(library: Contract) -> None:
    assert [one.finding.message for one in findings_for(library, frozenset())] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_found_and_nothing_else(library: Contract, mistake: str) -> None:
    found = [one.finding for one in findings_for(library, frozenset([mistake]))]
    check, text = FOUND_BY[mistake]
    assert {finding.check for finding in found} == {check}
    assert any(text in finding.message for finding in found), [one.message for one in found]
