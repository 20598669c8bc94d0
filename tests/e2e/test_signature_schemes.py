"""Each signature scheme: the mock of a contract conforms, and its faults are found."""

from pathlib import Path
from typing import Any

import pytest
from support.processes import Run, started, verify
from support.scheme_contracts import FORM, JSON, PRIVATE_KEY, secret_of, write_contract

from openapi.signatures.registry import SCHEMES

pytestmark = pytest.mark.integration

VARIANTS: dict[str, tuple[str, str, str | None, dict[str, Any]]] = {
    **{name: (name, JSON, None, {}) for name in SCHEMES},
    "standard-webhooks-v1a": ("standard-webhooks", JSON, PRIVATE_KEY, {}),
    "twilio-form": ("twilio", FORM, None, {}),
    "http-message-ed25519": (
        "http-message-signatures",
        JSON,
        PRIVATE_KEY,
        {"algorithm": "ed25519", "key-id": "k1", "label": "hook"},
    ),
}
"""Name -> scheme, media type of the event, secret if not the usual one, further statements."""


def judged(
    variant: str, port: int, folder: Path, *mock_options: str, public_url: str | None = None
) -> Run:
    """Return the run of `verify` against the mock of a contract."""
    scheme, media_type, secret, stated = VARIANTS[variant]
    contract = write_contract(folder, scheme, media_type, **stated)
    secrets = {"HOOKPROOF_WEBHOOK_SECRET": secret or secret_of(scheme)}
    command = ["-m", "hookproof", "mock", "--contract", contract, "--port", "0"]
    command += ["--webhook-url", f"http://127.0.0.1:{port}", *mock_options]
    options = ["--contract", contract, "--profile", "quick", "--max-requests", "15"]
    options += ["--extra-phase", "none", "--no-saved-cases", "--webhook-deadline", "5"]
    options += ["--public-url", public_url] if public_url else []
    with started(command, **secrets) as url:
        return verify(url, port, folder / "report", *options, **secrets)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_mock_of_a_contract_conforms(variant: str, port: int, tmp_path: Path) -> None:
    run = judged(variant, port, tmp_path)
    assert run.report["findings"] == []
    assert run.code == 0, run.out
    signed = [c for c in run.report["constraints"] if c["kind"] == "signature"]
    assert [one["status"] for one in signed] == ["enforced"]


@pytest.mark.parametrize("fault", ["unsigned", "signature-header-renamed", "delivery-wrong-secret"])
@pytest.mark.parametrize(
    "variant", ["standard-webhooks-v1a", "twilio-form", "http-message-ed25519"]
)
def test_a_wrongly_signed_event_is_a_violation(
    variant: str, fault: str, port: int, tmp_path: Path
) -> None:
    run = judged(variant, port, tmp_path, "--fault", fault)
    assert run.code == 1, run.out
    assert "webhook-signature" in run.violated


@pytest.mark.parametrize(
    ("public_url", "code"), [("http://127.0.0.1:{port}", 0), ("https://hooks.example.com", 1)]
)
def test_the_public_url_is_the_signed_one(
    public_url: str, code: int, port: int, tmp_path: Path
) -> None:
    run = judged("twilio-form", port, tmp_path, public_url=public_url.format(port=port))
    assert run.code == code, run.out
    assert ("webhook-signature" in run.violated) == bool(code)
