"""`hookproof verify-receiver`: forms of deliveries, contracts and limits beside the table."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.processes import hookproof
from support.receivers import receiving

pytestmark = pytest.mark.integration

CONTRACT = Path(__file__).resolve().parents[1] / "data" / "receiver.yaml"
KEY = b"secret of the receivers of tests"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY_CONTRACT = """
openapi: 3.1.0
info: {title: Repository, version: "1"}
paths: {}
webhooks:
  push:
    post:
      security: [{Hub: []}]
      parameters:
        - {name: X-Hub-Delivery, in: header, required: true, schema: {type: string, format: uuid}}
      requestBody:
        content: {application/json: {schema: {type: object}, example: {ref: refs/heads/main}}}
      responses: {"200": {description: Received.}}
components:
  securitySchemes:
    Hub:
      type: apiKey
      in: header
      name: X-Hub-Signature-256
      x-hookproof-signature: {scheme: github}
"""
Headers = dict[str, str]
Judge = Callable[[Headers, bytes], int]


def parsed(request: bytes) -> tuple[str, Headers, bytes]:
    """Return the method, the headers and the body of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if "chunked" in headers.get("transfer-encoding", ""):
        return first.split()[0], headers, b""
    return first.split()[0], headers, body


def standard(headers: Headers, body: bytes) -> int:
    """Return the status of a right check by Standard Webhooks; chunks need a length."""
    if "transfer-encoding" in headers:
        return 411
    timestamp = headers.get("webhook-timestamp", "")
    content = f"{headers.get('webhook-id')}.{timestamp}.".encode("latin-1") + body
    right = "v1," + base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(one.encode(), right.encode()) for one in given):
        return 401
    if re.fullmatch("[0-9]{1,12}", timestamp) is None:
        return 401
    return 200 if abs(time.time() - int(timestamp)) <= 300 else 401


def answering(judge: Judge, more: str = "") -> Callable[[bytes], bytes]:
    """Return a receiver whose status is that of `judge`, 405 for other methods."""

    def answer(request: bytes) -> bytes:
        method, headers, body = parsed(request)
        status = judge(headers, body) if method == "POST" else 405
        lines = f"HTTP/1.1 {status} Status\r\n{more}Content-Length: 0\r\nConnection: close\r\n"
        return f"{lines}\r\n".encode()

    return answer


def judged(judge: Judge, folder: Path, *options: str, contract: Path = CONTRACT) -> dict[str, Any]:
    """Return the report about a receiver."""
    with receiving(answering(judge)) as receiver:
        given = ["--contract", str(contract), "--report-dir", str(folder), *options]
        done = hookproof(
            "verify-receiver", f"{receiver.url}/hooks", "--webhook-secret", SECRET, *given
        )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert done.returncode == report["exit_code"], done.stderr
    return report


def messages(report: dict[str, Any], check: str) -> str:
    """Return the messages of the violations of a check."""
    found = report["findings"]
    return "\n".join(
        one["message"] for one in found if one["check"] == check and one["severity"] == "violation"
    )


def test_a_right_receiver_conforms(tmp_path: Path) -> None:
    report = judged(standard, tmp_path)
    assert report["exit_code"] == 0, report["findings"]
    statuses = {one["keyword"]: one["status"] for one in report["constraints"]}
    assert statuses["receiver-used-connection"] == "not exercised"
    assert report["requests"] < 220


UNCHECKED: dict[str, Callable[[Headers, bytes], bool]] = {
    "(invoice.voided)": lambda _, body: b"invoice.voided" in body,
    "the name of an unknown event": lambda _, body: b".unknown" in body,
    "no body": lambda _, body: not body,
    "a body of 80 KiB": lambda _, body: len(body) > 64 * 1024,
    "its body in chunks": lambda headers, _: "transfer-encoding" in headers,
    "the Content-Type text/plain": lambda headers, _: "text/plain" in headers["content-type"],
    "no Content-Type": lambda headers, _: "content-type" not in headers,
}


