"""Faults of a delivery itself, derived from the contract: signature, name, media type, method."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import Behaviour, Occasion
from mock_server.fault import Fault
from mock_server.faults.derived.mutations import single, slug
from mock_server.messages import Delivery, Posting
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import get, join, put
from openapi.signature import sign

Change = Callable[[Delivery, Posting], Delivery]


def derived_deliveries(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every event's deliveries."""
    for event in contract.events:
        content = contract.provenance(event.schema.rpartition("/")[0]).severity
        yield _fault(contract, event, "media-type", "are text/plain", _typed("text/plain"), content)
        way = contract.provenance(event.pointer).severity
        other = "POST" if event.pointer.endswith("/put") else "PUT"
        yield _fault(contract, event, "method", f"are sent with {other}", _sent_by(other), way)
        yield _fault(contract, event, "lost", "are never sent", _nothing, _trigger(contract, event))
        if event.signature is not None:
            proof = contract.provenance(event.signature.pointer).severity
            yield _fault(contract, event, "unsigned", "carry no signature", _unsigned, proof)
            sentence = "are signed under another secret"
            yield _fault(contract, event, "signed-otherwise", sentence, _resigned, proof)
        yield _renamed(contract, event)


def _trigger(contract: Contract, event: Event) -> str:
    return contract.provenance(join(event.pointer, "x-trigger")).severity


def _name(contract: Contract, event: Event, what: str) -> str:
    return slug("delivery", single(contract.events, event.name), what)


def _fault(
    contract: Contract,
    event: Event,
    what: str,
    sentence: str,
    change: Callable[[Delivery, Posting], Delivery | None],
    severity: str,
) -> Fault:
    def plan(planned: list[Delivery], posting: Posting) -> list[Delivery]:
        if posting.event.name != event.name:
            return planned
        changed = (change(delivery, posting) for delivery in planned)
        return [delivery for delivery in changed if delivery is not None]

    return Fault(
        _name(contract, event, what),
        "webhooks",
        f"The deliveries of {event.name} {sentence}.",
        Behaviour(plan=plan),
        severity,
    )


def _renamed(contract: Contract, event: Event) -> Fault:
    place = event.trigger["event"]

    def apply(value: Json, occasion: Occasion) -> Json:
        if occasion.event.name == event.name:
            put(value, place, f"{get(value, place)}.renamed")
        return value

    return Fault(
        _name(contract, event, "event-renamed"),
        "webhooks",
        f"The deliveries of {event.name} name an event that the contract does not know.",
        Behaviour(payload=apply),
        _trigger(contract, event),
    )


def _typed(media_type: str) -> Change:
    def change(delivery: Delivery, _posting: Posting) -> Delivery:
        kept = (h for h in delivery.headers if h[0].lower() != "content-type")
        return replace(delivery, headers=(("Content-Type", media_type), *kept))

    return change


def _sent_by(method: str) -> Change:
    return lambda delivery, _posting: replace(delivery, method=method)


def _nothing(_delivery: Delivery, _posting: Posting) -> None:
    return None


def _unsigned(delivery: Delivery, posting: Posting) -> Delivery:
    scheme = posting.event.signature
    kept = tuple(h for h in delivery.headers if scheme is None or h[0] != scheme.header)
    return replace(delivery, headers=kept)


def _resigned(delivery: Delivery, posting: Posting) -> Delivery:
    scheme = posting.event.signature
    if scheme is None:
        return delivery
    unsigned = _unsigned(delivery, posting)
    stamps = [(name.encode(), value.encode()) for name, value in unsigned.headers]
    value = sign(scheme, delivery.body, f"not-{posting.secret}", stamps)
    return replace(unsigned, headers=(*unsigned.headers, (scheme.header, value)))
