"""Access: every kind of credential against a service with mistakes, and against the right one."""

import base64
import copy
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from support.parcels import parcels_contract
from support.processes import TESTS
from turnstile_service import (
    CREDENTIALS,
    FORBIDDEN,
    KEY,
    LEGAL,
    MISTAKES,
    PASSWORD,
    TOKEN,
    USER,
    turnstiles,
)

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.execution.access import find_not_tested
from contracts.execution.operation_session import OperationSession
from contracts.execution.target import Target
from contracts.generators.access.operation import OperationCredentials
from contracts.model.case import Case
from contracts.model.errors import CouldNotJudge
from contracts.model.given_credentials import find_accesses
from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.outcome import RunOutcome
from contracts.reporting.curl import curl_command
from contracts.reporting.report import report
from contracts.run import find_faults, run
from openapi.contract import Contract
from openapi.finding import Finding
from openapi.loading.loader import load_contract, parse_contract
from openapi.redaction import Redaction
from openapi.security import RequiredScheme, SecurityScheme

pytestmark = pytest.mark.integration

SETTINGS = Settings("", "abc123", 1, credentials=CREDENTIALS, webhooks=False)
CREDENTIALS_ONLY = Selection(only=("credentials",))


@cache
def turnstile_contract() -> Contract:
    return load_contract(TESTS / "data" / "turnstiles.yaml")


def findings(
    mistakes: Sequence[str], operations: Sequence[str], profile: str = "quick"
) -> list[Finding]:
    """Run the phase `credentials` of these operations against a service with the mistakes."""
    whole = turnstile_contract()
    chosen = replace(whole, operations=tuple(o for o in whole.operations if o.id in operations))
    with turnstiles(*mistakes) as url:
        settings = replace(SETTINGS, url=url, profile=profile, selection=CREDENTIALS_ONLY)
        ledger = run(settings, chosen, lambda _: None)
    return [one.finding for one in find_faults(ledger)]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_finds_each_mistake_in_a_quick_run(mistake: str) -> None:
    found = findings([mistake], [MISTAKES[mistake]])
    crash = mistake.endswith("crash")
    check = "server-error" if crash else "invalid-credential"
    if mistake == "only-first-alternative":
        check = "valid-request"
    assert {finding.check for finding in found} == {check}, found
    assert all(finding.severity == "violation" for finding in found)


@pytest.mark.parametrize("legal", ["", *LEGAL])
def test_has_no_finding_about_a_service_that_checks_every_credential(legal: str) -> None:
    operations = LEGAL.get(legal, [operation.id for operation in turnstile_contract().operations])
    assert findings([legal] if legal else [], operations, "default") == []


def contract_of(*operations: str, **security: list[dict[str, list[str]]]) -> Contract:
    """Return the contract with these operations only, with other security where it is given."""
    whole = turnstile_contract()
    document = copy.deepcopy(dict(whole.document))
    for name, stated in security.items():
        path = whole.operation(name).path
        (method,) = document["paths"][path]
        document["paths"][path][method]["security"] = stated
    schemes = document["components"]["securitySchemes"]
    schemes["Mutual"] = {"type": "mutualTLS", "x-hookproof-provenance": "handbook"}
    changed = parse_contract("x.json", json.dumps(document))
    return replace(changed, operations=tuple(changed.operation(name) for name in operations))


def report_of(contract: Contract, settings: Settings, *mistakes: str) -> dict[str, Any]:
    """Return the report of a run of the phase `credentials` against the service."""
    with turnstiles(*mistakes) as url:
        outcome = RunOutcome()
        chosen = replace(settings, url=url, profile="quick", selection=CREDENTIALS_ONLY)
        outcome.ledger = run(chosen, contract, lambda _: None)
        for name, check in CHECKS.items():
            outcome.results[name] = apply_check(name, check, outcome.ledger)
    return report(chosen, outcome, 0.0, 1.0)


def test_asks_for_no_credential_where_no_operation_needs_one() -> None:
    data = report_of(contract_of("byAnyone", "byChoice"), replace(SETTINGS, credentials=()))
    assert data["verdict"] == "conforms"
    assert data["undecided"] == []
    assert data["statuses"]["byAnyone 200"]["seen"] > 0


def test_a_baseline_with_a_bypass_does_not_hide_a_wider_one() -> None:
    contract = contract_of("byBasic")
    narrow = report_of(contract, SETTINGS, "password-prefix")["findings"]
    wide = report_of(contract, SETTINGS, "password-prefix", "basic-missing")["findings"]
    assert narrow
    assert {one["check"] for one in (*narrow, *wide)} == {"invalid-credential"}
    assert {one["id"] for one in narrow}.isdisjoint(one["id"] for one in wide)
    assert any("accepts a request without a credential" in one["message"] for one in wide)


