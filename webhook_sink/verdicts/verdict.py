"""Verdict on one delivery, computed from the delivery alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from openapi import media_type
from openapi.contract import SAFE_METHODS, Contract, Event
from openapi.finding import Finding, make_finding
from openapi.json_pointer import get_at, join_pointer
from openapi.schemas.validation import SchemaViolation, abbreviate, type_name
from openapi.signatures.scheme import Secrets, SignatureScheme, secrets_as_tuple
from openapi.strict_json import ParsedJson
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import GZIP_MAGIC, is_form
from webhook_sink.signature_diagnosis.explain import explain_signature, find_other_scheme
from webhook_sink.verdicts.recognition import recognize

SignatureStatus = Literal["valid", "invalid", "missing", "other-scheme", "unchecked"]
_STATUS_WORDS = {"unchecked": "not checked", "other-scheme": "of another scheme"}
_MAX_LISTED_NAMES = 5
_MAX_VIOLATIONS = 1000
"""Maximum of reported schema violations of one delivery."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Event, signature status and findings of one delivery."""

    event: Event | None
    """Event that the delivery names; None if the contract does not have it."""
    payload: object
    """Payload as its media type says, or None."""
    signature: SignatureStatus
    """`unchecked` without a secret, without a signature scheme, or for a truncated body;
    `other-scheme` if the header of another scheme is there instead.
    """
    findings: tuple[Finding, ...]
    possible_events: tuple[Event, ...] = ()
    """Every event that the names in the delivery allow; `event` is one of them."""

    @property
    def violations(self) -> int:
        """Number of violations; the other findings are warnings."""
        return sum(found.severity == "violation" for found in self.findings)

    @property
    def summary(self) -> str:
        """Verdict in words."""
        return format_verdict(self.violations, len(self.findings) - self.violations, self.signature)


def format_verdict(violations: int, warnings: int, signature: str) -> str:
    """Return a verdict in words, such as `2 violations, 1 warning; signature valid`."""
    counts = ((violations, "violation"), (warnings, "warning"))
    parts = [f"{count} {noun}{'s' * (count > 1)}" for count, noun in counts if count]
    if not violations:
        parts.insert(0, "conforms")
    return f"{', '.join(parts)}; signature {_STATUS_WORDS.get(signature, signature)}"


def judge(
    delivery: Delivery, contract: Contract, secrets: Secrets, *, with_reason: bool = True
) -> Verdict:
    """Judge `delivery`; deterministic, and never raises.

    Only the first of the webhook `secrets` makes a signature valid; the others explain a wrong
    signature. Signatures are verified over the raw bytes before parsing. A payload that names no
    known event is not validated against a schema, and a handshake is not judged. `with_reason`
    adds the reason of a wrong signature to its finding, which takes milliseconds.
    """
    if delivery.is_handshake:
        return Verdict(None, None, "unchecked", ())
    given = secrets_as_tuple(secrets)
    if not contract.events:
        return _judge_signature(delivery, contract, given, with_reason=with_reason)
    recognized = recognize(delivery, contract)
    event, text = recognized.event, recognized.payload
    payload = text.value if text else None
    expected = event or _event_of_valid_signature(delivery, contract, given[:1])
    signature, complaint = _check_signature(delivery, expected.signature, given[:1])
    if with_reason:
        complaint = _explain(delivery, expected.signature, complaint, given)
    findings = [*_request_findings(delivery, contract, expected, complaint)]
    findings += _json_findings(delivery, contract, expected, text)
    if text is not None and text.problem is None:
        if event is None:
            findings.extend(_unknown_event_findings(delivery, payload, contract, expected))
        elif event.content.kind is not None:
            findings.extend(_schema_findings(payload, contract, event))
    return Verdict(event, payload, signature, tuple(findings), recognized.possible)


def _judge_signature(
    delivery: Delivery, contract: Contract, secrets: tuple[str, ...], *, with_reason: bool
) -> Verdict:
    """Judge a delivery by a contract without events: only a signature can be wrong."""
    scheme = None if delivery.method in SAFE_METHODS else contract.signature
    signature, complaint = _check_signature(delivery, scheme, secrets[:1])
    if with_reason:
        complaint = _explain(delivery, scheme, complaint, secrets)
    if scheme is None or complaint is None:
        return Verdict(None, None, signature, ())
    found = make_finding(contract, "webhook-signature", scheme.pointer, complaint)
    return Verdict(None, None, signature, (found,))


def _explain(
    delivery: Delivery,
    scheme: SignatureScheme | None,
    complaint: str | None,
    secrets: tuple[str, ...],
) -> str | None:
    """Return `complaint` with the reason of a wrong signature, if one is found."""
    if complaint is None or scheme is None or not secrets:
        return complaint
    reason = explain_signature(scheme, delivery, secrets)
    return f"{complaint}: {reason}" if reason else complaint


def _event_of_valid_signature(
    delivery: Delivery, contract: Contract, secrets: tuple[str, ...]
) -> Event:
    """Return the first event whose scheme makes the signature valid, else the first event."""
    valid = {
        scheme
        for scheme in {event.signature for event in contract.events}
        if _check_signature(delivery, scheme, secrets)[0] == "valid"
    }
    return next((e for e in contract.events if e.signature in valid), contract.events[0])


def _check_signature(
    delivery: Delivery, scheme: SignatureScheme | None, secrets: tuple[str, ...]
) -> tuple[SignatureStatus, str | None]:
    if scheme is None:
        return "unchecked", None
    if not delivery.header_values(scheme.header):
        status: SignatureStatus = (
            "other-scheme" if find_other_scheme(scheme, delivery) else "missing"
        )
        return status, f"there is no {scheme.header} header"
    if not secrets or delivery.truncated:
        return "unchecked", None
    complaint = scheme.verify(delivery.message, secrets[0], delivery.received_at)
    return ("invalid" if complaint else "valid"), complaint


