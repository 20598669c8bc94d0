"""`hookproof sink --challenge`: handshakes without which no delivery comes."""

import hashlib
import hmac
import io
import json
from typing import Any

import httpx
import pytest
from support.processes import hookproof, launched_with_log, started
from support.sink import StartedSink

from openapi.loading.loader import load_contract
from webhook_sink.challenges import CHALLENGES
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration
SECRET = "the webhook secret"
TOKEN = "the-verify-token"
SINK = ["-m", "hookproof", "sink", "--port", "0", "--reply", "503, 200"]
EVERY = [part for name in CHALLENGES for part in ("--challenge", name)]
META = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": SECRET}
SLACK = {"token": "Jhj5", "challenge": "3eZbrw1aBm2rZgRNFdxV", "type": "url_verification"}


def zoom(token: object) -> dict[str, Any]:
    return {"payload": {"plainToken": token}, "event_ts": 1, "event": "endpoint.url_validation"}


def test_a_process_answers_every_handshake_and_judges_none() -> None:
    with (
        started([*SINK, *EVERY, "--webhook-secret", SECRET, "--verify"]) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        asked = {"WebHook-Request-Origin": "eventemitter.example.com"}
        cloudevents = http.options("/hooks", headers={**asked, "WebHook-Request-Rate": "120"})
        slack = http.post("/hooks", json=SLACK)
        meta = http.get("/hooks", params=META)
        forged = http.get("/hooks", params={**META, "hub.verify_token": "guessed"})
        answered = http.post("/hooks", json=zoom("qgg8vlvZRS6UYooatFL8Aw"))
        listed = http.get("/_hookproof/api/deliveries").json()["deliveries"]
        delivered = http.get("/hooks")
    assert cloudevents.status_code == 200
    assert cloudevents.headers["webhook-allowed-origin"] == "eventemitter.example.com"
    assert cloudevents.headers["webhook-allowed-rate"] == "120"
    assert cloudevents.headers["allow"] == "POST"
    assert (slack.status_code, slack.text) == (200, SLACK["challenge"])
    assert slack.headers["content-type"].startswith("text/plain")
    assert (meta.status_code, meta.text) == (200, "1158201444")
    assert (forged.status_code, forged.text) == (403, "")
    expected = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert answered.json() == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": expected,
    }
    shown = [(d["reply"], d["violations"], d["warnings"], d["signature"]) for d in listed]
    assert sorted(shown) == [
        ("200 challenge cloudevents", 0, 0, "unchecked"),
        ("200 challenge meta", 0, 0, "unchecked"),
        ("200 challenge slack", 0, 0, "unchecked"),
        ("200 challenge zoom", 0, 0, "unchecked"),
        ("403 challenge meta", 0, 0, "unchecked"),
    ]
    assert delivered.status_code == 503, "handshakes use no step of the script"


@pytest.mark.parametrize(
    ("method", "query", "headers", "body"),
    [
        ("OPTIONS", "", {}, b""),
        ("OPTIONS", "", {"WebHook-Request-Origin": "a b"}, b""),
        ("POST", "", {"WebHook-Request-Origin": "a"}, b""),
        ("POST", "", {}, b'{"type": "url_verification"}'),
        ("POST", "", {}, b'{"type": "url_verification", "challenge": 5}'),
        ("POST", "", {}, b'{"type": "url_verification", "challenge": "a\\nb"}'),
        ("POST", "", {}, b'{"type": "url_verification", "challenge": "\\ud800"}'),
        ("POST", "", {}, b"not JSON"),
        ("GET", "?hub.mode=unsubscribe&hub.challenge=1", {}, b""),
        ("GET", "?hub.mode=subscribe&hub.mode=subscribe&hub.challenge=1", {}, b""),
        ("POST", "", {}, json.dumps(zoom(None)).encode()),
        ("POST", "", {}, json.dumps(zoom('v0:1:{"event": "forged"}')).encode()),
        ("POST", "", {}, json.dumps(zoom("a" * 300)).encode()),
        ("POST", "", {}, b'{"event": "endpoint.url_validation", "payload": 1}'),
    ],
)
def test_other_requests_are_deliveries(
    method: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    sink = Sink(load_contract(), SECRET, replies=(202,), challenges=tuple(CHALLENGES))
    with StartedSink(sink) as client:
        url = f"{sink.url}/hooks{query}"
        sent = client.http.request(method, url, headers=headers, content=body)
        (stored,) = sink.deliveries()
    assert (sent.status_code, sent.content) == (202, b"")
    assert (stored.reply, stored.is_handshake) == ("", False)


def test_a_rate_that_is_no_number_is_not_repeated() -> None:
    sink = Sink(load_contract(), challenges=["cloudevents"])
    with StartedSink(sink) as client:
        asked = {"WebHook-Request-Origin": "a.example", "WebHook-Request-Rate": "many"}
        assert client.http.options(sink.url, headers=asked).headers["webhook-allowed-rate"] == "*"


def test_without_the_option_a_handshake_is_a_delivery() -> None:
    with StartedSink(Sink(load_contract(), SECRET, challenges=["slack"])) as client:
        assert client.http.get(client.sink.url, params=META).text == ""
        assert client.http.post(client.sink.url, json=SLACK).text == SLACK["challenge"]


def test_the_verify_token_is_in_no_log(tmp_path: Any) -> None:
    options = ["--challenge", "meta", "--challenge-token", TOKEN]
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        with (
            launched_with_log([*SINK, *options], log) as (url, _),
            httpx.Client(base_url=url, trust_env=False) as http,
        ):
            shown = {**META, "hub.verify_token": TOKEN}
            assert http.get("/", params=shown).text == "1158201444"
            assert http.get("/", params=META).status_code == 403, "the secret is another one"
        log.seek(0, io.SEEK_SET)
        text = log.read()
    assert "handshake: conforms; signature not checked; replied 200 challenge meta" in text
    assert TOKEN not in text


@pytest.mark.parametrize("name", ["meta", "zoom"])
def test_a_challenge_without_its_secret_is_one_sentence(name: str) -> None:
    done = hookproof("sink", "--port", "0", "--challenge", name, HOOKPROOF_WEBHOOK_SECRET="")
    assert done.returncode == 2
    assert done.stderr == (
        f"hookproof: the challenge {name} needs a webhook secret: pass --webhook-secret or set "
        "HOOKPROOF_WEBHOOK_SECRET\n"
    )
