"""Faults of what a webhook says, derived from the contract: schema, echoes, identity."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import Behaviour, Occasion
from mock_server.fault import Fault
from mock_server.faults.derived.mutations import VERBS, mutations, named, shown, single, slug
from mock_server.faults.derived.mutations import severity as severity_of
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import MISSING, get, join, put


def derived_payloads(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every event's payload, at each place that its example has.

    Where the contract gives none, one is made of the schema, as the mock does.
    """
    for stated in contract.events:
        event = replace(stated, examples=stated.examples or (shown(contract, stated.schema),))
        yield from _schema(contract, event)
        yield from _echoes(contract, event)
        yield from _equal(contract, event)
        yield from _unique(contract, event)


def _fault(
    contract: Contract,
    event: Event,
    family: str,
    what: str,
    sentence: str,
    change: Callable[[Json], Json],
    severity: str,
) -> Fault:
    def apply(value: Json, occasion: Occasion) -> Json:
        return change(value) if occasion.event.name == event.name else value

    return Fault(
        slug(family, single(contract.events, event.name), what),
        "webhooks",
        f"The payload of {event.name} {sentence}.",
        Behaviour(payload=apply),
        severity,
    )


def _schema(contract: Contract, event: Event) -> Iterator[Fault]:
    for found in mutations(contract, event.schema, event.examples[0]):
        what = slug(found.kind, found.place or "body")
        sentence = f"{VERBS[found.kind]} {named(found.place)}"
        yield _fault(contract, event, "payload", what, sentence, found.change, found.severity)


def _echoes(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("echoes", ())):
        place = stated["to"]
        pointer = join(event.pointer, "x-trigger", "echoes", index)
        severity = contract.provenance(pointer).severity
        same = get(event.examples[0], place)
        if same is MISSING:
            continue
        sentence = f"says the same at {place} whatever was asked for"
        what = slug(place, "constant")
        yield _fault(contract, event, "echo", what, sentence, _put(place, same), severity)
        # Where null breaks the schema too, that is a fault of its own.
        nulled = _put(place, None)
        broken = severity_of(contract, event.schema, nulled, event.examples[0])
        if same is not None and broken is None:
            sentence = f"has null at {place} whatever was asked for"
            what = slug(place, "null")
            yield _fault(contract, event, "echo", what, sentence, nulled, severity)


def _equal(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("equal", ())):
        pointer = join(event.pointer, "x-trigger", "equal", index)
        severity = contract.provenance(pointer).severity
        for place in stated["at"]:
            if isinstance(get(event.examples[0], place), str | int):
                sentence = f"has something else at {place} than where it says the same"
                yield _fault(
                    contract, event, "equal", slug(place), sentence, _other(place), severity
                )


def _unique(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("unique", ())):
        pointer = join(event.pointer, "x-trigger", "unique", index)
        severity = contract.provenance(pointer).severity
        place = stated["at"]
        same = get(event.examples[0], place)
        if same is not MISSING:
            sentence = f"has the same identity at {place} every time"
            yield _fault(
                contract, event, "unique", slug(place), sentence, _put(place, same), severity
            )


def _put(place: str, same: Json) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        if get(value, place) is not MISSING:
            put(value, place, same)
        return value

    return change


def _other(place: str) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        found = get(value, place)
        if isinstance(found, str):
            put(value, place, found[::-1] if found != found[::-1] else found + found[:1])
        elif isinstance(found, int):
            put(value, place, found + 1)
        return value

    return change