def _request_findings(
    delivery: Delivery, contract: Contract, event: Event, complaint: str | None
) -> Iterator[Finding]:
    if delivery.method != event.method:
        message = f"the method is {abbreviate(delivery.method)}, not {event.method}"
        yield make_finding(contract, "webhook-method", event.pointer, message)
    if event.signature is not None and complaint is not None:
        yield make_finding(contract, "webhook-signature", event.signature.pointer, complaint)
    wrong = _media_type_problem(delivery.header_values("Content-Type"), event.media_type)
    if wrong is not None:
        yield make_finding(contract, "webhook-media-type", _media_type_pointer(event), wrong)


def _json_findings(
    delivery: Delivery, contract: Contract, event: Event, text: ParsedJson | None
) -> Iterator[Finding]:
    if text is None:
        yield _truncated_finding(delivery, contract, event)
        return
    kind = event.content.kind
    if kind is None:
        return  # a media type that hookproof cannot read
    if text.problem is not None and kind != "json":
        message = f"the body is not {event.media_type}: {text.problem}"
    elif text.problem is not None:
        message = f"the body is not JSON: {_describe_body_format(delivery.body) or text.problem}"
    elif text.has_byte_order_mark:
        message = "the body begins with a byte order mark (RFC 8259, section 8.1)"
    else:
        return
    yield make_finding(contract, "webhook-json", _media_type_pointer(event), message)


def _describe_body_format(body: bytes) -> str | None:
    if body.startswith(GZIP_MAGIC):
        return "it is compressed with gzip"
    return "it looks like a form" if is_form(body) else None


def _media_type_pointer(event: Event) -> str:
    return event.schema.rpartition("/")[0]


def _media_type_problem(values: tuple[bytes, ...], wanted: str) -> str | None:
    if len(values) != 1:
        return (
            f"there are {len(values)} Content-Type headers"
            if values
            else "there is no Content-Type header"
        )
    shown = abbreviate(values[0].decode("latin-1"))
    found = media_type.parse_media_type(values[0])
    if found is None:
        return f"{shown} is not a media type"
    if found.essence != wanted:
        return f"the media type is {shown}, not {wanted}"
    if any(charset != "utf-8" for charset in found.charsets):
        return f"the charset of {shown} is not utf-8"
    return None


def _truncated_finding(delivery: Delivery, contract: Contract, event: Event) -> Finding:
    message = (
        f"the sink stored only the first {len(delivery.body)} bytes of the body, "
        "so it does not check signature and payload"
    )
    found = make_finding(contract, "webhook-json", _media_type_pointer(event), message)
    # The sink sets the limit, not the contract, so smaller payloads are an assumption.
    return replace(found, severity="warning", provenance="assumed")


def _unknown_event_findings(
    delivery: Delivery, payload: object, contract: Contract, event: Event
) -> Iterator[Finding]:
    """Yield the finding that the delivery has another name or path than every event."""
    known = _list_names(contract)
    trigger = join_pointer(event.pointer, "x-hookproof-trigger")
    place = event.name_pointer
    if place is None:
        header = next((n.source.where for n in event.names if n.source.part == "header"), None)
        if header is not None:
            values = [value.decode("latin-1") for value in delivery.header_values(header)]
            found = f"has {abbreviate(', '.join(values))}" if values else "is missing"
            message = f"the header {header} {found}, which names no event: the contract has {known}"
        elif event.path is not None:
            path = abbreviate(delivery.target.partition("?")[0])
            message = f"the path {path} is not that of an event: the contract has {known}"
        else:
            return  # nothing names the event, so that the method is what differs
        yield make_finding(contract, "webhook-event-name", trigger, message)
        return
    name = get_at(payload, place)
    if isinstance(name, str):
        message = f"the event {abbreviate(name)} is not in the contract, which has {known}"
    else:
        message = f"there is no event name at {place}: the payload is {type_name(payload)}"
        if isinstance(payload, dict):
            message = f"there is no event name at {place}; the contract has {known}"
    # A payload that is not an object violates the schema at its root, not at the event name.
    root = place if isinstance(payload, dict) else ""
    broken = contract.schema(event.schema).violations(payload, limit=_MAX_VIOLATIONS)
    stated = next((v for v in broken if _violation_place(v) in (place, root)), None)
    pointer = stated.pointer if stated else trigger
    detail = stated.detail if stated else "*"
    yield make_finding(
        contract, "webhook-event-name", pointer, message, instance=place, detail=detail
    )


def _list_names(contract: Contract) -> str:
    """Return the names of the first events as text."""
    names = [event.name for event in contract.events]
    more = len(names) - _MAX_LISTED_NAMES
    return ", ".join(names[:_MAX_LISTED_NAMES]) + (f" and {more} more" if more > 0 else "")


def _violation_place(violation: SchemaViolation) -> str:
    if violation.keyword == "required":
        return join_pointer(violation.instance, violation.detail)
    return violation.instance


def _schema_findings(payload: object, contract: Contract, event: Event) -> Iterator[Finding]:
    schema = contract.schema(event.schema)
    if schema.is_valid(payload):
        return
    for broken in schema.violations(payload, limit=_MAX_VIOLATIONS):
        yield make_finding(
            contract,
            "webhook-schema",
            broken.pointer,
            broken.message,
            instance=broken.instance,
            detail=broken.detail,
        )
