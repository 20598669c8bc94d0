"""The harness as a library, against the mock and against small services of the tests' own."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from processes import JWT_SECRET, WEBHOOK_SECRET, handled, hookproof, started

from contracts.checks import CHECKS
from contracts.checks.judgement import Found
from contracts.checks.secrets import known_secrets
from contracts.execution import saved_cases
from contracts.ledger.ledger import Books
from contracts.model.case import COVERAGE, KEPT
from contracts.model.credential_kinds import (
    ISSUED_ALIKE,
    ISSUED_EXPIRED,
    ISSUED_GOOD,
    ISSUED_REVOKED,
)
from contracts.model.settings import Settings
from contracts.reporting.constraint_status import standings
from contracts.reporting.report import digest
from contracts.run import findings, run
from openapi.formats import instant
from openapi.loading.loader import load
from openapi.redaction import Redaction

CONTRACT = load()
HELD = load().at("/components/schemas/KnownPermission")["enum"]


@pytest.fixture(scope="module")
def token() -> str:
    scopes = [part for permission in HELD for part in ("--scope", permission)]
    return hookproof("token", "--jwt-secret", JWT_SECRET, *scopes).stdout.strip()


@pytest.fixture
def judged(port: int, token: str) -> Callable[..., Books]:
    def judge(*options: str, **settings: Any) -> Books:
        command = ["-m", "hookproof", "mock", "--port", "0", *options]
        command += ["--webhook-url", f"http://127.0.0.1:{port}/hooks"]
        secrets = {"HOOKPROOF_JWT_SECRET": JWT_SECRET, "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}
        with started(command, **secrets) as url:
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
    """Serve what `answer` makes of each JSON body (None: no object); yield the URL."""

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
            """Say nothing."""

    with handled(Handler) as url:
        yield url


def of(check: str, found: list[Found]) -> list[Found]:
    return [one for one in found if one.finding.check == check]


def without_webhooks(url: str, token: str) -> Books:
    settings = Settings(
        url=url, run_id="tests0", seed=1, token=token, webhooks=False, profile="quick"
    )
    return run(settings, CONTRACT, lambda _: None)


def created(number: list[int]) -> Answer:
    number[0] += 1
    return 201, {"accessToken": f"secret-number-{number[0]:06}"}


def test_one_seed_makes_the_same_cases_and_another_makes_others(
    judged: Callable[..., Books],
) -> None:
    first, again = judged(seed=7), judged(seed=7, run_id="tests1")
    assert digest(first) == digest(again)
    assert digest(first) != digest(judged(seed=8))


def test_a_refusal_that_may_be_about_a_name_is_no_verdict_until_it_comes_again(token: str) -> None:
    """A service with leftovers says 409 to one bad body, and only once."""
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
        books = without_webhooks(url, token)
    tried_again = [tries for tries in books.cases.values() if len(tries) > 1]
    assert [[e.status for e in tries] for tries in tried_again] == [[409, 400]]
    refused = of("invalid-request", findings(books))
    assert all("was answered 201" in one.finding.message for one in refused)


def test_a_bad_body_that_is_always_answered_409_is_a_violation(token: str) -> None:
    number = [0]

    def answer(body: dict[str, Any] | None) -> Answer:
        good = body is not None and isinstance(body.get("name"), str) and len(body["name"]) < 257
        return created(number) if good else (409, {"message": "no"})

    with serving(answer) as url:
        books = without_webhooks(url, token)
    messages = [one.finding.message for one in of("invalid-request", findings(books))]
    assert any("was answered 409, not 400" in message for message in messages)
    same = [tries for tries in books.cases.values() if len(tries) == 3]
    assert all({e.status for e in tries} == {409} for tries in same)
    assert same


def test_a_fresh_name_that_is_called_taken_three_times_is_a_violation(token: str) -> None:
    number = [0]

    def answer(body: dict[str, Any] | None) -> Answer:
        quoted = body is not None and '"' in str(body.get("name"))
        return (409, {"message": "taken"}) if quoted else created(number)

    with serving(answer) as url:
        found = findings(without_webhooks(url, token))
    messages = [one.finding.message for one in of("valid-request", found)]
    assert any("is valid and was answered 409" in message for message in messages)


def test_every_constraint_has_a_standing_with_a_reason(judged: Callable[..., Books]) -> None:
    books = judged()
    judgements = [judgement for check in CHECKS.values() for judgement in check(books)]
    told = {s.constraint.key: s for s in standings(books, judgements)}
    assert len(told) > 200
    assert {s.state for s in told.values()} == {"enforced", "undecided"}
    assert all(s.cases > 0 for s in told.values() if s.state == "enforced")
    assert all(s.reason for s in told.values() if s.state == "undecided")
    length = told["/components/schemas/PersonalAccessTokenRequest/properties/name/maxLength", "*"]
    assert (length.state, length.constraint.kind) == ("enforced", "request")
    refusal = "/paths/~1v3~1personal-access-tokens/post/responses/401/x-provoke"
    assert told[refusal, "alg none"].state == "enforced"
    assert told[refusal, "expired"].cure == "pass --token-expired"


def test_an_opaque_token_leaves_what_is_made_of_a_jwt_undecided() -> None:
    number = [0]
    with serving(lambda _: created(number)) as url:
        books = without_webhooks(url, "an-opaque-token")
    judgements = [judgement for check in CHECKS.values() for judgement in check(books)]
    states = {s.constraint.detail: s for s in standings(books, judgements)}
    assert states["wrongly signed"].state == "undecided"
    assert "no JWT" in str(states["wrongly signed"].reason)
    assert states["absent"].state == "violated"


def test_a_run_may_stop_at_the_first_violation(judged: Callable[..., Books]) -> None:
    books = judged("--fault", "name-truncated", exit_first=True)
    assert of("webhook-echo", findings(books))
    assert len(books.exchanges) == 1


def test_failing_cases_are_kept_without_secrets_and_tried_first(
    judged: Callable[..., Books], tmp_path: Path
) -> None:
    books = judged("--fault", "max-length-ignored", cases_dir=tmp_path)
    mask = Redaction(known_secrets(books))
    saved_cases.save(tmp_path, findings(books), mask, ())
    text = (tmp_path / saved_cases.FILE).read_text(encoding="utf-8")
    assert all(secret not in text for secret in known_secrets(books))
    assert books.settings.run_id not in text
    again = judged("--fault", "max-length-ignored", cases_dir=tmp_path, exit_first=True)
    replayed = [e for e in again.exchanges if e.request.block == KEPT]
    assert len(replayed) == len(again.exchanges) - 1 > 0
    assert of("invalid-request", findings(again))
    fixed = judged(cases_dir=tmp_path)
    assert findings(fixed) == []
    assert digest(fixed) == digest(books)
    saved_cases.save(tmp_path, findings(fixed), mask, ())
    assert json.loads((tmp_path / saved_cases.FILE).read_text(encoding="utf-8"))["cases"] == []


def test_a_file_of_cases_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / saved_cases.FILE).write_text('{"version": 1, "cases": [{}]}', encoding="utf-8")
    settings = Settings("http://127.0.0.1:1", "tests0", 1, cases_dir=tmp_path)
    with pytest.raises(saved_cases.NoCases, match=r"cases\.json holds no cases that can be read"):
        saved_cases.load(settings)


def test_no_more_is_sent_than_was_allowed(judged: Callable[..., Books]) -> None:
    books = judged(max_requests=40)
    assert len(books.exchanges) == 40
    assert books.undecided == ("the run was cut short: 40 requests were sent (--max-requests)",)


@pytest.mark.parametrize("secret", ["s" * 40, 'quote"and\\slash' * 3])
def test_no_secret_is_left_in_a_text_that_was_cut(secret: str) -> None:
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
def test_a_secret_is_masked_in_whatever_encoding(write: Callable[[str], str], token: str) -> None:
    masked = Redaction([token])(write(token))
    assert "[secret]" in masked
    # What is left of it is of no use to anybody.
    assert len(masked) < 60


def test_a_gentle_run_leaves_behind_what_ends_within_a_day_and_can_only_read(
    judged: Callable[..., Books],
) -> None:
    books = judged(gentle=True, provoke=frozenset({"concurrent"}))
    assert [found.finding.message for found in findings(books)] == []
    made = [exchange for exchange in books.exchanges if exchange.status == 201]
    ends, scopes = [], []
    for exchange in made:
        body: Any = exchange.request.json.value
        moment = instant(body.get("expiresAt"))
        if moment is None or not moment / 1e9 <= exchange.started + 86400:
            ends.append(exchange.request)
        if not all(scope.endswith(":read") for scope in body["scopes"]):
            scopes.append(exchange.request)
    assert len(made) > 50
    # What is about a date, or leaves properties out one at a time, keeps its date; what is about a
    # credential that can do something has the permission to.
    about_dates = ("expir", "offset", "fraction", "date", "expiresAt", "null", "leap", "year")
    assert {
        request.description
        for request in ends
        if request.block != COVERAGE
        and not any(word in request.description for word in about_dates)
    } == set()
    assert {request.description for request in scopes} <= {
        f"create: {kind}" for kind in (ISSUED_GOOD, ISSUED_REVOKED, ISSUED_EXPIRED, ISSUED_ALIKE)
    } | {f"credential {ISSUED_GOOD}", "unknown-scopes"}
    carried = [e.request.correlators for e in made if e.request.block == "valid"]
    instants = [places["/expiresAt"] for places in carried]
    assert len(set(instants)) == len(instants)
