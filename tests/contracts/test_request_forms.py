"""Requests in other forms: what is on the wire, in JSON, in a curl command and in saved cases."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.parcels import parcels_contract

from contracts.execution.operation_session import OperationSession
from contracts.execution.saved_cases import load_cases, replayed_cases, save_cases
from contracts.execution.target import Target
from contracts.execution.wire_forms import FormedBackend
from contracts.generators.access.tokens import valid_credential
from contracts.generators.body_properties import body_schema
from contracts.generators.request_forms import (
    head_cases,
    json_form_cases,
    odd_key_cases,
    wire_form_cases,
)
from contracts.judgement import GroupedFinding, Judgement
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Exchange, ReceivedResponse, Request
from contracts.model.request_form import (
    CHUNKED,
    EXPECT,
    FORMS_BY_NAME,
    PLAIN_FORM,
    RequestForm,
)
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.reporting.curl import curl_command
from openapi.contract import Contract
from openapi.finding import make_finding
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction
from openapi.requests.examples import example_body
from openapi.strict_json import parse_json

pytestmark = pytest.mark.integration

CONTRACT = load_contract()
OPERATION = CONTRACT.operations[0]
PARCELS = parcels_contract()
SETTINGS = Settings(url="http://127.0.0.1:1", token="secret-token", run_id="tests0", seed=1)
BODY = '{"name": "caf\u00e9", "scopes": []}'.encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

NOW = datetime.now(UTC)

Step = Callable[[socket.socket], bytes]


def request_of(case: Case, contract: Contract = CONTRACT, operation_id: str = "") -> Request:
    operation = contract.operation(operation_id) if operation_id else contract.operations[0]
    fresh = UniqueValues("tests0", 1, NOW).next()
    places = find_correlators(contract, operation)
    return build_request(contract, operation, places, case, fresh, valid_credential(SETTINGS))


def plain(contract: Contract, operation_id: str) -> Case:
    operation = contract.operation(operation_id)
    spec = operation.body
    body = example_body(contract, spec) if spec else {}
    return Case("valid", "plain", body, spec.sent if spec else None)


def until(connection: socket.socket, end: bytes, received: bytes = b"") -> bytes:
    """Read until the bytes end with `end`, or the peer closes the connection."""
    while not received.endswith(end):
        more = connection.recv(65536)
        if not more:
            break
        received += more
    return received


@contextmanager
def serving(step: Step) -> Iterator[tuple[str, list[bytes]]]:
    """Run `step` on one connection; yield the URL, and what `step` returned."""
    seen: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            seen.append(step(connection))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        thread.join(10)


def sent(form: RequestForm, step: Step) -> tuple[Exchange, bytes]:
    """Send a request in `form` to a service that does `step`; return what the service read."""
    with serving(step) as (url, seen), Target(url, timeout=5) as target:
        exchange = target.send(request_of(Case("valid", "test", BODY, form=form)))
    return exchange, seen[0]


def ok_after(end: bytes) -> Step:
    def step(connection: socket.socket) -> bytes:
        received = until(connection, end)
        connection.sendall(OK)
        return received

    return step


def head_lines(received: bytes) -> list[str]:
    return received.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]


def test_a_chunked_body_has_chunks_and_no_length() -> None:
    form = FORMS_BY_NAME["a body in chunks of 7 bytes"]
    exchange, received = sent(form, ok_after(b"0\r\n\r\n"))
    head, _, body = received.partition(b"\r\n\r\n")
    assert exchange.status == 200
    assert b"transfer-encoding: chunked" in head.lower()
    assert b"content-length" not in head.lower()
    assert body.startswith(b"7\r\n" + BODY[:7] + b"\r\n7\r\n" + BODY[7:14])


def test_headers_are_left_out_replaced_and_written_in_upper_case() -> None:
    _, received = sent(FORMS_BY_NAME["no Accept header"], ok_after(BODY))
    assert not any(line.lower().startswith("accept:") for line in head_lines(received))
    _, received = sent(FORMS_BY_NAME["Accept: */*"], ok_after(BODY))
    assert [x for x in head_lines(received) if x.lower().startswith("accept:")] == ["accept: */*"]
    _, received = sent(FORMS_BY_NAME["header names in upper case"], ok_after(BODY))
    names = [line.partition(":")[0] for line in head_lines(received)]
    assert "AUTHORIZATION" in names
    assert names == [name.upper() for name in names]


def test_expect_sends_the_body_after_100_continue() -> None:
    def step(connection: socket.socket) -> bytes:
        head = until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        received = until(connection, BODY, head)
        connection.sendall(OK)
        return received

    exchange, received = sent(EXPECT, step)
    assert exchange.status == 200
    assert "expect: 100-continue" in [line.lower() for line in head_lines(received)]
    assert received.endswith(b"\r\n\r\n" + BODY)


def test_expect_sends_no_body_after_a_final_response() -> None:
    def step(connection: socket.socket) -> bytes:
        head = until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        return until(connection, b"never", head)

    exchange, received = sent(EXPECT, step)
    assert exchange.status == 417
    assert received.endswith(b"\r\n\r\n")


def test_expect_sends_the_body_if_the_service_ignores_it() -> None:
    exchange, received = sent(EXPECT, ok_after(BODY))
    assert (exchange.status, received.endswith(BODY)) == (200, True)


class Recorder:
    """Stream of httpcore that records what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def connect_tcp(self, **_: object) -> "Recorder":
        return self

    def write(self, buffer: bytes, _timeout: float | None) -> None:
        self.written.append(buffer)


