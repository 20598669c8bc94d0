"""Harness as a library, run against the mock and against small services."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.processes import WEBHOOK_SECRET, handled, running_mock
from support.processes import token as hookproof_token

from contracts.checks import CHECKS
from contracts.checks.secrets import known_secrets
from contracts.execution import saved_cases
from contracts.expectations.expectation import expected_response, may_succeed
from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger
from contracts.model.case import ALLOWED_REJECTION_PHASE, COVERAGE_PHASE, SAVED_PHASE
from contracts.model.credential_kinds import (
    ISSUED_EXPIRED,
    ISSUED_GOOD,
    ISSUED_REVOKED,
    ISSUED_SIMILAR,
)
from contracts.model.settings import Settings
from contracts.reporting.constraint_status import constraint_statuses
from contracts.reporting.report import case_digest
from contracts.run import find_faults, run
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction
from openapi.schemas.formats import date_time_to_ns

pytestmark = pytest.mark.integration

CONTRACT = load_contract()
HELD = load_contract().at("/components/schemas/KnownPermission")["enum"]


@pytest.fixture(scope="module")
def token() -> str:
    scopes = [part for permission in HELD for part in ("--scope", permission)]
    return hookproof_token(*scopes)


@pytest.fixture
def judged(port: int, token: str) -> Callable[..., Ledger]:
    def judge(*options: str, **settings: Any) -> Ledger:
        with running_mock(port, *options) as url:
            known = {"profile": "quick", "seed": 1, "run_id": "tests0", **settings}
            return run(
                Settings(
                    url=url,
                    token=token,
                    webhook_port=port,
                    webhook_secret=WEBHOOK_SECRET,
                    **known,
                ),
                CONTRACT,
                lambda _: None,
            )

    return judge


Answer = tuple[int, dict[str, str]]


@contextmanager
def serving(answer: Callable[[dict[str, Any] | None], Answer]) -> Iterator[str]:
    """Serve the response of `answer` to each JSON body (None: no object); yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                value = json.loads(raw)
            except (ValueError, RecursionError):
                value = None
            status, body = answer(value if isinstance(value, dict) else None)
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def of(check: str, found: list[GroupedFinding]) -> list[GroupedFinding]:
    return [one for one in found if one.finding.check == check]


def without_webhooks(url: str, token: str) -> Ledger:
    settings = Settings(
        url=url, run_id="tests0", seed=1, token=token, webhooks=False, profile="quick"
    )
    return run(settings, CONTRACT, lambda _: None)


def created(number: list[int]) -> Answer:
    number[0] += 1
    return 201, {"accessToken": f"secret-number-{number[0]:06}"}


def test_the_seed_determines_the_cases(
    judged: Callable[..., Ledger],
) -> None:
    first, again = judged(seed=7), judged(seed=7, run_id="tests1")
    assert case_digest(first) == case_digest(again)
    assert case_digest(first) != case_digest(judged(seed=8))


def test_may_succeed_agrees_with_the_expectation(judged: Callable[..., Ledger]) -> None:
    exchanges = judged().exchanges
    expected = [expected_response(CONTRACT, e.request, e.started).kind for e in exchanges]
    may = [may_succeed(CONTRACT, e.request) for e in exchanges]
    assert {"valid", "free", "invalid", "refused", "other"} <= {*expected}
    for kind, found, exchange in zip(expected, may, exchanges, strict=True):
        if not exchange.request.phase.startswith(ALLOWED_REJECTION_PHASE) and kind != "free":
            assert found is (kind == "valid"), exchange.request.label()
        assert found or exchange.status != 201, exchange.request.label()


def test_retries_a_case_after_an_ambiguous_rejection(token: str) -> None:
    """Send 409 to one invalid body and only once, like a service with data of an earlier run."""
    number, seen = [0], [0]

    def answer(body: dict[str, Any] | None) -> Answer:
        valid = (
            body is not None
            and isinstance(body.get("name"), str)
            and 1 <= len(body["name"]) <= 256
            and isinstance(body.get("scopes"), list)
        )
        if valid:
            return created(number)
        seen[0] += body is not None and body.get("name") == 12345
        return (409 if seen[0] == 1 else 400), {"message": "no"}

    with serving(answer) as url:
        ledger = without_webhooks(url, token)
    tried_again = [tries for tries in ledger.exchanges_by_case.values() if len(tries) > 1]
    assert [[e.status for e in tries] for tries in tried_again] == [[409, 400]]
    refused = of("invalid-request", find_faults(ledger))
    assert all("got 201, expected 400" in one.finding.message for one in refused)


