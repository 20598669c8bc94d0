"""Unusual forms of a token: what is sent, and which rejection of it is legal."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.parcels import parcels_contract

from contracts.checks.authentication import insufficient_permission, invalid_credential
from contracts.generators.access.forms import altered_tokens, unusual_credentials
from contracts.generators.token_requests import IssueTerms
from contracts.ledger.ledger import Ledger, Reconciliation
from contracts.model.case import UNAUTHORIZED_DUPLICATE_PHASE, Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.credential_kinds import IN_COOKIE, IN_QUERY, ISSUED_EXPIRED, ISSUED_GOOD
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.reporting.curl import curl_command
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction

CONTRACT = load_contract()
(OPERATION,) = CONTRACT.operations
PLACES = find_correlators(CONTRACT, OPERATION)
SETTINGS = Settings(url="http://127.0.0.1:1", token="the-Token-of-the-run", run_id="tests0", seed=1)
BODY = {"name": "a name", "scopes": ["license:read"]}
FORBIDDEN = Credential("without the permission", "forbidden", "Bearer other")


def forms(profile: str = "default") -> list[Credential]:
    return list(unusual_credentials(CONTRACT, OPERATION, replace(SETTINGS, profile=profile)))


def judged(status: int, case: Case) -> str:
    """Return the outcome of a response with this status to `case`."""
    fresh = UniqueValues("tests0", 1, datetime.now(UTC))
    valid = Credential("valid", "accepted", "Bearer x")
    request = build_request(CONTRACT, OPERATION, PLACES, case, fresh.next(), valid)
    response = ReceivedResponse(status, (), b"{}")
    exchange = Exchange(request, response, None, 0.0, 1.0)
    empty = Reconciliation((), (), (), ())
    places = {OPERATION.id: PLACES}
    ledger = Ledger(CONTRACT, SETTINGS, (exchange,), (), empty, (), None, places)
    (judgement,) = (*invalid_credential(ledger), *insufficient_permission(ledger))
    if judgement.finding is not None:
        return judgement.finding.severity
    return "undecided" if judgement.undecided_reason else "passed"


def test_each_profile_sends_the_forms_of_the_shorter_one_and_more() -> None:
    quick, default, thorough = (
        [c.label for c in forms(p)] for p in ("quick", "default", "thorough")
    )
    assert set(quick) < set(default) < set(thorough)
    assert len(quick) < 15
    assert len(thorough) == len(set(thorough))
    assert {c.expected_outcome for c in forms("thorough")} == {"refused"}


def test_no_form_is_the_documented_one() -> None:
    documented = f"Bearer {SETTINGS.token}"
    assert all(c.value is None or c.value.strip() != documented for c in forms("thorough"))
    basic = [c.value or "" for c in forms() if c.form.startswith("Basic, ")]
    pairs = [base64.b64decode(value.removeprefix("Basic "), validate=True) for value in basic]
    assert len(pairs) == 3
    assert all(SETTINGS.token.encode() in pair and b":" in pair for pair in pairs)


def test_a_long_token_is_split_over_requests_and_a_documented_name_is_not_used() -> None:
    long = replace(SETTINGS, token="t" * 1500)
    found = [c for c in unusual_credentials(CONTRACT, OPERATION, long) if c.kind == IN_QUERY]
    assert len(found) > 2
    assert all(len(credential.query) < 4000 for credential in found)
    contract = parcels_contract()
    operation = contract.operation("listParcels")
    (limit, *others) = operation.parameters
    named = replace(operation, parameters=(replace(limit, name="Token", location="query"), *others))
    (query,) = (c for c in unusual_credentials(contract, named, SETTINGS) if c.kind == IN_QUERY)
    assert "&token=" not in f"&{query.query}"
    (query,) = (c for c in unusual_credentials(contract, operation, SETTINGS) if c.kind == IN_QUERY)
    assert "&token=" in f"&{query.query}"


def test_another_scheme_than_bearer_has_no_forms() -> None:
    assert list(unusual_credentials(CONTRACT, replace(OPERATION, security=()), SETTINGS)) == []


@pytest.mark.parametrize("token", ["pat_AbCdEfGh1234", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])
def test_an_altered_token_is_another_one(token: str) -> None:
    texts = [text for _, text in altered_tokens(token, 2)]
    assert len(texts) == len(set(texts)) >= 3
    assert token not in texts


@pytest.mark.parametrize(
    ("token", "tried"),
    [
        ("pat_AbCd", True),
        ("lower-case-words", True),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", False),
        ("pat_0123456789abcdef", False),
    ],
)
def test_only_a_token_whose_case_matters_is_sent_in_other_case(token: str, tried: bool) -> None:
    assert ("in other case" in [form for form, _ in altered_tokens(token, 1)]) is tried


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("wrong scheme", 401, "passed"),
        ("wrong scheme", 400, "violation"),
        ("altered", 403, "violation"),
        (IN_QUERY, 201, "violation"),
        (IN_QUERY, 400, "undecided"),
        (IN_COOKIE, 403, "undecided"),
        (IN_COOKIE, 302, "violation"),
    ],
)
def test_another_rejection_is_legal_only_outside_of_the_documented_form(
    kind: str, status: int, outcome: str
) -> None:
    credential = next(c for c in forms() if c.kind == kind)
    assert judged(status, Case("credentials", "form", BODY, credential=credential)) == outcome


@pytest.mark.parametrize(
    ("body", "media_type", "status", "outcome"),
    [
        (BODY, "", 403, "passed"),
        (BODY, "", 400, "violation"),
        (b"{", "", 400, "undecided"),
        (b"{", "", 401, "violation"),
        (b"{", "", 201, "violation"),
        (BODY, "text/plain", 415, "undecided"),
        (BODY, "text/plain", 403, "passed"),
    ],
)
def test_either_cause_may_reject_an_invalid_request_without_the_permission(
    body: object, media_type: str, status: int, outcome: str
) -> None:
    case = Case("credentials", "shape", body, media_type, FORBIDDEN)
    assert judged(status, case) == outcome


def test_a_conflict_is_legal_only_for_a_name_that_is_taken() -> None:
    repeated = Case(UNAUTHORIZED_DUPLICATE_PHASE, "duplicate", BODY, credential=FORBIDDEN)
    assert judged(409, repeated) == "undecided"
    assert judged(201, repeated) == "violation"
    assert judged(409, replace(repeated, phase="credentials")) == "violation"


def test_a_command_sends_the_form_with_a_variable() -> None:
    fresh = UniqueValues("tests0", 1, datetime.now(UTC))
    commands = []
    for credential in forms("thorough"):
        case = Case("credentials", credential.label, BODY, credential=credential)
        request = build_request(CONTRACT, OPERATION, PLACES, case, fresh.next(), credential)
        command = curl_command("http://127.0.0.1:1", request, Redaction([SETTINGS.token]))
        assert command is not None
        assert SETTINGS.token not in command
        assert "HOOKPROOF_TOKEN" in command
        commands.append(command)
    assert any('--url-query "access_token=$HOOKPROOF_TOKEN"' in command for command in commands)
    assert any('-H "Authorization: XBearer $HOOKPROOF_TOKEN"' in command for command in commands)


def test_permissions_move_through_a_long_list_and_expiries_have_offsets() -> None:
    others = tuple(f"thing{number}:read" for number in range(20))
    pointers = {"permissions": "/scopes", "expires": "/expiresAt"}
    terms = IssueTerms(pointers, ("own:write",), others, max_permissions=9, breadth=2)
    requests = list(terms.token_requests())
    lists = [r.permissions for r in requests if r.kind == ISSUED_GOOD and len(r.permissions) == 9]
    assert [permissions.index("own:write") for permissions in lists] == list(range(9))
    expiries = [r.extra_values.get("/expiresAt") for r in requests if r.kind == ISSUED_GOOD]
    assert None in expiries
    now = datetime.now(UTC)
    west = [e for e in expiries if isinstance(e, str) and e.endswith("-11:00")]
    ended = [r.expires or "" for r in requests if r.kind == ISSUED_EXPIRED and r.expires]
    (east,) = (text for text in ended if text.endswith("+11:00"))
    assert [datetime.fromisoformat(text) > now for text in (*west, east)] == [True, False]
    without_offset = [datetime.fromisoformat(f"{text[:19]}+00:00") for text in (*west, east)]
    assert [moment > now for moment in without_offset] == [False, True]
