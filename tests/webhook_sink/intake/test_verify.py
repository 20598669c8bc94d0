"""`hookproof sink --verify`: 401 to a delivery whose signature is not valid."""

import json
import time
from pathlib import Path

import httpx
import pytest
from support.processes import WEBHOOK_SECRET, hookproof, started
from support.sink import StartedSink

from openapi.contract import Contract
from openapi.loading.loader import load_contract, parse_contract
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration
TYPE = {"Content-Type": "application/json"}
STRIPE = SCHEMES["stripe"]
SECRET = "whsec_of_the_tests"


def contract_of(*schemes: str | None) -> Contract:
    """Return a contract with one event, `event-N`, for each of `schemes`; None: unsigned."""
    webhooks = {}
    for number, scheme in enumerate(schemes):
        webhook = {
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["type"],
                            "properties": {"type": {"const": f"event-{number}"}},
                        }
                    }
                }
            },
            "responses": {"200": {"description": "Ok."}},
        }
        if scheme is not None:
            webhook["security"] = [{scheme: []}]
        webhooks[f"event-{number}"] = {"post": webhook}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Signed", "version": "1"},
        "webhooks": webhooks,
        "components": {
            "securitySchemes": {
                name: {
                    "type": "apiKey",
                    "in": "header",
                    "name": SCHEMES[name].header,
                    "x-hookproof-signature": {"scheme": name},
                }
                for name in dict.fromkeys(schemes)
                if name is not None
            }
        },
    }
    return parse_contract("signed.json", json.dumps(document))


def signed(
    body: bytes, scheme: str = "stripe", secret: str = SECRET, age: float = 0
) -> dict[str, str]:
    made = SCHEMES[scheme].signed_headers(Message(body), secret, "msg_1", time.time() - age)
    return {**TYPE, **dict(made)}


def test_a_process_rejects_what_is_not_validly_signed() -> None:
    contract = load_contract()
    scheme = contract.events[0].signature
    assert scheme is not None
    body = b"{}"
    (name, value), *_ = scheme.signed_headers(Message(body), WEBHOOK_SECRET, "", 0)
    command = ["-m", "hookproof", "sink", "--port", "0", "--verify", "--reply", "201, 202"]
    with (
        started(command, HOOKPROOF_WEBHOOK_SECRET=WEBHOOK_SECRET) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        missing = http.post("/hook", content=body, headers=TYPE)
        wrong = http.post("/hook", content=body + b" ", headers={**TYPE, name: value})
        valid = [
            http.post("/hook", content=body, headers={**TYPE, name: value}).status_code
            for _ in range(2)
        ]
        got = http.get("/hook").status_code
        listed = http.get("/_hookproof/api/deliveries").json()["deliveries"]
    assert (missing.status_code, wrong.status_code) == (401, 401)
    assert missing.content == wrong.content == b"The signature is not valid.\n"
    assert valid == [201, 202], "rejected deliveries use no step"
    assert got == 202
    shown = [(one["status"], one["signature"]) for one in sorted(listed, key=lambda d: d["id"])]
    assert shown[:4] == [(401, "missing"), (401, "invalid"), (201, "valid"), (202, "valid")]


def test_a_stale_timestamp_gets_401() -> None:
    body = b'{"type": "event-0"}'
    with StartedSink(Sink(contract_of("stripe"), SECRET, verify=True)) as client:
        assert client.post(body, **signed(body)) == 200
        assert client.post(body, **signed(body, age=3600)) == 401
        assert client.post(body, **signed(body, age=-3600)) == 401
        assert client.post(body, **signed(body, secret="another")) == 401


def test_of_several_schemes_any_is_valid() -> None:
    contract = contract_of("stripe", "github")
    one, two = (f'{{"type": "event-{number}"}}'.encode() for number in (0, 1))
    with StartedSink(Sink(contract, SECRET, verify=True)) as client:
        assert client.post(one, **signed(one)) == 200
        assert client.post(two, **signed(two, "github")) == 200
        assert client.post(two, **signed(two, "shopify")) == 401


def test_an_event_without_a_scheme_needs_no_signature() -> None:
    with StartedSink(Sink(contract_of("stripe", None), SECRET, verify=True)) as client:
        assert client.post(b'{"type": "event-0"}', **TYPE) == 401
        assert client.post(b'{"type": "event-1"}', **TYPE) == 200
        assert client.post(b'{"type": "event-2"}', **TYPE) == 401, "an unknown event"


def test_a_body_over_the_limit_gets_413() -> None:
    sink = Sink(contract_of("stripe"), SECRET, verify=True, max_body_bytes=5)
    with StartedSink(sink) as client:
        assert client.post(b'{"type": "event-0"}', **TYPE) == 413


def test_only_the_first_secret_makes_a_signature_valid() -> None:
    body = b'{"type": "event-0"}'
    with StartedSink(Sink(contract_of("stripe"), [SECRET, "old"], verify=True)) as client:
        assert client.post(body, **signed(body)) == 200
        assert client.post(body, **signed(body, secret="old")) == 401


def test_nothing_to_verify_with_is_one_sentence(tmp_path: Path) -> None:
    environment = {"HOOKPROOF_WEBHOOK_SECRET": ""}
    done = hookproof("sink", "--port", "0", "--verify", **environment)
    assert done.returncode == 2
    assert done.stderr == (
        "hookproof: --verify needs a webhook secret: pass --webhook-secret or set "
        "HOOKPROOF_WEBHOOK_SECRET\n"
    )
    unsigned = tmp_path / "unsigned.json"
    unsigned.write_text(contract_of(None).text, encoding="utf-8")
    options = ["--contract", str(unsigned), "--webhook-secret", SECRET]
    done = hookproof("sink", "--port", "0", "--verify", *options)
    assert done.returncode == 2
    assert done.stderr == (
        "hookproof: --verify needs a signature scheme: pass --signature SCHEME\n"
    )
    with (
        pytest.raises(ValueError, match="a webhook secret is needed"),
        Sink(contract_of("stripe"), verify=True),
    ):
        pass