def test_three_409_to_an_invalid_body_are_a_violation(token: str) -> None:
    number = [0]

    def answer(body: dict[str, Any] | None) -> Answer:
        good = body is not None and isinstance(body.get("name"), str) and len(body["name"]) < 257
        return created(number) if good else (409, {"message": "no"})

    with serving(answer) as url:
        ledger = without_webhooks(url, token)
    messages = [one.finding.message for one in of("invalid-request", find_faults(ledger))]
    assert any("got 409, expected 400" in message for message in messages)
    same = [tries for tries in ledger.exchanges_by_case.values() if len(tries) == 3]
    assert all({e.status for e in tries} == {409} for tries in same)
    assert same


def test_repeated_409_to_unique_names_is_a_violation(token: str) -> None:
    number = [0]

    def answer(body: dict[str, Any] | None) -> Answer:
        quoted = body is not None and '"' in str(body.get("name"))
        return (409, {"message": "taken"}) if quoted else created(number)

    with serving(answer) as url:
        found = find_faults(without_webhooks(url, token))
    messages = [one.finding.message for one in of("valid-request", found)]
    assert any("is valid and got 409" in message for message in messages)


def test_every_constraint_has_a_status_with_a_reason(judged: Callable[..., Ledger]) -> None:
    ledger = judged()
    judgements = [judgement for check in CHECKS.values() for judgement in check(ledger)]
    told = {s.constraint.key: s for s in constraint_statuses(ledger, judgements)}
    assert len(told) > 200
    assert {s.status for s in told.values()} == {
        "enforced",
        "undecided",
        "not exercised",
    }
    assert all(s.cases > 0 for s in told.values() if s.status == "enforced")
    assert all(s.reason for s in told.values() if s.status != "enforced")
    optional = told["/components/schemas/PersonalAccessToken/properties/lastUsedAt/format", "*"]
    assert (optional.status, optional.hint) == ("not exercised", None)
    length = told["/components/schemas/PersonalAccessTokenRequest/properties/name/maxLength", "*"]
    assert (length.status, length.constraint.kind) == ("enforced", "request")
    refusal = "/paths/~1v3~1personal-access-tokens/post/responses/401/x-hookproof-cause"
    assert told[refusal, "alg none"].status == "enforced"
    assert told[refusal, "expired"].hint == "pass --token-expired"


def test_an_opaque_token_leaves_constraints_of_jwts_undecided() -> None:
    number = [0]
    with serving(lambda _: created(number)) as url:
        ledger = without_webhooks(url, "an-opaque-token")
    judgements = [judgement for check in CHECKS.values() for judgement in check(ledger)]
    states = {s.constraint.detail: s for s in constraint_statuses(ledger, judgements)}
    assert states["wrongly signed"].status == "undecided"
    assert "not a JWT" in str(states["wrongly signed"].reason)
    assert states["missing"].status == "violated"


def test_exit_first_stops_at_the_first_violation(judged: Callable[..., Ledger]) -> None:
    ledger = judged("--fault", "name-truncated", exit_first=True)
    assert of("webhook-echo", find_faults(ledger))
    assert len(ledger.exchanges) == 1


def test_failing_cases_are_saved_without_secrets_and_sent_first(
    judged: Callable[..., Ledger], tmp_path: Path
) -> None:
    ledger = judged("--fault", "max-length-ignored", cases_dir=tmp_path)
    mask = Redaction(known_secrets(ledger))
    saved_cases.save_cases(tmp_path, find_faults(ledger), mask)
    text = (tmp_path / saved_cases.CASES_FILE_NAME).read_text(encoding="utf-8")
    assert all(secret not in text for secret in known_secrets(ledger))
    assert ledger.settings.run_id not in text
    again = judged("--fault", "max-length-ignored", cases_dir=tmp_path, exit_first=True)
    replayed = [e for e in again.exchanges if e.request.phase == SAVED_PHASE]
    assert len(replayed) == len(again.exchanges) - 1 > 0
    assert of("invalid-request", find_faults(again))
    fixed = judged(cases_dir=tmp_path)
    assert find_faults(fixed) == []
    assert case_digest(fixed) == case_digest(ledger)
    saved_cases.save_cases(tmp_path, find_faults(fixed), mask)
    assert (
        json.loads((tmp_path / saved_cases.CASES_FILE_NAME).read_text(encoding="utf-8"))["cases"]
        == []
    )