def test_an_operation_without_a_credential_is_undecided_and_the_others_are_judged() -> None:
    given = tuple(pair for pair in CREDENTIALS if pair[0] != "Staff")
    contract = contract_of("byHeader", "byBasic", "byBoth", "byEither")
    data = report_of(contract, replace(SETTINGS, credentials=given), "any-key")
    assert data["verdict"] == "deviates"
    option = "no credential was given for Staff: pass --credential Staff=USER:PASSWORD"
    asked = [
        f"byBasic: POST /basic was not tested: {option}",
        f"byBoth: GET /both was not tested: {option}",
    ]
    assert data["undecided"] == asked
    assert data["statuses"]["byBasic 401"] == {"seen": 0, "reason": asked[0]}
    assert data["statuses"]["byEither 200"]["seen"] > 0  # by its second alternative
    visit = [c for c in data["constraints"] if c["pointer"].startswith("/components/schemas/Visit")]
    assert {(c["status"], c["reason"], c["hint"]) for c in visit} == {
        ("undecided", *asked[0].split(": pass")[:1], "pass --credential Staff=USER:PASSWORD")
    }
    kinds = {c["detail"]: c["status"] for c in data["constraints"] if c["kind"] == "security"}
    assert kinds["wrong value"] == "violated"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("byToken", "no token was given: pass --token or HOOKPROOF_TOKEN"),
        ("byQuery", "GET /query was not tested: no credential was given for QueryKey: pass "),
        ("byBoth", "for HeaderKey and Staff: pass --credential HeaderKey=KEY and --credential "),
        ("byEither", "no credential was given for Staff: pass --credential Staff=USER:PASSWORD"),
    ],
)
def test_a_run_without_any_credential_is_not_judged(operation: str, message: str) -> None:
    with pytest.raises(CouldNotJudge) as caught:
        report_of(contract_of(operation), replace(SETTINGS, credentials=()))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "wrong", "message"),
    [
        ("byQuery", ("QueryKey", "other"), "credential for QueryKey: pass a valid one with --cred"),
        ("byToken", ("Pass", "other"), "rejects the credential for Pass: pass a valid one with"),
    ],
)
def test_a_credential_that_the_service_rejects_is_named(
    operation: str, wrong: tuple[str, str], message: str
) -> None:
    with pytest.raises(CouldNotJudge) as caught:
        report_of(contract_of(operation), replace(SETTINGS, credentials=(wrong,)))
    assert message in str(caught.value)
    assert "got 401" in str(caught.value)


def test_an_operation_with_an_unsupported_scheme_is_tested_without_it() -> None:
    mutual = contract_of("byAnyone", "byHeader", byAnyone=[{"Mutual": []}])
    data = report_of(mutual, SETTINGS)
    assert data["verdict"] == "conforms"
    assert data["statuses"]["byAnyone 200"]["seen"] > 0
    assert data["undecided"] == [
        "the requests to GET /public have no credential for Mutual (mutualTLS): hookproof does "
        "not support this scheme"
    ]


def test_a_service_that_requires_an_unsupported_scheme_is_undecided_there() -> None:
    mutual = contract_of("byQuery", "byHeader", byQuery=[{"Mutual": []}])
    data = report_of(mutual, SETTINGS)
    assert data["verdict"] == "conforms"
    assert data["statuses"]["byHeader 200"]["seen"] > 0
    assert data["statuses"]["byQuery 401"]["seen"] == 0
    assert (
        "byQuery: never answered 2xx: 401 in 3 of 3 requests: the service rejects requests "
        "without a credential for Mutual" in data["undecided"][-1]
    )
    alone = contract_of("byQuery", byQuery=[{"Mutual": []}])
    with pytest.raises(CouldNotJudge, match=r"Mutual \(mutualTLS\), which hookproof does not"):
        report_of(alone, SETTINGS)


def test_an_operation_that_needs_a_resource_of_such_an_operation_is_undecided_too() -> None:
    contract = parcels_contract()
    key = RequiredScheme(SecurityScheme("Depot", "api-key", "", "header", "X-Depot"))
    operations = [
        replace(one, security=((key,),)) if one.id == "bookParcel" else one
        for one in contract.operations
    ]
    locked = replace(contract, operations=tuple(operations))
    found = find_not_tested(locked, Settings("", "abc123", 1, token=TOKEN))
    dependent = {o.id for o in locked.operations if locked.find_creator(o) is not None}
    assert "bookParcel" not in dependent
    assert {one.id for one in found} == {"bookParcel", *dependent}
    assert {one.hint for one in found} == {"pass --credential Depot=KEY"}
    given = (("Depot", "key"),)
    assert find_not_tested(locked, Settings("", "abc123", 1, token=TOKEN, credentials=given)) == ()


