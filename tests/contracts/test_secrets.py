"""Redaction of a run: its files and its output contain no secret."""

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from support.encodings import ENCODINGS
from support.notes import Answer, Notes, Received, judge_notes, notes_contract
from support.processes import (
    JWT_SECRET,
    WEBHOOK_SECRET,
    handled,
    hookproof_in,
    running_mock,
    tokens,
)
from support.signatures import signature_of

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.outcome import RunOutcome
from contracts.reporting.report import report
from openapi.json_pointer import set_at
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

EVENT = load_contract().events[0]
ANY_TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
END_OF_TOKEN = re.compile(r"[\w-]{20}\.[\w-]{43}\b")


def given_secrets() -> dict[str, str]:
    """Return the secrets of a run, by their environment variables."""
    return {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}


@contextmanager
def leaking(port: int, issued: list[str]) -> Iterator[str]:
    """Run a service that leaks every secret everywhere; append its own tokens to `issued`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            given = self.headers.get("authorization") or "none"
            try:
                name = json.loads(raw)["name"]
            except (ValueError, LookupError, TypeError, RecursionError):
                name = None
            if isinstance(name, str):
                issued.append(
                    f"issued/{len(issued):06}+{base64.b64encode(os.urandom(24)).decode()}"
                )
                self.answer(201, {"accessToken": issued[-1], "shown": [*issued[-3:], given]}, given)
                self.tell(name, given)
            else:
                shown = base64.b64encode(given.encode()).decode()
                self.answer(400, {"message": f"{given} sent that", "again": shown}, given)

        def answer(self, status: int, body: object, given: str) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", f'application/json; given="{given}"')
            self.send_header("content-length", str(len(sent)))
            self.send_header("x-request", f"{given} {issued[-1:]}")
            self.end_headers()
            self.wfile.write(sent)

        def tell(self, name: str, given: str) -> None:
            payload = json.loads(json.dumps(EVENT.examples[0]))
            set_at(payload, "/data/id", f"{issued[-1]}-{given}")
            set_at(payload, "/data/name", f"{name} {issued[-1]} {WEBHOOK_SECRET}")
            body = json.dumps(payload).encode()
            assert EVENT.signature is not None
            value = signature_of(EVENT.signature, body, WEBHOOK_SECRET)
            headers = {EVENT.signature.header: value, "content-type": EVENT.media_type}
            headers |= {"x-caller": given, "x-secret": WEBHOOK_SECRET}
            url = f"http://127.0.0.1:{port}/{issued[-1].replace('/', '%2F')}"
            httpx.post(url, content=body, headers=headers, trust_env=False, verify=False)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def artefacts(url: str, port: int, directory: Path, *options: str) -> tuple[int, dict[str, str]]:
    """Verify `url` as in GitHub Actions; return the exit code, all files and all output."""
    summary = directory / "summary.md"
    done = hookproof_in(
        directory,
        *("verify", url, "--profile", "quick", "--webhook-deadline", "2"),
        *("--webhook-listen", f"127.0.0.1:{port}"),
        *options,
        **given_secrets(),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
        XDG_CACHE_HOME=str(directory / "cache"),
    )
    files = [path for path in directory.rglob("*") if path.is_file() and "cache" not in path.parts]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    return done.returncode, {**texts, "stdout": done.stdout, "stderr": done.stderr}


def assert_free_of(secrets: list[str], texts: dict[str, str]) -> None:
    for name, text in texts.items():
        for secret in secrets:
            for form in (secret, json.dumps(secret)[1:-1], base64.b64encode(secret.encode())[:-4]):
                written = form if isinstance(form, str) else form.decode()
                assert written not in text, f"{secret[:12]}... in {name}"


REPORTS = {"report.json", "report.html", "report.sarif", "junit.xml", "summary.md"}


def test_a_failing_run_shows_no_secret(port: int, tmp_path: Path) -> None:
    issued: list[str] = []
    with leaking(port, issued) as url:
        code, texts = artefacts(url, port, tmp_path)
    assert code == 1
    assert {*REPORTS, "cases.json"} <= set(texts)
    assert len(issued) > 20
    # The leak is a finding, and the report shows it redacted.
    found = {finding["check"] for finding in json.loads(texts["report.json"])["findings"]}
    assert "secret-leak" in found
    assert "[secret]" in texts["report.html"]
    assert_free_of([*given_secrets().values(), *issued], texts)
    assert not any(ANY_TOKEN.search(text) for text in texts.values())


def test_a_passing_run_shows_no_secret(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        code, texts = artefacts(url, port, tmp_path)
    assert code == 0, texts["stdout"]
    assert set(texts) >= REPORTS
    assert_free_of([*given_secrets().values(), JWT_SECRET], texts)
    # The mock issues JWTs, so no JWT at all may occur.
    assert not any(ANY_TOKEN.search(text) for text in texts.values())


@pytest.mark.parametrize("fault", ["ok-for-created", "response-wrapped"])
def test_a_secret_with_another_status_or_at_another_place_is_redacted(
    fault: str, port: int, tmp_path: Path
) -> None:
    with running_mock(port, "--fault", fault) as url:
        code, texts = artefacts(url, port, tmp_path)
    assert code == 1, texts["stdout"]
    assert "[secret]" in texts["report.html"]
    # The mock's tokens begin alike, so that a token may be redacted in part: its end must not show.
    assert not any(END_OF_TOKEN.search(text) for text in texts.values())


@contextmanager
def echoing_encoded(token: str) -> Iterator[str]:
    """Run a service that shows the token of its caller in one encoding after the other."""
    shown = [encode(token) for encode in ENCODINGS.values()]
    count = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            text = shown[count[0] % len(shown)]
            count[0] += 1
            try:
                accepted = isinstance(json.loads(raw)["name"], str)
            except (ValueError, LookupError, TypeError, RecursionError):
                accepted = False
            # The shape changes, so that every response has a finding that quotes it.
            body = {"message": text, f"key of {count[0]}": [text], text: count[0]}
            sent = json.dumps(body).encode()
            if "\\" in text:  # the escapes are those of the JSON, not text that looks like them
                sent = sent.replace(b"\\\\", b"\\")
            self.send_response(201 if accepted else 500 if count[0] % 2 else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def test_no_artefact_shows_the_token_in_any_encoding(port: int, tmp_path: Path) -> None:
    token = given_secrets()["HOOKPROOF_TOKEN"]
    with echoing_encoded(token) as url:
        code, texts = artefacts(url, port, tmp_path)
    assert code == 1
    assert set(texts) >= REPORTS
    leaks = [f for f in json.loads(texts["report.json"])["findings"] if f["check"] == "secret-leak"]
    assert leaks[0]["count"] > len(ENCODINGS)
    for name, encode in ENCODINGS.items():
        form = encode(token)
        written = {form, json.dumps(form)[1:-1], escape(form), json.dumps(json.dumps(form))[3:-3]}
        for artefact, text in texts.items():
            assert not any(one in text for one in written), f"{name} in {artefact}"


def test_a_report_stays_readable_beside_a_token_of_words(port: int) -> None:
    token = "personal access token secret"
    encoded = base64.b64encode(token.encode()).decode()
    readable = "read the rules of personal access tokens"

    def answers(received: Received, answer: Answer) -> Answer:
        shown = f"{readable}, not {token} and not {encoded}"
        return answer if received.is_valid else Answer(418, {"message": shown})

    ledger = judge_notes(
        notes_contract(), Notes(answers=answers), port, webhooks=False, token=token
    )
    outcome = RunOutcome(ledger)
    outcome.results |= {name: apply_check(name, c, ledger) for name, c in CHECKS.items()}
    text = json.dumps(report(ledger.settings, outcome, 0.0, 1.0))
    assert "got 418, expected 400" in text
    assert readable in text
    assert token not in text
    assert encoded[:-4] not in text


@contextmanager
def echoing_headers() -> Iterator[str]:
    """Run a service whose responses repeat each header of the request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = json.dumps([f"{name} is {value}" for name, value in self.headers.items()])
            self.send_response(201)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def test_no_artefact_shows_a_credential_of_a_given_header(port: int, tmp_path: Path) -> None:
    basic = base64.b64encode(b"ada:open-sesame").decode()
    shown = {
        "X-Api-Key: the-key-of-the-gateway": "X-Api-Key is [secret]",
        f"Proxy-Authorization: Basic {basic}": "Proxy-Authorization is Basic [secret]",
        "Cookie: lang=de; sid=of-the-session": "Cookie is lang=de; sid=[secret]",
        "Accept-Language: de": "Accept-Language is de",
        "Accept: application/json": "Accept is application/json",
    }
    options = [part for header in shown for part in ("-H", header)]
    options += ["--no-webhooks", "--max-requests", "5"]
    with echoing_headers() as url:
        code, texts = artefacts(url, port, tmp_path, *options)
    assert code == 1
    assert_free_of(["the-key-of-the-gateway", basic, "open-sesame", "of-the-session"], texts)
    for text in shown.values():
        assert text.lower() in texts["report.json"].lower()