@pytest.mark.parametrize("words", UNCHECKED)
def test_finds_a_form_whose_signature_is_not_checked(words: str, tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        known = {"content-type": "", **headers} if words != "no Content-Type" else headers
        return 200 if UNCHECKED[words](known, body) else standard(headers, body)

    report = judged(judge, tmp_path, "--only", "receiver-forged-form")
    assert f"another secret {words}" in messages(report, "receiver-forged-form").replace(
        "secret and ", "secret "
    )
    assert report["exit_code"] == 1


def test_finds_a_timestamp_that_is_not_a_number(tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        late = headers.get("webhook-timestamp", "") == "NaN"
        signed = f"{headers.get('webhook-id')}.NaN.".encode() + body
        right = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        valid = late and headers.get("webhook-signature") == f"v1,{right}"
        return 200 if valid else standard(headers, body)

    report = judged(judge, tmp_path, "--only", "receiver-timestamp-form")
    assert "whose timestamp is NaN was accepted" in messages(report, "receiver-timestamp-form")


@pytest.mark.parametrize(
    ("part", "words"),
    [("x" * 300, "an id of 2,000 characters"), ("'", "quotes and a semicolon"), ("%00", "dots")],
)
def test_finds_an_id_that_is_an_error(part: str, words: str, tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        return 500 if part in headers.get("webhook-id", "") else standard(headers, body)

    report = judged(judge, tmp_path, "--only", "receiver-id-form")
    assert words in messages(report, "receiver-id-form")


def test_finds_the_text_of_a_missing_secret(tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode(
            "latin-1"
        )
        right = base64.b64encode(hmac.new(b"undefined", signed + body, hashlib.sha256).digest())
        valid = headers.get("webhook-signature") == f"v1,{right.decode()}"
        return 200 if valid else standard(headers, body)

    report = judged(judge, tmp_path, "--only", "receiver-weak-signature")
    assert "whose key is the word undefined" in messages(report, "receiver-weak-signature")


def test_an_event_without_use_is_a_warning_and_another_one_is_judged(tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        status = standard(headers, body)
        return 410 if status == 200 and b"invoice.paid" in body else status

    report = judged(judge, tmp_path)
    assert report["exit_code"] == 0, report["findings"]
    warnings = [one["message"] for one in report["findings"]]
    assert "a conforming invoice.paid got 410: the receiver has no use for it" in warnings


def test_a_payload_without_id_is_forged_and_has_the_headers_of_the_contract(
    tmp_path: Path,
) -> None:
    contract = tmp_path / "push.yaml"
    contract.write_text(BODY_CONTRACT, encoding="utf-8")

    ids: list[str] = []

    def judge(headers: Headers, body: bytes) -> int:
        if "transfer-encoding" in headers:
            return 411
        if "x-hub-delivery" not in headers:
            return 400
        ids.append(headers["x-hub-delivery"])
        right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return 200 if headers.get("x-hub-signature-256") == right else 401

    report = judged(judge, tmp_path, contract=contract)
    assert report["exit_code"] == 0, report["findings"]
    assert len(set(ids)) > len(ids) / 2


def test_a_limit_of_the_rate_decides_nothing(tmp_path: Path) -> None:
    waits = "Retry-After: 60\r\n"
    with receiving(answering(lambda *_: 429, waits)) as receiver:
        given = ["--contract", str(CONTRACT), "--report-dir", str(tmp_path)]
        done = hookproof(
            "verify-receiver", f"{receiver.url}/hooks", "--webhook-secret", SECRET, *given
        )
    assert done.returncode == 2
    assert "limits the rate of deliveries, and accepted none" in done.stderr + done.stdout


def test_a_forged_delivery_that_a_limit_stops_is_undecided(tmp_path: Path) -> None:
    def judge(headers: Headers, body: bytes) -> int:
        status = standard(headers, body)
        return 429 if status != 200 else 200

    report = judged(judge, tmp_path, "--only", "receiver-changed-id", "--max-time", "60")
    assert report["exit_code"] == 2
    assert report["reason"] == "no delivery decided a property"


@pytest.mark.parametrize("head", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_response_without_its_whole_body_is_none(head: str, tmp_path: Path) -> None:
    short = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nshort".encode()
    with receiving(lambda _: short) as receiver:
        given = ["--contract", str(CONTRACT), "--report-dir", str(tmp_path)]
        done = hookproof(
            "verify-receiver", f"{receiver.url}/hooks", "--webhook-secret", SECRET, *given
        )
    assert done.returncode == 1
    assert "got a response that ended before its whole body" in done.stdout