def test_an_unreadable_cases_file_is_a_clear_error(tmp_path: Path) -> None:
    text = json.dumps({"version": saved_cases.FORMAT_VERSION, "cases": [{}]})
    (tmp_path / saved_cases.CASES_FILE_NAME).write_text(text, encoding="utf-8")
    settings = Settings("http://127.0.0.1:1", "tests0", 1, cases_dir=tmp_path)
    with pytest.raises(
        saved_cases.UnreadableCases, match=r"cases\.json has no readable saved cases"
    ):
        saved_cases.load_cases(settings)


def test_max_requests_limits_the_run(judged: Callable[..., Ledger]) -> None:
    ledger = judged(max_requests=40)
    assert len(ledger.exchanges) == 40
    assert ledger.undecided == ("the run was cut short: 40 requests were sent (--max-requests)",)


@pytest.mark.parametrize("secret", ["s" * 40, 'q7e"x2\\k9' * 4])
def test_redacts_a_secret_that_was_cut(secret: str) -> None:
    mask = Redaction([secret])
    for text in (f"a {secret} b", f"cut {secret[:20]}", json.dumps({"x": secret})):
        masked = mask(text)
        assert secret[:16] not in masked
        assert json.dumps(secret)[1:17] not in masked
        assert masked != text
    assert mask("nothing here") == "nothing here"


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: secret,
        lambda secret: json.dumps({"x": secret}),
        lambda secret: quote(f"Bearer {secret}"),
        lambda secret: base64.b64encode(f"Bearer {secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"user:{secret}!".encode()).decode(),
        lambda secret: secret.encode().hex(),
        lambda secret: f"x{secret.rpartition('.')[0]}.B{secret.rpartition('.')[2][1:]}",
        lambda secret: f"cut {secret[:-20]}",
    ],
)
def test_redacts_a_secret_in_every_encoding(write: Callable[[str], str], token: str) -> None:
    masked = Redaction([token])(write(token))
    assert "[secret]" in masked
    # The remaining text is too short to use.
    assert len(masked) < 60


def test_a_gentle_run_creates_short_lived_read_only_tokens(
    judged: Callable[..., Ledger],
) -> None:
    ledger = judged(gentle=True, extra_phases=frozenset({"concurrency"}))
    assert [found.finding.message for found in find_faults(ledger)] == []
    made = [exchange for exchange in ledger.exchanges if exchange.status == 201]
    ends, scopes = [], []
    for exchange in made:
        body: Any = exchange.request.json.value
        moment = date_time_to_ns(body.get("expiresAt"))
        if moment is None or not moment / 1e9 <= exchange.started + 86400:
            ends.append(exchange.request)
        if not all(scope.endswith(":read") for scope in body["scopes"]):
            scopes.append(exchange.request)
    assert len(made) > 50
    # Cases about a date, or with one property omitted, keep their date. Cases about a credential
    # with permissions keep the permissions.
    about_dates = ("expir", "offset", "fraction", "date", "expiresAt", "null", "leap", "year")
    assert {
        request.description
        for request in ends
        if request.phase != COVERAGE_PHASE
        and not any(word in request.description for word in about_dates)
    } == set()
    assert {request.description for request in scopes} <= {
        f"create: {kind}" for kind in (ISSUED_GOOD, ISSUED_REVOKED, ISSUED_EXPIRED, ISSUED_SIMILAR)
    } | {f"credential {ISSUED_GOOD}", "unknown-scopes"}
    carried = [e.request.correlator_values for e in made if e.request.phase == "valid"]
    instants = [places["/expiresAt"] for places in carried]
    assert len(set(instants)) == len(instants)
