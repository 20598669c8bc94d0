"""Agreement of sink and harness on every vector, sent to a real sink over a real socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from itertools import groupby
from typing import Any

import pytest
from support.delivery_vectors import VECTORS, contract_of, delivery_of, secrets_of

from contracts.checks import CHECKS
from contracts.execution.webhook_source import RemoteSink, WebhookSource
from contracts.ledger.ledger import Ledger, Reconciliation
from contracts.live_run import LiveRun
from contracts.model.settings import Settings
from contracts.run import find_faults
from openapi.contract import Contract
from openapi.finding import locate
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink
from webhook_sink.signature_diagnosis.signed_content import OTHER_KEY_OR_CONTENT

pytestmark = pytest.mark.integration

DEADLINE = 20.0
_CHECK_SECRET = "; check the webhook secret of the run"
ALONE = (
    *("webhook-method", "webhook-signature", "webhook-media-type"),
    *("webhook-json", "webhook-event-name", "webhook-schema"),
)
"""Checks of a single delivery; the other checks need data that the sink does not have."""
Told = tuple[object, ...]


def key_of(vector: dict[str, Any]) -> tuple[bool, str, int]:
    """Return the settings of the sink for a vector: second contract, secret, body limit."""
    # The harness has one secret; only the sink explains by further secrets.
    secret = next(iter(secrets_of(vector)), "")
    limit = len(delivery_of(vector).body) if vector.get("truncated") else 0
    return "of" in vector, secret, limit


UNSENDABLE = "post in lower case is another method"
"""Vector that the server of the sink rejects, so it does not become a delivery."""
SENT = [vector for vector in VECTORS if vector["name"] != UNSENDABLE]
GROUPS = {key: list(group) for key, group in groupby(sorted(SENT, key=key_of), key=key_of)}


@contextmanager
def running(key: tuple[bool, str, int]) -> Iterator[tuple[Sink, list[LiveRun]]]:
    """Yield a sink and two runs of the harness: with the sink itself and with a remote sink."""
    contract = contract_of(GROUPS[key][0])
    secret, limit = key[1] or None, key[2] or 1024 * 1024
    settings = Settings("http://127.0.0.1:1", "abcdef", 1, webhook_secret=secret)
    with (
        Sink(contract, secret, max_body_bytes=limit) as sink,
        RemoteSink(sink.url, contract, secret) as far,
    ):
        readers: tuple[WebhookSource, ...] = (sink, far)
        yield sink, [LiveRun(settings, contract, reader, []) for reader in readers]


def send(sink: Sink, delivery: Delivery) -> bytes:
    """Send the bytes of a delivery, one more if it was truncated; return the response."""
    body = delivery.body + b" " * delivery.truncated
    stated = ((b"Host", b"sink"), (b"Content-Length", str(len(body)).encode()))
    lines = [delivery.method.encode() + b" / HTTP/1.1", b"Connection: close"]
    lines += [name + b": " + value for name, value in (*stated, *delivery.headers)]
    with socket.create_connection(("127.0.0.1", sink.port), timeout=DEADLINE) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def told_by_the_sink(sink: Sink, number: int) -> tuple[str, list[Told]]:
    with closing(HTTPConnection("127.0.0.1", sink.port, timeout=DEADLINE)) as connection:
        connection.request("GET", f"/_hookproof/api/deliveries/{number}")
        whole = json.load(connection.getresponse())
    fields = ("check", "severity", "provenance", "pointer", "instance", "detail")
    told: list[Told] = [
        (*(found[f] for f in fields), locate(found["message"], found["instance"]))
        for found in whole["findings"]
    ]
    return whole["signature"], told


def told_by_the_harness(ledger: Ledger) -> tuple[str, list[Told]]:
    """Return the state of the signature and all findings, with messages as in the sink."""
    number = ledger.deliveries[-1].delivery.id
    told: list[Told] = []
    signature = "unchecked"
    for check in ALONE:
        for judgement in CHECKS[check](ledger):
            found = judgement.finding
            if check == "webhook-signature":
                signature = "broken" if found else "valid"
            if found is not None:
                words = found.message.removeprefix(f"delivery {number}: ")
                assert words != found.message
                if OTHER_KEY_OR_CONTENT in words and words.endswith(_CHECK_SECRET):
                    words = words.rpartition(";")[0]
                places = (found.pointer, found.instance, found.detail)
                told.append((check, found.severity, found.provenance, *places, words))
    return signature, told


def differences(sink: Sink, run: LiveRun, vector: dict[str, Any]) -> Iterator[str]:
    """Yield each difference between sink and harness about the last delivery."""
    ledger = run.ledger()
    # Without requests each delivery is a stranger's; the agreement is about the service's own.
    nothing = Reconciliation((), (), (), ())
    ledger = replace(ledger, deliveries=ledger.deliveries[-1:], reconciliation=nothing)
    number = ledger.deliveries[0].delivery.id
    signature, told = told_by_the_sink(sink, number)
    judged, found = told_by_the_harness(ledger)
    if judged != ("broken" if signature in ("invalid", "missing", "other-scheme") else signature):
        yield f"{vector['name']}: {signature} to the sink, {judged} to the harness"
    for only in {*told} ^ {*found}:
        yield f"{vector['name']}: only one of them says {only}"
    if len(told) != len(found):
        yield f"{vector['name']}: {len(told)} to the sink, {len(found)} to the harness"
    reported = {(f.finding.check, f.finding.severity) for f in find_faults(ledger)}
    for check, severity in {tuple(one[:2]) for one in told} - reported:
        yield f"{vector['name']}: {severity} {check} does not reach the report"


@pytest.mark.parametrize("key", GROUPS, ids=str)
def test_sink_and_harness_agree_on_every_vector(key: tuple[bool, str, int]) -> None:
    found: list[str] = []
    with running(key) as (sink, runs):
        for number, vector in enumerate(GROUPS[key], 1):
            sent = delivery_of(vector)
            answer = send(sink, sent)
            assert answer.startswith(b"HTTP/1.1 413" if sent.truncated else b"HTTP/1.1 200")
            (came,) = sink.deliveries(after=number - 1)
            assert (came.method, came.body, came.truncated) == (
                *(sent.method, sent.body, sent.truncated),
            )
            assert came.headers[-len(sent.headers) :] == sent.headers
            found += [line for run in runs for line in differences(sink, run, vector)]
    assert found == []


def test_every_vector_but_one_can_be_sent() -> None:
    assert len(SENT) == len(VECTORS) - 1 > 100
    (vector,) = (vector for vector in VECTORS if vector not in SENT)
    with running(next(iter(GROUPS))) as (sink, _):
        assert send(sink, delivery_of(vector)).startswith(b"HTTP/1.1 400")
        assert sink.deliveries() == ()


def test_a_disagreement_is_found() -> None:
    """Check that another contract or another secret in the harness is found."""
    vector = next(v for v in VECTORS if v["name"] == "conforming")
    with running(key_of(vector)) as (sink, (run, _)):
        send(sink, delivery_of(vector))
        assert list(differences(sink, run, vector)) == []
        other = _renamed(run.contract)
        for contract, secret in ((run.contract, "another"), (other, run.settings.webhook_secret)):
            with RemoteSink(sink.url, contract, secret) as remote:
                send(sink, delivery_of(vector))
                strange = LiveRun(run.settings, contract, remote, [])
                assert list(differences(sink, strange, vector)) != []


def _renamed(contract: Contract) -> Contract:
    name = replace(contract.events[0].names[0], values=("another.event",))
    event = replace(contract.events[0], name="another.event", names=(name,))
    return replace(contract, events=(event,), _schemas={})