def test_segments_cut_a_character_and_keep_every_byte() -> None:
    recorder = Recorder()
    stream = FormedBackend(recorder, FORMS_BY_NAME["a body in several segments"]).connect_tcp()
    stream.write(BODY, None)
    assert b"".join(recorder.written) == BODY
    assert len(recorder.written) == 3
    cut = b"".join(recorder.written[:2])
    with pytest.raises(UnicodeDecodeError):
        cut.decode()


@pytest.mark.parametrize(
    ("contract", "name"), [(CONTRACT, OPERATION.id), (PARCELS, "bookParcel")], ids=["pat", "parcel"]
)
def test_other_json_texts_have_the_same_value(contract: Contract, name: str) -> None:
    operation, case = contract.operation(name), plain(contract, name)
    texts = set()
    cases = list(json_form_cases(contract, operation, case, many=True))
    for one in cases:
        request = request_of(one, contract, name)
        simple = parse_json(request.body)
        texts.add(request.body)
        assert simple.problem is None, request.description
        assert not simple.has_duplicate_keys
        schema = body_schema(operation)
        assert contract.schema(schema).is_valid(simple.value), request.description
        assert (
            simple.value
            == request_of(
                Case("valid", "", case.body, values=one.values), contract, name
            ).json.value
        )
    assert len(texts) == len(cases)
    assert len(cases) == (12 if contract is PARCELS else 9)


def test_additional_names_are_odd_and_leave_the_documented_ones_alone() -> None:
    case = plain(CONTRACT, OPERATION.id)
    cases = list(odd_key_cases(CONTRACT, OPERATION, case))
    bodies: list[Any] = [json.loads(request_of(one).body) for one in cases]
    assert {"__proto__", "self", "$ref", "", "scopes[]"} <= {key for body in bodies for key in body}
    assert all(body["scopes"] and "revoked" not in body for body in bodies)
    assert all(one.tolerated == {400: "none"} for one in cases)


def test_a_saved_case_keeps_its_form(tmp_path: Path) -> None:
    request = request_of(Case("valid", "test", BODY, form=EXPECT, tolerated={400: "warning"}))
    exchange = Exchange(request, ReceivedResponse(500, (), b""), None, 0, 1)
    finding = make_finding(CONTRACT, "server-error", OPERATION.pointer, "got 500")
    judgement = Judgement((OPERATION.pointer, "*"), 1, finding, exchange=exchange)
    found = [GroupedFinding("0123abcd", finding, judgement)]
    save_cases(tmp_path, found, Redaction(()))
    settings = replace(SETTINGS, cases_dir=tmp_path)
    with Target(SETTINGS.url) as target:
        fresh = UniqueValues("tests1", 1, NOW)
        session = OperationSession(CONTRACT, OPERATION, settings, target, fresh, print)
        cases = list(replayed_cases(session, load_cases(settings)))
    assert [(case.form, case.tolerated) for case in cases] == [
        (EXPECT, {417: "none", 400: "warning"})
    ]


def test_head_is_sent_where_get_is_documented_and_head_is_not() -> None:
    found = [
        operation.id
        for operation in PARCELS.operations
        for _ in head_cases(PARCELS, operation, plain(PARCELS, operation.id))
    ]
    assert found == ["listParcels", "readParcel"]


def test_forms_of_a_body_are_left_out_where_there_is_none() -> None:
    operation = PARCELS.operation("listParcels")
    forms = tuple(FORMS_BY_NAME.values())
    cases = list(wire_form_cases(PARCELS, operation, plain(PARCELS, operation.id), forms))
    assert not any(case.form.needs_body for case in cases)
    assert len(cases) == sum(not form.needs_body for form in forms)


@pytest.mark.parametrize("form", FORMS_BY_NAME.values(), ids=lambda form: form.name or "plain")
def test_the_curl_command_repeats_the_form(form: RequestForm) -> None:
    request = request_of(Case("valid", "test", BODY, form=form))
    if form.transmission == "segments":
        assert curl_command("http://127.0.0.1:1", request, Redaction(())) is None
        return
    is_framed = form.chunk_bytes > 0
    with serving(ok_after(b"0\r\n\r\n" if is_framed else BODY)) as (url, seen):
        command = curl_command(url, request, Redaction(SETTINGS.secrets))
        assert command is not None
        environment = {"HOOKPROOF_TOKEN": "secret-token", "PATH": "/usr/bin:/bin"}
        subprocess.run(
            ["bash", "-c", f"{command} -s"], env=environment, check=True, capture_output=True
        )
    lines = {line.lower() for line in head_lines(seen[0])}
    names = {line.partition(":")[0] for line in lines}
    for name, value in form.headers:
        assert (name in names) is (value is not None)
        assert value is None or f"{name}: {value}".strip().lower() in {x.strip() for x in lines}
    assert ("transfer-encoding: chunked" in lines) is is_framed
    assert (CHUNKED if is_framed else PLAIN_FORM).chunk_bytes >= 0
    if form.upper_case:
        assert any(line.startswith("AUTHORIZATION: ") for line in head_lines(seen[0]))
