"""`hookproof trigger`: send one event of the contract to a receiver and print the responses."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from types import SimpleNamespace

from hookproof.commands.target_policy import addresses_of, check_target
from hookproof.contract_loading import (
    check_webhook_secret,
    contract_files,
    load_webhook_contract,
)
from hookproof.errors import CommandError
from hookproof.output import print_remark
from hookproof.sending.prepared_event import (
    EventChanges,
    PreparedEvent,
    UnsendableEvent,
    find_event,
    prepare_event,
)
from hookproof.sending.sender import EventResponse, deliver
from openapi.contract import Contract, Event
from openapi.event_payloads import example_payload
from openapi.json_pointer import MISSING
from openapi.redaction import Redaction
from openapi.safe_text import escape_ci_command, escape_hidden
from openapi.signatures.registry import SCHEMES
from webhook_sink.destination import Destination

ACCEPTED, REJECTED = 0, 1
MAX_SHOWN_CHARACTERS = 2000
"""Maximum of a response's body that is printed."""
_SHOWN_HEADERS = ("content-type", "location", "retry-after")


def run_trigger(options: SimpleNamespace) -> int:
    """Send the event; return the exit code."""
    contract = load_webhook_contract(contract_files(options))
    if options.scheme:
        contract = contract.with_signature(SCHEMES[options.scheme])
    if options.list:
        return _print_events(contract, options.event)
    if options.event is None:
        raise CommandError("no event: name one, or pass --list to see them")
    if options.to is None:
        raise CommandError("no receiver: pass --to URL")
    destination: Destination = options.to
    check_target(destination.host, addresses_of(destination.host), options.allow_host)
    try:
        event = find_event(contract, options.event)
        return _send(options, contract, event)
    except UnsendableEvent as error:
        raise CommandError(_with_hint(str(error))) from None


def _with_hint(message: str) -> str:
    if message.startswith("no webhook secret"):
        return f"{message}: pass --webhook-secret or set HOOKPROOF_WEBHOOK_SECRET"
    return message


def _send(options: SimpleNamespace, contract: Contract, event: Event) -> int:
    secret = options.webhook_secret
    if options.public_url is not None and not (event.signature and event.signature.signs_url):
        raise CommandError("--public-url: the event signs no URL: remove the option")
    if event.signature is not None and secret:
        check_webhook_secret(contract, secret, signs=True)
    body = None if options.data is None else _read(options.data)
    changes = EventChanges(dict(options.set), body, options.fault, options.header)
    at = time.time() - options.age
    if options.age and event.signature is not None and not event.signature.has_timestamp:
        print_remark("the signature has no timestamp: --age changes the times of the payload only")
    prepared = prepare_event(contract, event, changes, token_hex(16), at, secret)
    _remark_broken_payload(contract, prepared)
    redact = Redaction([secret] if secret else [])
    responses: list[EventResponse] = []
    for attempt in range(1, options.repeat + 1):
        found = deliver(
            prepared,
            options.to.url,
            secret,
            time.time() - options.age,
            copies=options.at_once,
            timeout_s=options.timeout,
            public_url=options.public_url,
        )
        if not responses and not any(one.is_sent for one in found):
            raise CommandError(found[0].error or "nothing could be sent")
        if not responses:
            _print_request(options.to, prepared, found[0])
        responses += found
        _print_responses(found, attempt, options.repeat, redact)
    return ACCEPTED if all(one.is_success for one in responses) else REJECTED


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror or error}") from None


def _remark_broken_payload(contract: Contract, prepared: PreparedEvent) -> None:
    """Say that the payload breaks the contract: a typing error in --set looks like a fault."""
    if prepared.payload is MISSING or prepared.event.content.kind not in ("json", "form"):
        return
    broken = contract.schema(prepared.event.schema).violations(prepared.payload, limit=1)
    for violation in broken:
        print_remark(f"the payload breaks the contract: {violation.message}")


def _print_request(destination: Destination, prepared: PreparedEvent, sent: EventResponse) -> None:
    scheme = prepared.event.signature
    names = [name for name, _ in sent.sent_headers]
    signed = f"signed in {scheme.header}" if scheme and scheme.header in names else "not signed"
    size = f"{len(sent.sent_body)} bytes"
    print(f"event     {prepared.event.name} ({size}, {signed})")
    print(f"to        {sent.method} {destination.redacted_url}")


def _print_responses(
    responses: Sequence[EventResponse], attempt: int, attempts: int, redact: Redaction
) -> None:
    for number, response in enumerate(responses, 1):
        which = f"{attempt}" if attempts > 1 else ""
        if len(responses) > 1:
            which += f".{number}" if which else f"{number}"
        label = f"response {which}" if which else "response"
        print(f"{label:<9} {_describe(response)}")
        for line in _details(response, redact):
            print(f"{'':<9} {line}")


def _describe(response: EventResponse) -> str:
    """Return status and time, or why there is no response."""
    took = f"after {response.seconds:.3f} s"
    if response.status is None:
        return f"none {took}: {response.error}"
    try:
        phrase = f" {HTTPStatus(response.status).phrase}"
    except ValueError:
        phrase = ""
    incomplete = f", incomplete: {response.error}" if response.error else ""
    return f"{response.status}{phrase} {took}{incomplete}"


def _details(response: EventResponse, redact: Redaction) -> Iterator[str]:
    """Yield telling headers and the body as printable lines, without secrets."""
    for name, value in response.headers:
        if name.lower() in _SHOWN_HEADERS:
            yield escape_ci_command(escape_hidden(f"{name}: {redact(value)}"))
    text = redact(response.text)
    for line in text[:MAX_SHOWN_CHARACTERS].splitlines():
        yield escape_ci_command(escape_hidden(line, keep="\t"))
    if len(text) > MAX_SHOWN_CHARACTERS or response.is_truncated:
        yield f"... ({len(response.body)} bytes were read)"


def _print_events(contract: Contract, name: str | None) -> int:
    """Print the events of the contract, or one of them, each with its payload."""
    if not contract.events:
        raise CommandError("the contract has no event")
    try:
        events = contract.events if name is None else (find_event(contract, name),)
    except UnsendableEvent as error:
        raise CommandError(str(error)) from None
    blocks = []
    for event in events:
        scheme = event.signature
        signed = f"signed in {scheme.header} ({scheme.name})" if scheme else "not signed"
        payload = json.dumps(example_payload(contract, event), indent=2)
        blocks.append(
            f"{escape_hidden(event.name)}\n"
            f"  {event.method} {event.content.sent}, {signed}\n"
            + "".join(f"  {line}\n" for line in payload.splitlines())
        )
    print("\n".join(blocks), end="")
    return ACCEPTED
