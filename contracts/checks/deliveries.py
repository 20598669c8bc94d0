"""What each delivery proves alone: the sink's verdict, passed on."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from contracts.checks.events import told
from contracts.checks.judgement import Judgement, kept
from contracts.checks.retries import refused
from contracts.expectations.constraints import json_place
from contracts.expectations.freedoms import matching
from contracts.expectations.keywords import Key, evaluated, key
from contracts.ledger.ledger import Books, Received
from openapi.finding import Finding
from openapi.runtime_expression import parse
from openapi.signature import sign
from webhook_sink.signature_diagnosis.explain import OTHER


def _alone(books: Books, check: str, but: Collection[int] = frozenset()) -> Iterator[Judgement]:
    """Pass on what the sink found under `check` in each delivery alone, `but` for some ids."""
    earlier = {item.delivery.id for event in books.balance.earlier for item in event.attempts}
    others = _right_values(books) if check == "webhook-signature" else {}
    free = _free_places(books) if check == "webhook-schema" else {}
    for item in books.received:
        if item.delivery.id in earlier or item.delivery.id in but:
            continue
        every = [f for f in item.verdict.findings if f.check == check]
        found = [f for f in every if f.instance not in free.get(item.delivery.id, ())]
        spoilt = {key(finding.pointer, finding.detail) for finding in found}
        for finding in found:
            yield _passed_on(item, finding, others)
        for place in _tried(books, item, check):
            if place not in spoilt:
                yield kept(place[0], item.delivery.id, place[1])


def _tried(books: Books, item: Received, check: str) -> Iterator[Key]:
    """Yield the constraints that `check` holds against the delivery."""
    event = item.verdict.event or books.contract.events[0]
    content = (json_place(event.schema), "*")
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
            yield from evaluated(books.contract, event.schema, item.verdict.payload)


def _free_places(books: Books) -> dict[int, frozenset[str]]:
    """Return by delivery id where a payload echoes what is a service's own business.

    A year 9999 in another time zone, say, may come out as no date at all.
    """
    return {
        item.delivery.id: frozenset(
            stated["to"]
            for stated in event.trigger.get("echoes", ())
            if parse(stated["from"]).where in free
        )
        for event, exchange, occurrence in told(books)
        if (free := matching(books.contract, exchange.request, exchange.started))
        for item in occurrence.attempts
    }


def _right_values(books: Books) -> dict[bytes, int]:
    """Return the right signature of each delivery and its id, if one has that of another.

    Looked for only where some are wrong, and only for schemes that sign the body alone: what is
    signed with a time of its own is never right for another.
    """
    secret = books.settings.webhook_secret
    if secret is None or all(i.verdict.signature != "invalid" for i in books.received):
        return {}
    schemes = [event.signature for event in books.contract.events if event.signature]
    return {
        sign(scheme, item.delivery.body, secret).encode(): item.delivery.id
        for item in reversed(books.received)
        for scheme in schemes
    }


def _explained(item: Received, finding: Finding, others: Mapping[bytes, int]) -> str:
    """Return the message of `finding`, or whose signature the delivery carries instead."""
    numbers = {others.get(value.strip()) for _, value in item.delivery.headers}
    whose = next((n for n in numbers if n is not None and n != item.delivery.id), None)
    if whose is None:
        unknown = finding.message.endswith(OTHER)
        return f"{finding.message}{'; was the right secret given?' if unknown else ''}"
    return f"{finding.message.partition(': ')[0]}: it is that of delivery {whose}"


def _passed_on(item: Received, finding: Finding, others: Mapping[bytes, int]) -> Judgement:
    # The findings of one keyword at several places (three lost properties, say) are several faults.
    apart = ""
    if finding.check == "webhook-schema":
        apart = _without_numbers(f"{finding.instance} {finding.detail}")
    place = key(finding.pointer, finding.detail)
    explained = _explained(item, finding, others)
    return Judgement(
        place,
        item.delivery.id,
        replace(finding, message=f"delivery {item.delivery.id}: {explained}"),
        fault=" ".join((*place, apart)),
        received=item,
        came=explained,
    )


def _without_numbers(place: str) -> str:
    return "/".join("*" if token.isdecimal() else token for token in place.split("/"))


def method(books: Books) -> Iterator[Judgement]:
    """A delivery is a POST."""
    return _alone(books, "webhook-method")


def signature(books: Books) -> Iterator[Judgement]:
    """A delivery carries the signature of its raw body."""
    again = {item.delivery.id for case in refused(books) for item in case.later}
    return _alone(books, "webhook-signature", again)


def media_type(books: Books) -> Iterator[Judgement]:
    """A delivery has the documented media type."""
    return _alone(books, "webhook-media-type")


def json_text(books: Books) -> Iterator[Judgement]:
    """A delivery is JSON."""
    return _alone(books, "webhook-json")


def event_name(books: Books) -> Iterator[Judgement]:
    """A delivery names an event of the contract."""
    return _alone(books, "webhook-event")


def schema(books: Books) -> Iterator[Judgement]:
    """A delivery satisfies the schema of its event."""
    return _alone(books, "webhook-schema")
