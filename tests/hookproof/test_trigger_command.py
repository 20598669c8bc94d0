"""`hookproof trigger`: one event of the contract, sent to a receiver."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.command_line import parse_command_line
from support.processes import TESTS, handled, hookproof, hookproof_in

from hookproof.errors import CommandError
from openapi.contract import Contract
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from openapi.signatures.registry import SCHEMES
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration
SECRET = "a secret of the tests, long enough"
EVENT = "personalAccessToken.created"
NAME = "/data/name"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@pytest.fixture
def sink(contract: Contract) -> Iterator[Sink]:
    with Sink(contract, SECRET) as running:
        yield running


def trigger(
    sink: Sink, *options: str, event: str = EVENT, secret: str = SECRET
) -> subprocess.CompletedProcess[str]:
    to = ["--to", f"{sink.url}/hooks"]
    return hookproof("trigger", event, *to, *options, HOOKPROOF_WEBHOOK_SECRET=secret)


def summaries(sink: Sink) -> list[str]:
    return [sink.judge(one).summary for one in sink.deliveries()]


def payloads(sink: Sink) -> list[Any]:
    return [one.json() for one in sink.deliveries()]


def test_an_event_conforms_and_is_new_each_time(sink: Sink) -> None:
    first, second = trigger(sink), trigger(sink)
    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert lines[0].startswith(f"event     {EVENT} (")
    assert lines[0].endswith("bytes, signed in Webhook-Signature)")
    assert lines[1] == f"to        POST {sink.url}/hooks"
    assert lines[2].startswith("response  200 OK after ")
    assert len(lines) == 3
    assert second.returncode == 0
    assert summaries(sink) == ["conforms; signature valid"] * 2
    one, two = payloads(sink)
    assert one["data"]["id"] != two["data"]["id"]
    assert one["triggeredAt"] != two["triggeredAt"]


def test_values_are_json_or_text(sink: Sink) -> None:
    done = trigger(sink, "--set", f"{NAME}=nightly run", "--set", "/data/revoked=true")
    assert done.returncode == 0
    (payload,) = payloads(sink)
    assert (payload["data"]["name"], payload["data"]["revoked"]) == ("nightly run", True)
    assert trigger(sink, "--set", f"{NAME}=5").stderr.startswith(
        "hookproof: the payload breaks the contract: 5 is integer, not string"
    )


def test_the_same_event_again_has_the_same_payload(sink: Sink) -> None:
    options = ["--repeat", "2", "--at-once", "3", "--signature", "svix"]
    done = trigger(sink, *options, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert done.returncode == 0
    shown = [line.split()[1] for line in done.stdout.splitlines()[2:]]
    assert shown == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    received = sink.deliveries()
    assert len({one.body for one in received}) == 1
    ids = [one.header_values("svix-id") for one in received]
    assert len(set(ids)) == 1
    assert ids[0][0].startswith(b"msg_")


class _Barrier(BaseHTTPRequestHandler):
    """Receiver that replies once as many requests are open as `barrier` waits for."""

    barrier: threading.Barrier

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.barrier.wait(20)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_deliveries_at_once_are_open_at_the_same_time() -> None:
    handler = type("Handler", (_Barrier,), {"barrier": threading.Barrier(4)})
    with handled(handler) as url:
        options = ["--to", url, "--webhook-secret", SECRET, "--at-once", "4"]
        assert hookproof("trigger", EVENT, *options).returncode == 0


def test_data_are_sent_byte_for_byte(sink: Sink, tmp_path: Path) -> None:
    raw = b'{ "event" :  "other\\u00e9" }\n'
    (tmp_path / "body.json").write_bytes(raw)
    done = trigger(sink, "--data", str(tmp_path / "body.json"))
    assert done.returncode == 0
    (received,) = sink.deliveries()
    assert received.body == raw
    assert sink.judge(received).signature == "valid"
    trigger(sink, "--data", str(tmp_path / "body.json"), "--set", "/event=x")
    assert sink.deliveries()[-1].json() == {"event": "x"}


@pytest.mark.parametrize(
    ("fault", "check", "signature"),
    [
        ("unsigned", "webhook-signature", "missing"),
        ("signature-other-secret", "webhook-signature", "invalid"),
        ("reserialised", "webhook-signature", "invalid"),
        ("media-type-form", "webhook-media-type", "valid"),
        ("delivery-wrong-method", "webhook-method", "valid"),
        ("delivery-event-renamed", "webhook-event-name", "valid"),
    ],
)
def test_a_fault_of_the_mock_breaks_the_delivery(
    sink: Sink, fault: str, check: str, signature: str
) -> None:
    done = trigger(sink, "--fault", fault)
    assert done.returncode == 0, done.stderr
    (received,) = sink.deliveries()
    verdict = sink.judge(received)
    assert check in {finding.check for finding in verdict.findings}
    assert verdict.signature == signature


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("webhook-never-sent", "the fault webhook-never-sent sends no delivery of"),
        ("webhook-not-retried", "the fault webhook-not-retried changes nothing in a delivery of"),
        ("unsignd", "unknown fault 'unsignd'; similar names: unsigned"),
        ("accepts-any-token", "unknown fault"),
    ],
)
def test_a_fault_without_effect_is_one_sentence(sink: Sink, fault: str, reason: str) -> None:
    done = trigger(sink, "--fault", fault)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hookproof: {reason}")
    assert done.stderr.count("\n") == 1
    assert sink.deliveries() == ()


def test_a_fault_that_sends_twice_gets_two_responses(sink: Sink) -> None:
    done = trigger(sink, "--fault", "webhook-sent-twice")
    assert [line[:12] for line in done.stdout.splitlines()[2:]] == ["response 1 2", "response 2 2"]
    assert len(sink.deliveries()) == 2


@pytest.mark.parametrize("age", ["600", "-600"])
def test_an_old_or_future_event_is_beyond_the_tolerance(contract: Contract, age: str) -> None:
    stripe = contract.with_signature(SCHEMES["stripe"])
    with Sink(stripe, SECRET, verify=True) as sink:
        assert trigger(sink, "--signature", "stripe", "--age", age).returncode == 1
        assert trigger(sink, "--signature", "stripe", "--age", "60").returncode == 0
        stale, fresh = sink.deliveries()
    assert [stripe_status(sink, one) for one in (stale, fresh)] == ["invalid", "valid"]


def stripe_status(sink: Sink, delivery: Delivery) -> str:
    return sink.judge(delivery).signature


def test_a_header_replaces_one_of_the_same_name(sink: Sink) -> None:
    trigger(sink, "-H", "content-type: text/plain", "-H", "X-Two: a", "-H", "X-Two: b")
    (received,) = sink.deliveries()
    assert received.header_values("Content-Type") == (b"text/plain",)
    assert received.header_values("X-Two") == (b"a", b"b")


def test_every_kind_of_event_conforms() -> None:
    contract_file = TESTS / "data" / "dispatch.yaml"
    contract = load_contract(contract_file)
    webhooks = [event for event in contract.events if event.callback is None]
    assert {event.path for event in webhooks} > {None}
    assert any(event.objects is not None for event in webhooks)
    with Sink(contract, "ab" * 16) as sink:
        for event in webhooks:
            done = hookproof(
                *("trigger", event.name, "--contract", str(contract_file), "--to", sink.url),
                HOOKPROOF_WEBHOOK_SECRET="ab" * 16,
            )
            assert done.returncode == 0, (event.name, done.stderr)
            received = sink.deliveries()[-1]
            verdict = sink.judge(received)
            assert verdict.findings == (), event.name
            if event.path is not None:
                assert received.target == event.path


FORM = """
openapi: 3.1.0
info: {title: Forms, version: "1"}
webhooks:
  sold:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [kind, id, pet]
              properties:
                kind: {const: sold}
                id: {type: string, format: uuid}
                pet: {type: integer}
      responses: {"200": {description: Ok.}}
