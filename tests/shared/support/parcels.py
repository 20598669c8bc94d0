"""Contract `parcels.yaml` (five operations, three events): its secret, tokens and mock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openapi.contract import Contract
from openapi.loading.loader import load_contract
from support.processes import JWT_SECRET, TESTS, hookproof, started

PATH = TESTS / "data" / "parcels.yaml"
SECRET = "whsec_c29tZXRoaW5nIHRoYXQgb25seSB0ZXN0cyBrbm93"


def parcels_contract() -> Contract:
    return load_contract(PATH)


def changed(directory: Path, *changes: tuple[str, str]) -> Contract:
    """Return the contract with a text inserted after each place, which must occur once."""
    text = PATH.read_text(encoding="utf-8")
    for place, more in changes:
        assert text.count(place) == 1
        text = text.replace(place, f"{place}{more}")
    path = directory / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


def token(*options: str) -> str:
    """Return a token for the mock; the default has every permission."""
    chosen = ["--contract", str(PATH), "--jwt-secret", JWT_SECRET, *options]
    return hookproof("token", *chosen).stdout.strip()


@contextmanager
def mock(receiver: str, *options: str, contract: Path = PATH) -> Iterator[str]:
    """Run the mock of `contract`, which sends webhooks to `receiver`; yield its URL."""
    command = ["-m", "hookproof", "mock", "--port", "0", "--contract", str(contract)]
    secrets = {"HOOKPROOF_JWT_SECRET": JWT_SECRET, "HOOKPROOF_WEBHOOK_SECRET": SECRET}
    with started([*command, "--webhook-url", receiver, *options], **secrets) as url:
        yield url
