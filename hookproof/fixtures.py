"""Sink and sender of the fixtures; `pytest_plugin` imports this module only on use."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hookproof.contract_loading import ContractFiles, load_webhook_contract
from hookproof.contract_url import ContractUrl, is_url, parse_contract_url
from hookproof.errors import CommandError
from hookproof.sending.sender import EventSender
from openapi.contract import Contract
from webhook_sink.server import Sink


@contextmanager
def running_sink(
    contract: str | Path | None, overlays: Sequence[str | Path], secret: str | None
) -> Iterator[Sink]:
    """Yield a sink on a free port; it stores its deliveries until the block ends.

    An invalid contract, or a secret that its signature schemes cannot use, fails the test.
    """
    known = _load(contract, overlays, secret)
    with Sink(known, secret or None) as sink:
        yield sink


def event_sender(
    contract: str | Path | None,
    overlays: Sequence[str | Path],
    secret: str | None,
    receiver_url: str | None,
) -> EventSender:
    """Return a sender of the contract's events to `receiver_url`; failures are as above."""
    known = _load(contract, overlays, secret, signs=True)
    return EventSender(known, secret or None, receiver_url)


def _load(
    contract: str | Path | None,
    overlays: Sequence[str | Path],
    secret: str | None,
    *,
    signs: bool = False,
) -> Contract:
    """Return the contract; fail the test if it is invalid, or if `secret` does not fit it."""
    try:
        document: Path | ContractUrl | None = Path(contract) if contract else None
        if isinstance(contract, str) and is_url(contract):
            document = parse_contract_url(contract)
        known = load_webhook_contract(ContractFiles(document, tuple(map(Path, overlays))))
    except (CommandError, ValueError) as error:
        pytest.fail(f"hookproof_contract: {error}", pytrace=False)
    complaint = known.secret_problem(secret, signs=signs) if secret else None
    if complaint is not None:
        pytest.fail(f"hookproof_webhook_secret: {complaint}", pytrace=False)
    return known