"""


def test_an_unsigned_event_with_a_form_needs_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "forms.yaml"
    file.write_text(FORM, encoding="utf-8")
    with Sink(load_contract(file)) as sink:
        options = ["--contract", str(file), "--set", "/pet=7"]
        done = trigger(sink, *options, event="sold", secret="")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0].endswith("not signed)")
        (received,) = sink.deliveries()
        verdict = sink.judge(received)
    assert received.body.startswith(b"kind=sold&id=")
    assert received.body.endswith(b"&pet=7")
    assert (verdict.findings, verdict.event and verdict.event.name) == ((), "sold")


class _Talkative(BaseHTTPRequestHandler):
    """Receiver that answers with an error that shows the secret and control characters."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"\x1b[31mexpected {SECRET}\n::error::no".encode() + b"\xff" + b"x" * 5000
        self.send_response(302)
        self.send_header("Location", f"/elsewhere?key={SECRET}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_a_response_is_shown_bounded_and_without_secrets() -> None:
    with handled(_Talkative) as url:
        done = hookproof("trigger", EVENT, "--to", url, HOOKPROOF_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 1
    assert "response  302 Found after " in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert "\\x1b[31mexpected [secret]" in done.stdout
    assert not any(line.lstrip().startswith("::") for line in done.stdout.splitlines())
    assert len(done.stdout) < 3000


class _Silent(BaseHTTPRequestHandler):
    """Receiver that closes the connection without a response."""

    def do_POST(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_no_response_is_told_from_no_receiver() -> None:
    secret = {"HOOKPROOF_WEBHOOK_SECRET": SECRET}
    with handled(_Silent) as url:
        done = hookproof("trigger", EVENT, "--to", url, **secret)
        assert done.returncode == 1
        assert "response  none after " in done.stdout
        assert "connection" in done.stdout
    port = free_port()
    done = hookproof("trigger", EVENT, "--to", f"http://127.0.0.1:{port}/", **secret)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hookproof: nothing listens on 127.0.0.1:{port}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no event: name one, or pass --list to see them"),
        ([EVENT], "no receiver: pass --to URL"),
        (
            ["other", "--to", "http://127.0.0.1:1/"],
            f"the contract has no event 'other'; it has {EVENT}",
        ),
        (
            [EVENT, "--to", "http://192.0.2.1/"],
            "192.0.2.1 is not this machine: pass --allow-host 192.0.2.1 if it is a test instance",
        ),
        (
            [EVENT, "--to", "http://127.0.0.1:1/", "--set", "/nope/x=1"],
            "the payload has no value at /nope, so /nope/x cannot be set",
        ),
        (
            [EVENT, "--to", "http://127.0.0.1:1/", "--set", "/data/scopes/99=1"],
            "the value at /data/scopes has no place /data/scopes/99: it has no item 99",
        ),
        (
            [EVENT, "--to", "http://127.0.0.1:1/", "--data", "nowhere.json"],
            "nowhere.json: cannot be read: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_sent_is_one_sentence(arguments: list[str], sentence: str) -> None:
    done = hookproof("trigger", *arguments, HOOKPROOF_WEBHOOK_SECRET=SECRET)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hookproof: {sentence}\n"


def test_a_signed_event_needs_a_secret(sink: Sink) -> None:
    done = trigger(sink, secret="")
    assert done.returncode == 2
    assert done.stderr == (
        "hookproof: no webhook secret to sign with: pass --webhook-secret or set "
        "HOOKPROOF_WEBHOOK_SECRET\n"
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--set", "name=x"),
        ("--set", "/name"),
        ("--header", "no colon"),
        ("--header", "Content-Length: 3"),
        ("--age", "nan"),
        ("--age", "soon"),
        ("--repeat", "0"),
        ("--at-once", "101"),
        ("--to", "ftp://a/"),
    ],
)
def test_wrong_options_are_refused(option: str, value: str) -> None:
    with pytest.raises(CommandError):
        parse_command_line(["trigger", EVENT, option, value])


def test_the_list_shows_each_event_with_its_payload(tmp_path: Path, contract: Contract) -> None:
    done = hookproof_in(tmp_path, "trigger", "--list")
    assert done.returncode == 0
    name, described, *rest = done.stdout.splitlines()
    assert name == EVENT
    assert described == "  POST application/json, signed in Webhook-Signature (hmac)"
    assert json.loads("\n".join(rest)) == contract.events[0].examples[0]
    dispatch = str(TESTS / "data" / "dispatch.yaml")
    every = hookproof_in(tmp_path, "trigger", "--list", "--contract", dispatch).stdout
    for event in load_contract(Path(dispatch)).events:
        assert f"{event.name}\n" in every
    one = hookproof_in(tmp_path, "trigger", "order.created", "--list", "--contract", dispatch)
    assert one.stdout.startswith("order.created\n")
    assert "stock.reserved" not in one.stdout.split("\n")


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_signature_of_the_url_is_for_the_url_of_the_receiver(
    media_type: str, tmp_path: Path
) -> None:
    file = tmp_path / "forms.yaml"
    text = FORM.replace("application/x-www-form-urlencoded", media_type)
    file.write_text(text, encoding="utf-8")
    twilio = load_contract(file).with_signature(SCHEMES["twilio"])
    options = ["--contract", str(file), "--signature", "twilio"]
    public = "https://hooks.example.com/prefix"
    with Sink(twilio, SECRET) as sink, Sink(twilio.with_public_url(public), SECRET) as proxied:
        to = ["--to", f"{sink.url}/hooks?a=1"]
        assert trigger(sink, *options, *to, event="sold").returncode == 0
        assert trigger(sink, *options, "--public-url", public, event="sold").returncode == 0
        assert trigger(proxied, *options, "--public-url", public, event="sold").returncode == 0
        assert summaries(sink) == [
            "conforms; signature valid",
            "1 violation; signature invalid",
        ]
        assert sink.deliveries()[0].target.startswith("/hooks?a=1")
        assert summaries(proxied) == ["conforms; signature valid"]
        done = trigger(sink, "--public-url", public)
    assert done.stderr == "hookproof: --public-url: the event signs no URL: remove the option\n"
