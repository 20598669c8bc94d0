"""Checks of single deliveries: the findings of the sink's verdict as judgements."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from contracts.checks.events import is_without_trigger, triggered_events
from contracts.checks.retries import rejected_deliveries
from contracts.expectations.allowed_rejections import unjudged_places
from contracts.expectations.constraints import media_type_pointer
from contracts.expectations.keywords import ConstraintKey, applicable_keywords, constraint_key
from contracts.judgement import Judgement
from contracts.ledger.ledger import JudgedDelivery, Ledger
from openapi.finding import Finding
from openapi.json_pointer import is_array_index
from openapi.runtime_expression import parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.signatures.generic_hmac import BODY_TEMPLATE, HmacScheme
from openapi.signatures.message import Message
from webhook_sink.signature_diagnosis.signed_content import OTHER_KEY_OR_CONTENT

_ORDINARY_SECONDS = (2 * 365.25 * 86_400, 253_370_764_800.0)
"""Unix seconds of 1972 and 9999: every time zone can write the dates between them."""


def _judge_alone(
    ledger: Ledger, check: str, but: Collection[int] = frozenset()
) -> Iterator[Judgement]:
    """Yield the sink's findings of `check` as judgements; skip the delivery ids in `but`."""
    closed = ledger.reconciliation
    strangers = [item for event in closed.strangers for item in event.attempts]
    # A webhook without a trigger is judged where it arrives, but anybody may have sent it.
    unproven = {i.delivery.id for i in strangers if is_without_trigger(i.verdict)}
    foreign = {i.delivery.id for event in closed.earlier_run_events for i in event.attempts}
    foreign |= {item.delivery.id for item in strangers} - unproven
    others = _valid_signatures(ledger) if check == "webhook-signature" else {}
    free = _free_places(ledger) if check == "webhook-schema" else {}
    for item in ledger.deliveries:
        if item.delivery.id in foreign or item.delivery.id in but:
            continue
        every = [f for f in item.verdict.findings if f.check == check]
        excused = free.get(item.delivery.id, {})
        found = [
            f for f in every if f.instance not in excused or not _is_excused(f, excused[f.instance])
        ]
        violated_keys = {constraint_key(finding.pointer, finding.detail) for finding in found}
        for finding in found:
            severity = "warning" if item.delivery.id in unproven else finding.severity
            yield _sink_judgement(item, replace(finding, severity=severity), others)
        for place in _tried_constraints(ledger, item, check):
            if place not in violated_keys:
                yield Judgement(place, item.delivery.id)


def _tried_constraints(ledger: Ledger, item: JudgedDelivery, check: str) -> Iterator[ConstraintKey]:
    """Yield the constraints that `check` tests on the delivery."""
    event = item.verdict.event or ledger.contract.events[0]
    content = (media_type_pointer(event.schema), "*")
    signed = item.verdict.signature == "valid" and event.signature is not None
    match check:
        case "webhook-method":
            yield event.pointer, "*"
        case "webhook-media-type":
            yield content
        case "webhook-json" if not item.delivery.truncated:
            yield content
        case "webhook-signature" if signed and event.signature is not None:
            yield event.signature.pointer, "*"
        case "webhook-schema" if item.verdict.event is not None:
            keys = applicable_keywords(ledger.contract, event.schema, item.verdict.payload)
            yield from dict.fromkeys(keys)  # a keyword applies to each item of an array


def _free_places(ledger: Ledger) -> dict[int, dict[str | None, object]]:
    """Return, by delivery id, the places that echo a value the harness does not judge.

    The items: place in the payload -> the value that was sent.
    """
    return {
        item.delivery.id: {
            _whole_place(item, stated["to"]): exchange.find(parse_expression(stated["from"]))
            for stated in event.trigger.get("echoes", ())
            if exchange.item + parse_expression(stated["from"]).where in free
        }
        for event, exchange, received_event in triggered_events(ledger)
        if (free := unjudged_places(ledger.contract, exchange.request, exchange.started))
        for item in received_event.attempts
    }