def test_a_contract_may_document_403_for_a_rejected_credential() -> None:
    whole = turnstile_contract()
    document = copy.deepcopy(dict(whole.document))
    for path in ("/header", "/basic"):
        for operation in document["paths"][path].values():
            operation["responses"]["403"] = operation["responses"].pop("401")
    changed = parse_contract("x.json", json.dumps(document))
    chosen = tuple(changed.operation(name) for name in ("byHeader", "byBasic"))
    forbidding = replace(changed, operations=chosen)
    assert report_of(forbidding, SETTINGS, FORBIDDEN)["verdict"] == "conforms"
    data = report_of(forbidding, SETTINGS)
    assert "got 401, expected 403" in data["findings"][0]["message"]


def test_a_supported_alternative_is_preferred_to_an_unsupported_one() -> None:
    mixed = contract_of("byQuery", byQuery=[{"Mutual": []}, {"QueryKey": []}])
    data = report_of(mixed, SETTINGS)
    assert (data["verdict"], data["undecided"]) == ("conforms", [])


def test_a_token_may_satisfy_another_scheme_that_takes_a_token() -> None:
    contract = contract_of("byBoth", byBoth=[{"Pass": [], "HeaderKey": []}])
    (operation,) = contract.operations
    badge = RequiredScheme(SecurityScheme("Badge", "bearer", ""))
    for more, tested in (((), {"Pass", "HeaderKey"}), (((badge,),), {"Pass"})):
        chosen = replace(operation, security=(*operation.security, *more))
        accesses = find_accesses(chosen, SETTINGS)
        known = OperationCredentials(contract, chosen, SETTINGS, accesses)
        assert {one.scheme for one in known.rejected()} - {""} == tested


def test_the_named_credential_precedes_the_token() -> None:
    data = report_of(contract_of("byToken"), replace(SETTINGS, token="another token"))
    assert data["verdict"] == "conforms"
    data = report_of(contract_of("byToken"), replace(SETTINGS, token=TOKEN, credentials=()))
    assert data["verdict"] == "conforms"


def test_no_report_contains_a_credential() -> None:
    mistakes = ("any-key", "query-ignored", "any-cookie", "any-user", "and-as-or", "not-encoded")
    data = report_of(turnstile_contract(), SETTINGS, *mistakes)
    assert data["verdict"] == "deviates"
    text = json.dumps(data)
    commands = {finding["detail"]: finding["curl"] for finding in data["findings"]}
    assert len(data["findings"]) > 5
    assert "X-Gate-Key: not-a-key" in commands["wrong value"]
    assert "${HOOKPROOF_CREDENTIAL_STAFF_PASSWORD:?set it to the password" in commands["wrong user"]
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for secret in (KEY, PASSWORD, TOKEN, encoded):
        assert secret not in text
        assert secret[:-1] not in text


def test_curl_commands_send_each_credential_from_a_variable() -> None:
    contract = turnstile_contract()
    names = {
        "HOOKPROOF_CREDENTIAL_HEADERKEY": KEY,
        "HOOKPROOF_CREDENTIAL_QUERYKEY": KEY,
        "HOOKPROOF_CREDENTIAL_COOKIEKEY": KEY,
        "HOOKPROOF_CREDENTIAL_STAFF": f"{USER}:{PASSWORD}",
        "HOOKPROOF_TOKEN": TOKEN,
    }
    with turnstiles() as url, Target(url) as target:
        values = UniqueValues("abc123", 1, datetime.now(UTC))
        for operation in contract.operations:
            session = OperationSession(
                contract, operation, SETTINGS, target, values, lambda _: None
            )
            for credential in (session.credential, *session.credentials.other_valid()):
                case = Case("valid", "plain", {"visitor": "Ada"}, credential=credential)
                request = session.request(case)
                command = curl_command(url, request, Redaction(SETTINGS.secrets)) or ""
                assert not any(secret in command for secret in (KEY, PASSWORD, TOKEN))
                assert run_in_shell(command, names).stdout.split()[1] in ("200", "201"), command
                unset = run_in_shell(command, {})
                assert credential.kind == "valid"
                assert ("set it to" in unset.stderr) == bool(credential.curl_options)


def run_in_shell(command: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **variables}
    return subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, env=plain, timeout=30
    )
