"""`hookproof signature sign|verify`: sign the raw bytes of a body, or verify its signature."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

from hookproof.contract_loading import (
    check_webhook_secrets,
    contract_files,
    load_webhook_contract,
)
from hookproof.errors import CommandError
from hookproof.output import print_remark
from openapi.contract import Contract, Event
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
    inputs = _inputs(options, [options.webhook_secret], signs=True)
    scheme, secret = inputs.scheme, inputs.secrets[0]
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
    message = inputs.message(options.header)
    for name, value in scheme.signed_headers(message, secret, identity, timestamp):
        print(f"{name}: {value}")
    url = scheme.delivery_url(message)
    if url != message.url:
        print_remark(f"the signature is valid for this URL only: {url}")
    return VALID


def run_verify(options: SimpleNamespace) -> int:
    """Print whether the signature of a body is valid, and why not; return the exit code."""
    inputs = _inputs(options, options.webhook_secret)
    scheme, secrets = inputs.scheme, inputs.secrets
    headers = list(options.header)
    if options.signature is not None:
        value = options.signature.encode(errors="surrogateescape")
        headers.append((scheme.header.encode(), value))
    if not headers:
        raise CommandError(
            f"no signature to verify: pass --header '{scheme.header}: VALUE', or --signature VALUE"
        )
    received_at = float(time.time() if options.received_at is None else options.received_at)
    message = inputs.message(headers)
    complaint = scheme.verify(message, secrets[0], received_at)
    if complaint is None:
        algorithm = scheme.algorithm_of(secrets[0])
        print(f"valid: {scheme.header} is the {algorithm} of {scheme.signed_part}")
        return VALID
    reason = explain_signature(*_delivery_with_origin(scheme, message, received_at), secrets)
    print(f"invalid: {complaint}" + (f": {reason}" if reason else ""))
    return INVALID


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Inputs of a signature."""

    scheme: SignatureScheme
    event: Event | None
    """Event that is signed, or one with the same scheme; None without a contract."""
    body: bytes
    url: str
    secrets: tuple[str, ...]

    def message(self, headers: Sequence[tuple[bytes, bytes]]) -> Message:
        """Return the message with `headers`, and with the media type of the event by default."""
        method = self.event.method if self.event else "POST"
        made = Message(self.body, tuple(headers), method, self.url)
        if made.header_values("Content-Type"):
            return made
        media_type = "application/json" if parse_json(self.body).problem is None else None
        if self.event is not None:
            media_type = self.event.content.sent
        return made.with_headers([("Content-Type", media_type)] if media_type else [])


def _inputs(options: SimpleNamespace, given: Sequence[str], *, signs: bool = False) -> _Inputs:
    """Return the inputs of the options; `CommandError` without a secret."""
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
    event, scheme = _signed_event(contract, options.event, body)
    if options.public_url is not None and not scheme.signs_url:
        raise CommandError("--public-url: the contract signs no URL: remove the option")
    if options.public_url is None and scheme.signs_url:
        raise CommandError("the signature covers the URL of the delivery: pass --public-url URL")
    return _Inputs(scheme, event, body, options.public_url or "", secrets)


def _delivery_with_origin(
    scheme: SignatureScheme, message: Message, at: float
) -> tuple[SignatureScheme, Delivery]:
    """Return the delivery of `message`, and the scheme that takes the origin of its URL."""
    parts = urlsplit(message.url)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    headers, origin = message.headers, ""
    if parts.netloc:
        headers = (*headers, (b"Host", parts.netloc.encode()))
        origin = f"{parts.scheme}://{parts.netloc}"
    delivery = Delivery(0, at, message.method, target, headers, message.body, False, "", 0)
    return replace(scheme, public_url=origin), delivery


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror or error}") from None


def _signed_event(
    contract: Contract, event: str | None, body: bytes
) -> tuple[Event | None, SignatureScheme]:
    """Return the event that `event` or the body names, and its signature scheme.

    Without a name, all events of the contract must have the same scheme.
    """
    if contract.signature is not None:
        return None, contract.signature
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
    return (named or contract.events)[0], scheme
