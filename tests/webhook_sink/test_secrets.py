"""Several secrets: the first verifies, the others only explain, and none is shown."""

import base64
import hmac
import json
import os
import signal
import subprocess
import sys
from typing import Any

import httpx
import pytest
from support.parcels import SECRET
from support.processes import TESTS, hookproof

from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

SECRETS = ["first-secret-of-three", "next-secret", "next-secret-of-three"]
EVENT = load_contract().events[0]


def _send(url: str, secret: str) -> None:
    """Send the signed example of the contract, with the secret in the path."""
    assert EVENT.signature is not None
    body = json.dumps(EVENT.examples[0]).encode()
    value = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"Content-Type": EVENT.media_type, EVENT.signature.header: value}
    answer = httpx.post(f"{url}/{secret}", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 200


def _judged(url: str, number: int) -> Any:
    address = f"{url}/_hookproof/api/deliveries/{number}"
    return httpx.get(address, trust_env=False).raise_for_status().json()


def test_the_first_secret_verifies_and_the_others_explain() -> None:
    options = [part for secret in ("", *SECRETS[1:]) for part in ("--webhook-secret", secret)]
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", "sink", "--port", "0", *options],
        env={**os.environ, "HOOKPROOF_WEBHOOK_SECRET": SECRETS[0]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().partition("listening on ")[2].split()[0]
        for secret in SECRETS:
            _send(url, secret)
        judged = [_judged(url, number) for number in (1, 2, 3)]
        listed = httpx.get(f"{url}/_hookproof/api/deliveries", trust_env=False).json()
    finally:
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=30)
    assert [one["signature"] for one in judged] == ["valid", "invalid", "invalid"]
    told = [found["message"] for one in judged for found in one["findings"]]
    assert [message.partition(": ")[2] for message in told] == [
        f"it is computed with the {which} of the 3 configured secrets"
        for which in ("second", "third")
    ]
    assert log.count("/***") == 3
    shown = json.dumps([one["findings"] for one in judged])
    assert not [part for part in ("-secret", "-of-three") if part in f"{out}{log}{shown}"]
    assert len(listed["deliveries"]) == 3


def test_each_secret_must_fit_the_contract() -> None:
    options = ["--contract", str(TESTS / "data" / "parcels.yaml"), "--port", "0"]
    secrets = ["--webhook-secret", SECRET, "--webhook-secret", "no-key-at-all"]
    done = hookproof("sink", *options, *secrets)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hookproof: secret 2 of 2: the webhook secret does not fit")
    assert "no-key-at-all" not in done.stderr
    assert SECRET not in done.stderr
