"""`hookproof signature sign|verify`: sign the raw bytes of a body, or verify its signature."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from types import SimpleNamespace

from hookproof.contract_loading import (
    check_webhook_secrets,
    contract_files,
    load_webhook_contract,
)
from hookproof.errors import CommandError
from openapi.contract import Contract
from openapi.loading.loader import empty_contract
from openapi.signatures.message import Message
from openapi.signatures.registry import SCHEMES
from openapi.signatures.scheme import SignatureScheme
from openapi.strict_json import parse_json
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.explain import explain_signature

VALID, INVALID = 0, 1


def run_sign(options: SimpleNamespace) -> int:
    """Print the signature headers of a body; return the exit code."""
    scheme, body, (secret, *_) = _inputs(options, [options.webhook_secret], signs=True)
    for given, named, what in (
        (options.id, scheme.id_header, "--id: the contract signs no webhook id"),
        (
            options.timestamp,
            scheme.has_timestamp or None,
            "--timestamp: the contract signs no timestamp",
        ),
    ):
        if given is not None and named is None:
            raise CommandError(f"{what}: remove the option")
    identity = options.id if options.id is not None else token_hex(16)
    if not (identity.isascii() and identity.isprintable() and identity.strip() == identity != ""):
        raise CommandError("--id: a webhook id must be printable ASCII without surrounding spaces")
    timestamp = time.time() if options.timestamp is None else options.timestamp
    for name, value in scheme.signed_headers(Message(body), secret, identity, timestamp):
        print(f"{name}: {value}")
    return VALID


def run_verify(options: SimpleNamespace) -> int:
    """Print whether the signature of a body is valid, and why not; return the exit code."""
    scheme, body, secrets = _inputs(options, options.webhook_secret)
    headers = list(options.header)
    if options.signature is not None:
        value = options.signature.encode(errors="surrogateescape")
        headers.append((scheme.header.encode(), value))
    if not headers:
        raise CommandError(
            f"no signature to verify: pass --header '{scheme.header}: VALUE', or --signature VALUE"
        )
    received_at = float(time.time() if options.received_at is None else options.received_at)
    complaint = scheme.verify(Message(body, tuple(headers)), secrets[0], received_at)
    if complaint is None:
        algorithm = scheme.algorithm_of(secrets[0])
        print(f"valid: {scheme.header} is the {algorithm} of {scheme.signed_part}")
        return VALID
    delivery = Delivery(0, received_at, "POST", "/", tuple(headers), body, False, "", 0)
    reason = explain_signature(scheme, delivery, secrets)
    print(f"invalid: {complaint}" + (f": {reason}" if reason else ""))
    return INVALID


def _inputs(
    options: SimpleNamespace, given: Sequence[str], *, signs: bool = False
) -> tuple[SignatureScheme, bytes, tuple[str, ...]]:
    """Return the signature scheme, the body and the secrets; `CommandError` without a secret."""
    if options.scheme:
        contract = empty_contract().with_signature(SCHEMES[options.scheme])
    else:
        contract = load_webhook_contract(contract_files(options))
    secrets = check_webhook_secrets(contract, given, signs=signs)
    if not secrets:
        raise CommandError(
            "no webhook secret: pass --webhook-secret or set HOOKPROOF_WEBHOOK_SECRET"
        )
    body = _body(options.file)
    return _scheme(contract, options.event, body), body, secrets


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror or error}") from None


def _scheme(contract: Contract, event: str | None, body: bytes) -> SignatureScheme:
    """Return the signature scheme of the event that `event` or the body names.

    Without a name, all events of the contract must have the same scheme.
    """
    if contract.signature is not None:
        return contract.signature
    known = [one.name for one in contract.events]
    if event is not None and event not in known:
        raise CommandError(f"the contract has no event {event!r}; it has {', '.join(known)}")
    payload = parse_json(body).value
    named = [
        one for one in contract.events if (one.name == event if event else one.is_named_in(payload))
    ]
    schemes = {one.signature for one in named or contract.events}
    if len(schemes) > 1:
        raise CommandError(
            "the events of the contract have different signature schemes and the body names no "
            f"event: pass --event, one of {', '.join(known)}"
        )
    scheme = schemes.pop() if schemes else None
    if scheme is None:
        raise CommandError(
            "the contract has no signature scheme for its webhooks (x-hookproof-signature): "
            "pass --scheme SCHEME"
        )
    return scheme
