"""`hookproof sink --no-contract` and `--signature SCHEME`."""

import json
import time
from pathlib import Path

import httpx
import pytest
from support.command_line import parse_command_line
from support.processes import TESTS, hookproof, started

from hookproof.errors import CommandError
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES

pytestmark = pytest.mark.integration
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OF_HEADERS_AND_BODY = (
    "standard-webhooks",
    "svix",
    "stripe",
    "github",
    "slack",
    "shopify",
    "paddle",
)
"""Schemes that sign no URL."""
BODY = b'{"anything": [1, 2]}'
SINK = ["-m", "hookproof", "sink", "--port", "0", "--webhook-secret", SECRET]


def signed(scheme: str, secret: str = SECRET) -> dict[str, str]:
    made = SCHEMES[scheme].signed_headers(Message(BODY), secret, "msg_1", time.time())
    return dict(made)


@pytest.mark.parametrize("scheme", OF_HEADERS_AND_BODY)
def test_a_sink_without_a_contract_verifies_a_scheme(scheme: str) -> None:
    secret = SCHEMES[scheme].make_secret("ab" * 16)
    with (
        started([*SINK, "--no-contract", "--signature", scheme]) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        sent = [
            http.post("/a", content=BODY, headers=signed(scheme)),
            http.put("/b", content=BODY, headers=signed(scheme, secret)),
            http.post("/c", content=b"\xff no JSON"),
            http.get("/d"),
        ]
        listed = http.get("/_hookproof/api/deliveries").json()["deliveries"]
        shown = [http.get(f"/_hookproof/api/deliveries/{n}").json() for n in (1, 2, 3, 4)]
        lines = hookproof("deliveries", "list", "--sink", url).stdout
    assert [response.status_code for response in sent] == [200, 200, 200, 200]
    by_id = {one["id"]: one for one in listed}
    assert [by_id[n]["signature"] for n in (1, 2, 3, 4)] == [
        *("valid", "invalid", "missing", "unchecked")
    ]
    findings = [[f["message"] for f in one["findings"]] for one in shown]
    assert findings[0] == findings[3] == []
    assert len(findings[1]) == len(findings[2]) == 1
    header = SCHEMES[scheme].header
    assert findings[1][0].startswith(f"{header} is not the ")
    assert "another secret" in findings[1][0]
    assert findings[2][0].startswith(f"there is no {header} header")
    assert "signature valid" in lines
    assert "signature invalid" in lines


def test_without_a_scheme_everything_is_accepted() -> None:
    with (
        started([*SINK, "--no-contract"]) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        assert http.post("/", content=BODY).status_code == 200
        (one,) = http.get("/_hookproof/api/deliveries").json()["deliveries"]
    assert (one["signature"], one["violations"], one["event"]) == ("unchecked", 0, None)


def test_a_scheme_replaces_those_of_the_contract() -> None:
    contract = str(TESTS / "data" / "parcels.yaml")
    with (
        started([*SINK, "--contract", contract, "--signature", "github", "--verify"]) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        assert http.post("/", content=BODY, headers=signed("github")).status_code == 200
        assert http.post("/", content=BODY, headers=signed("svix")).status_code == 401
        listed = http.get("/_hookproof/api/deliveries").json()["deliveries"]
    assert {one["id"]: one["signature"] for one in listed} == {
        1: "valid",
        2: "other-scheme",
    }
    assert all(one["violations"] for one in listed), "the contract judges the payload"


def test_verify_needs_no_contract() -> None:
    with (
        started([*SINK, "--no-contract", "--signature", "stripe", "--verify"]) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        assert http.post("/", content=BODY, headers=signed("stripe")).status_code == 200
        assert http.post("/", content=BODY).status_code == 401
        assert http.get("/").status_code == 200


def test_verify_without_any_scheme_is_one_sentence() -> None:
    done = hookproof("sink", "--port", "0", "--no-contract", "--verify", "--webhook-secret", SECRET)
    assert done.returncode == 2
    assert done.stderr == (
        "hookproof: --verify needs a signature scheme: pass --signature SCHEME\n"
    )


def test_an_unknown_scheme_is_named_with_a_similar_one() -> None:
    with pytest.raises(CommandError, match="no signature scheme 'strip'; did you mean 'stripe'"):
        parse_command_line(["sink", "--signature", "strip"])


@pytest.mark.parametrize("scheme", OF_HEADERS_AND_BODY)
def test_the_command_signs_and_verifies_without_a_contract(scheme: str, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"a": 1}), encoding="utf-8")
    options = ["--scheme", scheme, "--webhook-secret", SECRET]
    signing = hookproof("signature", "sign", str(body), *options)
    assert signing.returncode == 0, signing.stderr
    headers = [part for line in signing.stdout.splitlines() for part in ("--header", line)]
    verified = hookproof("signature", "verify", str(body), *options, *headers)
    assert verified.stdout.startswith(f"valid: {SCHEMES[scheme].header} is the ")
    body.write_text(json.dumps({"a": 2}), encoding="utf-8")
    refused = hookproof("signature", "verify", str(body), *options, *headers)
    assert (refused.returncode, refused.stdout.partition(":")[0]) == (1, "invalid")
