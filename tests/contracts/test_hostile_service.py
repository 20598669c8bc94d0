"""Hostile services: a response costs the run little time and memory, and the report says why."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.peak_memory import measured
from support.processes import handled, token

from contracts.execution.operation_session import OperationSession
from contracts.execution.response_body import MAX_BODY_BYTES, MAX_JUDGED_BYTES
from contracts.execution.target import MAX_HEAD_FIELDS, MAX_KEPT_BYTES, Target
from contracts.model.case import Case
from contracts.model.errors import RunStopped
from contracts.model.exchange import Credential, Exchange, Request
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

CONTRACT = load_contract()
OPERATION = CONTRACT.operations[0]
REQUEST = Request(
    case_id=1,
    number=1,
    operation=OPERATION,
    method="POST",
    phase="test",
    description="a test",
    credential=Credential("valid", "accepted", "Bearer token"),
    media_type="application/json",
    body=b'{"name": "x"}',
    correlator_values={},
    mark="hp-test00-0001",
    correlators=(),
    target=OPERATION.path,
    parameter_readings={},
)
MAX_RESIDENT_KIB = 200 * 1024
Answer = tuple[int, dict[str, str], bytes]


@cache
def zeros(size: int) -> bytes:
    """Return the gzip form of `size` zeros, made without holding them."""
    packer, block, packed = zlib.compressobj(9, wbits=31), bytes(1024 * 1024), b""
    for _ in range(size // len(block)):
        packed += packer.compress(block)
    return packed + packer.flush()


def answering(answer: Callable[[int], Answer]) -> type[BaseHTTPRequestHandler]:
    """Return a handler that sends `answer(n)` to the n-th request."""
    count = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            count[0] += 1
            status, headers, body = answer(count[0])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


def send(headers: dict[str, str], body: bytes) -> Exchange:
    with (
        handled(answering(lambda _: (201, headers, body))) as url,
        Target(url, timeout=60) as target,
    ):
        return target.send(REQUEST)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def closing(seldom: int | None) -> type[BaseHTTPRequestHandler]:
    """Return a handler that closes every connection; it responds to each `seldom`-th request."""
    count = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            count[0] += 1
            if seldom is None or count[0] % seldom:
                self.close_connection = True
                return
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(400)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


def sent_until_the_end(url: str, most: int) -> tuple[int, str]:
    """Send up to `most` requests; return their number and why the session ended."""
    settings = Settings(url=url, run_id="hostil", seed=1)
    fresh = UniqueValues("hostil", 1, datetime.now(UTC))
    case = Case("valid", "a test", b"{}")
    with Target(url, timeout=5) as target:
        session = OperationSession(CONTRACT, OPERATION, settings, target, fresh, print)
        for number in range(most):
            try:
                session.send(case)
            except RunStopped as stop:
                return number + 1, str(stop)
    return most, ""


def test_a_service_that_some_requests_crash_is_tested_to_the_end() -> None:
    with handled(closing(seldom=31)) as url:
        assert sent_until_the_end(url, 120) == (120, "")


def test_a_service_that_closes_every_connection_ends_the_session() -> None:
    with handled(closing(seldom=None)) as url:
        sent, reason = sent_until_the_end(url, 120)
    assert (sent, reason.partition(";")[0]) == (
        50,
        "50 requests in a row got no complete response",
    )


def test_a_service_that_is_gone_ends_the_session_soon() -> None:
    sent, reason = sent_until_the_end(f"http://127.0.0.1:{free_port()}", 120)
    assert (sent, reason.partition(";")[0]) == (5, "5 requests got no response")


BODY = json.dumps({"accessToken": "x" * 100}).encode()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("GZIP", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
        ("x-gzip", gzip.compress(BODY) + bytes(8)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("identity", BODY),
        ("", BODY),
    ],
    ids=["gzip", "two members", "x-gzip", "zlib", "raw deflate", "identity", "empty"],
)
def test_decodes_one_content_coding(coding: str, body: bytes) -> None:
    response = send({"content-encoding": coding}, body).response
    assert response is not None
    assert (response.body, response.not_judged) == (BODY, None)


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, deflate", "br", "zstd", "of our own"])
def test_keeps_the_bytes_of_another_or_a_second_coding(coding: str) -> None:
    packed = gzip.compress(zeros(256 * 1024 * 1024))
    assert len(packed) < 4096
    response = send({"content-encoding": coding}, packed).response
    assert response is not None
    assert response.body == packed
    assert response.not_judged == f'it has the content coding "{coding}"'
    assert response.json.value is None


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", lambda: zeros(64 * 1024 * 1024)),
        ("deflate", lambda: zlib.compress(bytes(MAX_BODY_BYTES + 1))),
        ("gzip", lambda: gzip.compress(b"") * (MAX_BODY_BYTES // 20 + 10)),
        ("br", lambda: bytes(MAX_BODY_BYTES + 1)),
        ("identity", lambda: bytes(MAX_BODY_BYTES + 1)),
    ],
    ids=["gzip", "deflate", "empty members", "unknown", "plain"],
)
def test_a_body_is_bounded_on_the_wire_and_decoded(coding: str, body: Callable[[], bytes]) -> None:
    failure = send({"content-encoding": coding}, body()).failure
    assert failure is not None
    assert (failure.kind, failure.status) == ("too large", 201)


@pytest.mark.parametrize(
    "body",
    [gzip.compress(BODY)[:-9], b"\x1f", BODY, gzip.compress(BODY)[:10]],
    ids=["cut", "one byte", "plain", "only a head"],
)
def test_an_incomplete_or_invalid_coding_is_a_failure(body: bytes) -> None:
    failure = send({"content-encoding": "gzip"}, body).failure
    assert failure is not None
    assert failure.kind == "malformed"


def test_an_endless_number_of_header_fields_is_a_failure() -> None:
    failure = send({f"x-{n}": "" for n in range(MAX_HEAD_FIELDS)}, BODY).failure
    assert failure is not None
    assert failure.kind == "too large"


def test_the_bodies_of_a_run_are_bounded_together() -> None:
    size = MAX_JUDGED_BYTES - 10
    count = MAX_KEPT_BYTES // size + 3
    with (
        handled(answering(lambda n: (201, {}, f"{n:010}".encode() + bytes(size - 10)))) as url,
        Target(url) as target,
    ):
        exchanges = [target.send(REQUEST) for _ in range(count)]
    kept = [e.response.body for e in exchanges if e.response and not e.response.not_judged]
    assert MAX_KEPT_BYTES <= sum(map(len, kept)) < MAX_KEPT_BYTES + MAX_JUDGED_BYTES
    last = exchanges[-1].response
    assert last is not None
    assert last.not_judged == "it is larger than a run keeps"


def run_against(answer: Callable[[int], Answer], directory: Path) -> tuple[int, int, Any]:
    """Verify a service of these answers; return exit code, peak of resident KiB and report."""
    with handled(answering(answer)) as url:
        command = [sys.executable, "-m", "hookproof", "verify", url, "--no-webhooks", "--no-cache"]
        command += ["--profile", "quick", "--request-timeout", "4", "--max-requests", "70"]
        done = subprocess.run(
            measured(directory / "peak", [*command, "--report-dir", str(directory)]),
            env={**os.environ, "HOOKPROOF_TOKEN": token()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return done.returncode, int((directory / "peak").read_text()), report


JSON = {"content-type": "application/json"}
GZIP = {**JSON, "content-encoding": "gzip"}
HUGE = 256 * 1024 * 1024


def with_value(number: int, value: bytes) -> bytes:
    return f'{{"accessToken": "{number:040}", "x": '.encode() + value + b"}"


LONG_TEXT = b'"' + b"0" * (MAX_JUDGED_BYTES - 100) + b'"'
MANY_VALUES = b"[" + b"[]," * (MAX_JUDGED_BYTES // 3 - 40) + b"[]]"
ATTACKS: dict[str, Callable[[int], Answer]] = {
    "two codings": lambda _: (
        201,
        {**JSON, "content-encoding": "gzip, gzip"},
        gzip.compress(zeros(HUGE)),
    ),
    "one coding": lambda _: (201, GZIP, zeros(HUGE)),
    "many large bodies": lambda n: (201, GZIP, gzip.compress(with_value(n, LONG_TEXT), 1)),
    "many values": lambda n: (201, JSON, with_value(n, MANY_VALUES)),
    "many fields": lambda n: (
        201,
        {**JSON, **{f"x-{n}-{i}": "" for i in range(200)}},
        with_value(n, b"1"),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_response_fills_the_memory_of_the_run(attack: str, tmp_path: Path) -> None:
    code, resident, report = run_against(ATTACKS[attack], tmp_path)
    assert code in (1, 2)
    assert resident < MAX_RESIDENT_KIB, resident
    told = [*report["undecided"], *(finding["message"] for finding in report["findings"])]
    if attack == "two codings":
        assert any('content coding "gzip, gzip"' in sentence for sentence in told)
