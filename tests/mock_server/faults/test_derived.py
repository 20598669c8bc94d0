"""Faults derived from a contract: their names, their effects, and behaviour that is no fault."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from support.mock import RunningMock, StartMock
from support.processes import TESTS

from mock_server.faults.derived import derived_faults
from mock_server.faults.registry import faults
from mock_server.faults.table import HANDWRITTEN_FAULTS
from openapi.contract import Contract
from openapi.loading.loader import default_contract_path, load_contract, parse_contract
from openapi.rate import Rate

Seen = Callable[[RunningMock], bool]

DEVIATIONS: dict[str, Seen] = {
    "response-201-lacks-accessToken": lambda w: w.post().json() == {},
    "response-201-null-accessToken": lambda w: w.post().json() == {"accessToken": None},
    "response-400-wrong-type-message": lambda w: type(w.post(b"{").json()["message"]) is not str,
    "response-400-wrong-media-type": lambda w: w.post(b"{").headers["content-type"] == "text/plain",
    "response-201-X-Rate-Limit-Reset-invalid": lambda w: (
        w.post().headers["x-rate-limit-reset"] == "?"
    ),
    "response-201-constant-accessToken": lambda w: w.post().json() == w.post().json(),
    "status-400-as-422": lambda w: w.post(b"{").status_code == 422,
    "status-201-as-200": lambda w: w.post().status_code == 200,
    "rate-limit-ignored": lambda w: [w.post() for _ in range(6)][-1].status_code == 201,
    "request-name-maxLength-ignored": lambda w: w.post(name="x" * 257).status_code == 201,
    "request-name-maxLength-stricter": lambda w: w.post(name="x" * 256).status_code == 400,
    "request-name-minLength-stricter": lambda w: w.post(name="x").status_code == 400,
    "request-scopes-items-type-integer-ignored": lambda w: w.post(scopes=[1]).status_code == 201,
    "request-body-required-scopes-ignored": lambda w: w.post(b'{"name": "x"}').status_code == 201,
    "request-body-revoked-required": lambda w: w.post().status_code == 400,
    "request-revoked-value-True-rejected": lambda w: w.post(revoked=True).status_code == 400,
    "payload-lacks-data-user-metadata-0-key": lambda w: (
        "key" not in w.event().value["data"]["user"]["metadata"][0]
    ),
    "payload-null-data-user-id": lambda w: w.event().value["data"]["user"]["id"] is None,
    "payload-malformed-triggeredAt": lambda w: w.event().value["triggeredAt"] == "?",
    "echo-data-name-constant": lambda w: w.event().value["data"]["name"] != w.last["name"],
    "echo-data-expiresAt-null": lambda w: w.event().value["data"]["expiresAt"] is None,
    "equal-data-user-id-mismatch": lambda w: _owners(w.event().value["data"]),
    "unique-data-id-constant": lambda w: (
        w.event().value["data"]["id"] == w.event().value["data"]["id"]
    ),
    "delivery-unsigned": lambda w: w.event().header("webhook-signature") is None,
    "delivery-wrong-media-type": lambda w: w.event().header("content-type") == "text/plain",
}  # fmt: skip


def _owners(data: Any) -> bool:
    return bool(data["userId"] != data["user"]["id"])


@pytest.mark.integration
@pytest.mark.parametrize("name", DEVIATIONS)
def test_a_derived_fault_has_the_effect_of_its_name(start: StartMock, name: str) -> None:
    limit = Rate(5, 60) if name.startswith("rate-limit") else None
    with start(faults=frozenset({name}), rate_limit=limit) as world:
        assert DEVIATIONS[name](world), name


@pytest.mark.integration
@pytest.mark.parametrize("name", DEVIATIONS)
def test_the_mock_without_the_fault_lacks_its_effect(start: StartMock, name: str) -> None:
    with start(rate_limit=Rate(5, 60)) as world:
        assert not DEVIATIONS[name](world)


def test_names_of_derived_faults_are_unique_and_stable(contract: Contract) -> None:
    names = [fault.name for fault in derived_faults(contract)]
    assert len(names) == len(set(names)) > 300
    assert all(re.fullmatch(r"[\w.-]+", name) for name in names)
    assert names == [fault.name for fault in derived_faults(contract)]
    for fault in derived_faults(contract):
        assert fault.category in ("responses", "validation", "auth", "resources", "webhooks")
        assert fault.description.endswith(".")
        assert "\t" not in fault.description


@pytest.mark.parametrize(
    "name",
    [
        "response-201-lacks-anything",
        "response-400-lacks-code",  # optional
        "response-400-null-code",  # nullable
        "response-500-lacks-message",  # no cause is documented
        "payload-null-data-expiresAt",  # nullable
        "request-expiresAt-type-null-rejected",  # an allowed rejection
        "request-scopes-minItems-stricter",  # an allowed rejection: empty scopes
        "request-body-additional-properties-rejected",  # an allowed rejection
    ],
)
def test_allowed_behaviour_is_no_fault(contract: Contract, name: str) -> None:
    assert name not in faults(contract)


def test_a_fault_of_an_assumed_constraint_is_a_warning(contract: Contract) -> None:
    severities = {name: fault.severity for name, fault in faults(contract).items()}
    assert severities["payload-lacks-data-id"] == "violation"
    assert severities["payload-lacks-data-user-company"] == "warning"
    assert severities["response-429-lacks-Retry-After"] == "warning"
    assert {f.needs_rate_limit for f in faults(contract).values() if "-429-" in f.name} == {True}


CUTS = {
    "a repeated request": (r'        "409":.*?(?=        "429":)', "conflict-crash"),
    "a burst": (r'        "429":.*?(?=        "500":)', "retry-after-missing"),
    "an echo that is a flag": (
        r"          - from: \$request.body#/revoked.*?(?=        equal:)",
        "flag-inverted",
    ),
    "a signature": (
        r"      security:\n        - WebhookSignature: \[\]\n",
        "signature-hex",
    ),
}


@pytest.mark.parametrize("what", CUTS)
def test_a_fault_without_its_feature_in_the_contract_is_omitted(
    contract: Contract, what: str
) -> None:
    pattern, name = CUTS[what]
    text, count = re.subn(
        pattern, "", default_contract_path().read_text(encoding="utf-8"), count=1, flags=re.DOTALL
    )
    assert count == 1
    without = faults(parse_contract("cut.yaml", text))
    assert name in faults(contract)
    assert name not in without
    assert "name-truncated" in without


def test_every_handwritten_fault_but_those_of_resources_applies_to_the_shipped_contract(
    contract: Contract,
) -> None:
    applying = [n for n, fault in HANDWRITTEN_FAULTS.items() if fault.category != "resources"]
    assert list(faults(contract))[: len(applying)] == applying


def test_a_request_needs_no_read_only_property() -> None:
    workshop = load_contract(TESTS / "data" / "workshop.yaml")
    names = faults(workshop)
    assert "request-createCustomer-body-required-name-ignored" in names
    assert "request-createCustomer-body-required-id-ignored" not in names


def test_an_empty_parameter_may_be_none_so_that_no_fault_is_about_one() -> None:
    names = faults(load_contract(TESTS / "data" / "workshop.yaml"))
    assert "request-listCustomers-query.cursor-maxLength-ignored" in names
    assert "request-listCustomers-query.cursor-minLength-ignored" not in names
