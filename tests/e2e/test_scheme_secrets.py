"""No secret of a signature scheme is in any artefact of a sink or of a run."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.processes import started, verify
from support.scheme_contracts import JSON, PRIVATE_KEY, secret_of, write_contract

from openapi.loading.loader import load_contract
from openapi.signatures.ed25519 import is_key_text, read_key
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES
from openapi.signatures.scheme import SignatureScheme

pytestmark = pytest.mark.integration

PEM = (
    Ed25519PrivateKey.from_private_bytes(b"the private key of another test.")
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    .decode()
)
VARIANTS: dict[str, tuple[str, str, dict[str, str]]] = {
    **{name: (name, secret_of(name), {}) for name in SCHEMES},
    "standard-webhooks v1a": ("standard-webhooks", PRIVATE_KEY, {}),
    "http ed25519": ("http-message-signatures", PRIVATE_KEY, {"algorithm": "ed25519"}),
    "http PEM": ("http-message-signatures", PEM, {"algorithm": "ed25519"}),
}
"""Name -> scheme, secret, further statements of the contract."""


def forms_of(scheme: SignatureScheme, secret: str) -> dict[str, bytes]:
    """Return the secret and its key, raw, in base64 and in hex."""
    raw = {"secret": secret.strip().encode()}
    if is_key_text(secret):
        pair = read_key(secret)
        assert pair is not None
        raw["key"] = pair.private.private_bytes_raw()
    elif isinstance(scheme, HmacScheme):
        raw["key"] = scheme.decode_secret(secret)
    if secret.startswith("-----"):
        raw["line"] = secret.splitlines()[1].encode()
    made: dict[str, bytes] = {}
    for name, value in raw.items():
        made[name] = value
        made[f"{name} in hex"] = value.hex().encode()
        # The end depends on what follows, so it is left out.
        made[f"{name} in base64"] = base64.b64encode(value).rstrip(b"=")[:-1]
        made[f"{name} in URL-safe base64"] = base64.urlsafe_b64encode(value).rstrip(b"=")[:-1]
    return made


def leaks(forms: dict[str, bytes], artefacts: dict[str, bytes]) -> list[str]:
    """Return each form of the secret that an artefact has."""
    return [
        f"{form} in {name}"
        for name, content in artefacts.items()
        for form, text in forms.items()
        if text in content or text.lower() in content.lower()
    ]


def deliveries(scheme: SignatureScheme, secret: str, url: str) -> Iterator[tuple[str, Message]]:
    """Yield the kind and the message of a delivery with the right secret, and of others."""
    body = b'{"event":"orderMade","name":"first"}'
    plain = Message(body, ((b"Content-Type", JSON.encode()),), url=f"{url}/hooks")
    message = plain.with_url(scheme.delivery_url(plain))
    good = message.with_headers(scheme.signed_headers(message, secret, "m1", 1.0))
    other = scheme.signed_headers(message, scheme.other_secret(secret), "m2", 1.0)
    yield "the right secret", good
    yield "another secret", message.with_headers(other)
    yield "another body", replace(good, body=b'{"event":"orderMade", "name":"first"}')
    (value,) = good.header_values(scheme.header)
    yield "a prefix", good.with_headers([(scheme.header, f"sig9={value.decode()}")])
    yield "another header", message.with_headers([("X-Signature", value.decode())])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_sink_shows_no_secret(variant: str, tmp_path: Path) -> None:
    name, secret, stated = VARIANTS[variant]
    contract = write_contract(tmp_path, name, **stated)
    scheme = load_contract(Path(contract)).events[0].signature
    assert scheme is not None
    store = tmp_path / "deliveries.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", "sink", "--port", "0", "--contract", contract]
        + ["--store", str(store)],
        env={**os.environ, "HOOKPROOF_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    artefacts: dict[str, bytes] = {}
    try:
        first = process.stdout.readline()
        url = first.decode().partition("listening on ")[2].split()[0]
        with httpx.Client(trust_env=False) as client:
            sent = list(deliveries(scheme, secret, url))
            for _, message in sent:
                client.post(message.url, content=message.body, headers=list(message.headers))
            api = f"{url}/_hookproof/api/deliveries"
            pages = {"list": api, "page": f"{url}/_hookproof/"}
            pages |= {f"delivery {n}": f"{api}/{n}" for n in range(1, len(sent) + 1)}
            pages |= {f"export {form}": f"{api}/export?format={form}" for form in ("har", "jsonl")}
            for form in ("curl", "test", "har"):
                pages |= {f"copy {n} {form}": f"{api}/{n}/copy?format={form}" for n in (1, 2)}
            for what, page in pages.items():
                response = client.get(page)
                assert response.status_code == 200, (what, response.text)
                artefacts[what] = response.content
    finally:
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=30)
    judged = [json.loads(artefacts[f"delivery {n}"])["signature"] for n in (2, 4, 5)]
    assert judged == ["invalid", "invalid", "missing"]
    artefacts |= {"stdout": first + out, "stderr": log}
    artefacts |= {file.name: file.read_bytes() for file in tmp_path.glob("*sqlite3*")}
    assert "deliveries.sqlite3" in artefacts
    assert log
    assert leaks(forms_of(scheme, secret), artefacts) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_and_a_mock_show_no_secret(variant: str, port: int, tmp_path: Path) -> None:
    name, secret, stated = VARIANTS[variant]
    contract = write_contract(tmp_path, name, **stated)
    scheme = load_contract(Path(contract)).events[0].signature
    assert scheme is not None
    environment = {"HOOKPROOF_WEBHOOK_SECRET": secret}
    command = ["-m", "hookproof", "mock", "--contract", contract, "--port", "0"]
    command += ["--webhook-url", f"http://127.0.0.1:{port}", "--fault", "delivery-wrong-secret"]
    options = ["--contract", contract, "--profile", "quick", "--max-requests", "8"]
    options += ["--extra-phase", "none", "--no-saved-cases", "--webhook-deadline", "5"]
    with started(command, **environment) as url:
        run = verify(url, port, tmp_path / "report", *options, **environment)
        with httpx.Client(trust_env=False, base_url=url) as client:
            mock = {
                page: client.get(f"/_hookproof/api/{page}").raise_for_status().content
                for page in ("deliveries", "requests")
            }
    assert "webhook-signature" in run.violated
    artefacts = {"stdout": run.out.encode(), "stderr": run.err.encode(), **mock}
    artefacts |= {file.name: file.read_bytes() for file in (tmp_path / "report").iterdir()}
    assert {"report.json", "report.html"} <= artefacts.keys()
    assert leaks(forms_of(scheme, secret), artefacts) == []


def test_the_search_finds_each_form() -> None:
    forms = forms_of(SCHEMES["standard-webhooks"], secret_of("standard-webhooks"))
    assert len(forms) == 8
    for form, text in forms.items():
        assert f"{form} in a page" in leaks(forms, {"a page": b"<p>" + text + b"</p>"})
    assert "key in hex in a log" in leaks(forms, {"a log": forms["key in hex"].upper()})
    assert leaks(forms, {"a page": b"<p>nothing</p>"}) == []