def _whole_place(item: JudgedDelivery, place: str) -> str:
    """Return the pointer into the whole payload of a place in an object of it."""
    event = item.verdict.event
    if item.part is None or event is None or event.objects is None:
        return place
    return f"{event.objects}/{item.part}{place}"


def _is_excused(finding: Finding, sent: object) -> bool:
    """Return whether the freedom of the echo explains a finding about its schema.

    A service may change the value, but not its type. It may send a date in a wrong format only if
    the sent value has no valid form: the year 9999 in another time zone may become 10000, zones
    had offsets with seconds until 1972, and an accepted text may be no date.
    """
    keyword = finding.pointer.rpartition("/")[2]
    if keyword in ("type", "required"):
        return False
    moment = date_time_to_ns(sent)
    if keyword != "format" or moment is None:
        return True
    return not _ORDINARY_SECONDS[0] <= moment / 1e9 < _ORDINARY_SECONDS[1]


def _valid_signatures(ledger: Ledger) -> dict[bytes, int]:
    """Return the id of each delivery by its correct signature; empty if no signature is wrong.

    A match is possible only for schemes that sign the body alone, because a timestamp makes each
    signature different.
    """
    secret = ledger.settings.webhook_secret
    if secret is None or all(i.verdict.signature != "invalid" for i in ledger.deliveries):
        return {}
    stated = (event.signature for event in ledger.contract.events)
    schemes = [
        scheme
        for scheme in stated
        if isinstance(scheme, HmacScheme) and scheme.content_template == BODY_TEMPLATE
    ]
    return {
        scheme.sign(Message(item.delivery.body), secret).encode(): item.delivery.id
        for item in reversed(ledger.deliveries)
        for scheme in schemes
    }


def _explained_message(item: JudgedDelivery, finding: Finding, others: Mapping[bytes, int]) -> str:
    """Return the message of `finding`, or name the delivery that the signature belongs to."""
    numbers = {others.get(value.strip()) for _, value in item.delivery.headers}
    whose = next((n for n in numbers if n is not None and n != item.delivery.id), None)
    if whose is None:
        unknown = OTHER_KEY_OR_CONTENT in finding.message
        return f"{finding.message}{'; check the webhook secret of the run' if unknown else ''}"
    return f"{finding.message.partition(': ')[0]}: it is the signature of delivery {whose}"


def _sink_judgement(
    item: JudgedDelivery, finding: Finding, others: Mapping[bytes, int]
) -> Judgement:
    # Findings of one keyword at several places (three lost properties) are several faults.
    apart = ""
    if finding.check == "webhook-schema":
        apart = _without_numbers(f"{finding.instance} {finding.detail}")
    place = constraint_key(finding.pointer, finding.detail)
    explained = replace(finding, message=_explained_message(item, finding, others))
    message = f"delivery {item.delivery.id}: {explained.located_message}"
    return Judgement(
        place,
        item.delivery.id,
        replace(finding, message=message),
        fault=" ".join((*place, apart)),
        judged_delivery=item,
    )


def _without_numbers(place: str) -> str:
    return "/".join("*" if is_array_index(token) else token for token in place.split("/"))


def method(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery has the documented method."""
    return _judge_alone(ledger, "webhook-method")


def signature(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery carries a valid signature of its raw body."""
    again = {
        item.delivery.id for case in rejected_deliveries(ledger) for item in case.later_deliveries
    }
    return _judge_alone(ledger, "webhook-signature", again)


def media_type(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery has the documented media type."""
    return _judge_alone(ledger, "webhook-media-type")


def json_text(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery is JSON."""
    return _judge_alone(ledger, "webhook-json")


def event_name(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery names an event of the contract."""
    return _judge_alone(ledger, "webhook-event-name")


def schema(ledger: Ledger) -> Iterator[Judgement]:
    """A delivery matches the schema of its event."""
    return _judge_alone(ledger, "webhook-schema")
