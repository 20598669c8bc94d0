"""Strangers send deliveries to the listener of a run: they neither fool nor hurt it."""

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.peak_memory import measured
from support.processes import WEBHOOK_SECRET
from support.reference_runs import known_permissions, service, shipped_contract, token
from support.signatures import signature_of

from contracts.execution.delivery_intake import OWN_LIMITS, STRANGER_LIMITS, DeliveryIntake
from contracts.execution.webhook_source import RemoteSink
from contracts.ledger.strangers import MAX_SENDERS
from contracts.model.settings import Settings
from openapi.http.free_port import free_port
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink

integration = pytest.mark.integration

CONTRACT = shipped_contract()
(EVENT,) = CONTRACT.events
MAX_RESIDENT_KIB = 200 * 1024
FOREIGN_DELIVERIES = 10_000
MiB = 2**20
Headers = dict[str, str]


@dataclass(frozen=True)
class AttackedRun:
    """Result of a run during which strangers sent deliveries."""

    code: int
    out: str
    resident_kib: int
    report: dict[str, Any]

    @property
    def strangers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.report["webhooks"]["strangers"]
        return found

    def checks(self, severity: str) -> set[str]:
        found = self.report["findings"]
        return {finding["check"] for finding in found if finding["severity"] == severity}


class Stranger:
    """Sender of deliveries to the port of a listener, on one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: Headers | None = None
    ) -> tuple[int, bytes]:
        self._connection.request(method, target, body, headers or {})
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        self._connection.close()


def signature(body: bytes, secret: str = "of a stranger") -> Headers:
    assert EVENT.signature is not None
    return {EVENT.signature.header: signature_of(EVENT.signature, body, secret)}


def event_body(name: str = "a stranger's token", ident: str = "of a stranger") -> bytes:
    payload = json.loads(json.dumps(EVENT.examples[0]))
    payload["data"].update(name=name, id=ident)
    return json.dumps(payload).encode()


def attacked(
    directory: Path, attack: Callable[[Stranger], None], *arguments: str, deviate: str = ""
) -> AttackedRun:
    """Start a run, let `attack` send to its listener, then start the service and finish the run."""
    port, service_port = free_port(), free_port()
    command = [sys.executable, "-m", "hookproof", "verify", f"http://127.0.0.1:{service_port}"]
    command += ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(directory)]
    command += ["--wait", "120", "--profile", "quick", "--no-saved-cases", *arguments]
    environment = {
        **os.environ,
        "HOOKPROOF_TOKEN": token(known_permissions()),
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": token(["license:read"]),
        "HOOKPROOF_TOKEN_EXPIRED": token(expires_in=-1000),
        "HOOKPROOF_TOKEN_NOT_YET_VALID": token(not_before=1000),
        "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    options = ["--port", str(service_port), *(["--deviate", deviate] if deviate else [])]
    with subprocess.Popen(
        measured(directory / "peak", command),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = next((text for text in process.stderr if "listening for webhooks" in text), "")
            assert str(port) in line
            stranger = Stranger(port)
            attack(stranger)
            stranger.close()
            with service(port, *options):
                out = process.stdout.read()
                process.wait()
        finally:
            process.kill()
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return AttackedRun(process.returncode, out, int((directory / "peak").read_text()), report)


@integration
def test_a_browser_and_an_unsigned_post_turn_no_run_red(tmp_path: Path) -> None:
    replies = []

    def attack(stranger: Stranger) -> None:
        replies.append(stranger.send("GET", "/favicon.ico"))
        replies.append(stranger.send("GET", "/_hookproof/"))
        replies.append(stranger.send("GET", "/_hookproof/api/deliveries"))
        stranger.send("POST", "/hooks?key=4c9ff1e2", b'{"ping": true}')

    run = attacked(tmp_path, attack)
    assert (run.code, run.report["findings"]) == (0, []), run.out
    assert replies == [(200, b"")] * 3  # the listener has no page and no API
    assert (run.strangers["count"], run.strangers["event_like"]) == (4, 0)
    paths = {one["path"]: (one["sender"], one["count"]) for one in run.strangers["senders"]}
    assert paths["/favicon.ico"] == ("127.0.0.1", 1)
    assert "/hooks" in paths
    assert "1 to /favicon.ico from 127.0.0.1" in run.out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "/favicon.ico" in page
    assert "4c9ff1e2" not in page


@integration
def test_ten_thousand_forged_events_are_told_and_hurt_nothing(tmp_path: Path) -> None:
    def attack(stranger: Stranger) -> None:
        for number in range(FOREIGN_DELIVERIES):
            body = event_body(f"hp-zzz999-{number:04}", f"id-{number}")
            assert stranger.send("POST", "/hooks", body, signature(body))[0] == 200

    run = attacked(tmp_path, attack)
    assert (run.code, run.checks("violation")) == (0, set()), run.out
    assert run.checks("warning") == {"webhook-unexpected"}
    assert run.strangers["count"] == run.strangers["event_like"] == FOREIGN_DELIVERIES
    assert run.strangers["dropped"] >= FOREIGN_DELIVERIES - STRANGER_LIMITS.deliveries
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"] == webhooks["verified"] > 0
    assert f"{FOREIGN_DELIVERIES} to /hooks from 127.0.0.1" in run.out
    assert run.resident_kib <= MAX_RESIDENT_KIB


@integration
@pytest.mark.parametrize(
    "body",
    [
        b"x" * MiB,
        b"[" + b"[]," * (MiB // 3 - 2) + b"[]]",
        event_body().replace(b'"license:read"', b"1," * 1000 + b"1"),
    ],
    ids=["long text", "a million of lists", "a thousand faults"],
)
def test_large_deliveries_take_bounded_memory(body: bytes, tmp_path: Path) -> None:
    def attack(stranger: Stranger) -> None:
        for _ in range(100):
            stranger.send("POST", "/hooks", body)

    run = attacked(tmp_path, attack)
    assert (run.code, run.checks("violation")) == (0, set()), run.out
    assert run.strangers["count"] == 100
    assert run.resident_kib <= MAX_RESIDENT_KIB


@integration
def test_unfinished_bodies_take_bounded_memory(tmp_path: Path) -> None:
    opened: list[http.client.HTTPConnection] = []

    def attack(stranger: Stranger) -> None:
        stranger.send("GET", "/")
        for _ in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", stranger.port, timeout=60)
            connection.putrequest("POST", "/hooks")
            connection.putheader("Content-Length", str(MiB))
            connection.endheaders(b"x" * (MiB - 1))
            opened.append(connection)

    try:
        run = attacked(tmp_path, attack)
    finally:
        for connection in opened:
            connection.close()
    assert (run.code, run.report["findings"]) == (0, []), run.out
    assert run.resident_kib <= MAX_RESIDENT_KIB


@integration
def test_a_signed_event_without_a_request_is_a_violation(tmp_path: Path) -> None:
    def attack(stranger: Stranger) -> None:
        body = event_body()
        headers = {"Content-Type": "application/json", **signature(body, WEBHOOK_SECRET)}
        stranger.send("POST", "/hooks", body, headers)

    run = attacked(tmp_path, attack)
    assert (run.code, run.checks("violation")) == (1, {"webhook-unexpected"}), run.out
    assert run.strangers["count"] == 0


@integration
def test_a_missing_event_is_reported_whatever_strangers_send(tmp_path: Path) -> None:
    def attack(stranger: Stranger) -> None:
        for number in range(20):
            body = event_body(ident=f"id-{number}")
            stranger.send("POST", "/hooks", body, signature(body))

    arguments = ["--webhook-deadline", "3"]
    run = attacked(tmp_path, attack, *arguments, deviate="webhook-one-in-ten-lost")
    assert (run.code, run.checks("violation")) == (1, {"webhook-sent"}), run.out
    assert run.strangers["event_like"] == 20


@integration
def test_a_run_hears_one_path(tmp_path: Path) -> None:
    replies = []

    def attack(stranger: Stranger) -> None:
        body = event_body()
        replies.append(stranger.send("POST", "/other", body, signature(body, WEBHOOK_SECRET))[0])

    run = attacked(tmp_path, attack, "--webhook-path", "/hooks")
    assert (run.code, run.report["findings"]) == (0, []), run.out
    assert replies == [404]
    assert run.strangers["elsewhere"] == 1


@integration
def test_events_on_another_path_are_missing(tmp_path: Path) -> None:
    arguments = ["--webhook-path", "/elsewhere", "--webhook-deadline", "1"]
    run = attacked(tmp_path, lambda _: None, *arguments)
    assert (run.code, run.checks("violation")) == (1, {"webhook-sent"}), run.out
    assert re.search(r"another URL than http://127.0.0.1:\d+/elsewhere; \d+ deliveries", run.out)


@integration
def test_without_a_signature_the_report_says_that_it_cannot_exclude_strangers(
    tmp_path: Path,
) -> None:
    text = CONTRACT.text.replace("      security:\n        - WebhookSignature: []\n", "")
    assert text != CONTRACT.text
    (tmp_path / "unsigned.yaml").write_text(text, encoding="utf-8")

    def attack(stranger: Stranger) -> None:
        stranger.send("POST", "/hooks", event_body())
        stranger.send("POST", "/hooks", b"{}")

    run = attacked(tmp_path, attack, "--contract", str(tmp_path / "unsigned.yaml"))
    assert (run.code, run.checks("violation")) == (0, set()), run.out
    assert run.checks("warning") == {"webhook-unexpected"}
    assert run.report["webhooks"]["unsigned_events"] == [EVENT.name]
    assert f"does not sign {EVENT.name}: the verdict cannot exclude strangers" in run.out


def settings(**changes: Any) -> Settings:
    return Settings("http://127.0.0.1:1", "abc123", 1, webhook_secret=WEBHOOK_SECRET, **changes)


def delivery(body: bytes, headers: Headers | None = None, target: str = "/hooks") -> Delivery:
    pairs = tuple((n.encode(), v.encode()) for n, v in (headers or {}).items())
    return Delivery(0, 0.0, "POST", target, pairs, body, False, "192.0.2.7:4711", 0)


def test_strangers_use_up_no_room_of_the_service() -> None:
    intake = DeliveryIntake(settings(), CONTRACT)
    kept = sum(intake.keep(delivery(b"%d" % n)) for n in range(STRANGER_LIMITS.deliveries + 7))
    assert kept == STRANGER_LIMITS.deliveries
    signed = event_body()
    assert intake.keep(delivery(signed, signature(signed, WEBHOOK_SECRET)))
    assert intake.keep(delivery(b"hp-abc123-0001"))
    assert not intake.keep(delivery(b"hp-zzz999-0001"))
    assert not intake.keep(delivery(signed, signature(signed)))
    dropped = intake.dropped()
    assert (dropped.own, dropped.beyond_limits) == (0, 9)
    assert [(one.count, one.event_like) for one in dropped.senders] == [(9, 1)]


def test_the_own_events_that_a_run_drops_are_counted() -> None:
    intake = DeliveryIntake(settings(), CONTRACT)
    large = delivery(b"hp-abc123-0001" + b" " * MiB)
    kept = sum(intake.keep(large) for _ in range(OWN_LIMITS.bytes // MiB + 1))
    assert 0 < kept <= OWN_LIMITS.bytes // MiB
    assert intake.dropped().own == OWN_LIMITS.bytes // MiB + 1 - kept


def test_the_number_of_counted_paths_is_bounded() -> None:
    intake = DeliveryIntake(settings(webhook_path="/hooks"), CONTRACT)
    for number in range(3 * MAX_SENDERS):
        assert not intake.keep(delivery(b"", target=f"/{number}" + "x" * 5000))
    senders = intake.dropped().senders
    assert len(senders) == MAX_SENDERS + 1
    assert sum(one.count for one in senders) == 3 * MAX_SENDERS
    assert max(len(one.path) for one in senders) < 200


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink(CONTRACT, WEBHOOK_SECRET) as running:
        yield running


@integration
def test_a_remote_sink_is_read_through_the_same_intake(sink: Sink) -> None:
    intake = DeliveryIntake(settings(webhook_path="/hooks"), CONTRACT)
    with RemoteSink(sink.url, CONTRACT, WEBHOOK_SECRET, keep=intake.keep) as remote:
        stranger = Stranger(sink.port)
        for target in ("/other", "/hooks", "/other"):
            stranger.send("POST", target, b"{}")
        for _ in range(2):  # each delivery is counted once
            assert [one.target for one in remote.deliveries()] == ["/hooks"]
        assert intake.dropped().elsewhere == 2
        assert remote.wait(after=0, timeout=0)
        (kept,) = remote.deliveries()
        assert not remote.wait(after=kept.id, timeout=0)
        stranger.close()
