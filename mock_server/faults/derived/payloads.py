"""Faults of webhook payloads, derived from the contract: schema, echoes, identity."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import ACCEPTED, EITHER, Fault, Severity
from mock_server.faults.derived.mutations import (
    breaks,
    example_body,
    mutations,
    name_if_ambiguous,
    replace_value,
    slug,
)
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at

_BrokenPayload = tuple[str, str, str, Callable[[Json], Json], Severity]
"""Family, word, description, change and severity of one fault."""


def derived_payload_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of each event's payload, for each place in its example.

    An event without an example gets one from its schema.
    """
    for stated in contract.triggered_events:
        event = replace(
            stated, examples=stated.examples or (example_body(contract, stated.schema),)
        )
        for family in (_broken_schemas, _broken_echoes, _broken_equalities, _repeated_identifiers):
            for broken in family(contract, event):
                yield _payload_fault(contract, event, *broken)


def _payload_fault(
    contract: Contract,
    event: Event,
    family: str,
    fault_word: str,
    description: str,
    change: Callable[[Json], Json],
    severity: Severity,
) -> Fault:
    def apply(value: Json, event_context: EventContext) -> Json:
        return change(value) if event_context.event.name == event.name else value

    # A receiver cannot tell a repeated value from one of the request.
    response = ACCEPTED if family in ("echo", "unique") else EITHER

    return Fault(
        slug(family, name_if_ambiguous(contract.triggered_events, event.name), fault_word),
        "webhooks",
        f"The payload of {event.name} {description}.",
        Hooks(payload=apply),
        severity,
        operation_id=event.operation,
        stated_response=lambda _, sent: response if sent.name == event.name else None,
    )


def _broken_schemas(contract: Contract, event: Event) -> Iterator[_BrokenPayload]:
    for found in mutations(contract, event.schema, event.examples[0]):
        yield "payload", found.name, found.description, found.change, found.severity


def _broken_echoes(contract: Contract, event: Event) -> Iterator[_BrokenPayload]:
    for stated, severity in _stated(contract, event, "echoes"):
        place = event.first_place(stated["to"])
        same = get_at(event.examples[0], place)
        if same is MISSING:
            continue
        description = f"has the same value at {place} for every request"
        yield "echo", slug(place, "constant"), description, replace_value(place, same), severity
        # A null that breaks the schema is a fault of `_broken_schemas`.
        nulled = replace_value(place, None)
        if same is not None and not breaks(contract, event.schema, nulled, event.examples[0]):
            description = f"has null at {place} for every request"
            yield "echo", slug(place, "null"), description, nulled, severity


def _broken_equalities(contract: Contract, event: Event) -> Iterator[_BrokenPayload]:
    for stated, severity in _stated(contract, event, "equal"):
        for place in map(event.first_place, stated["pointers"]):
            if isinstance(get_at(event.examples[0], place), str | int):
                description = f"has a value at {place} that differs from its equal place"
                yield "equal", slug(place, "mismatch"), description, _change_value(place), severity


def _repeated_identifiers(contract: Contract, event: Event) -> Iterator[_BrokenPayload]:
    for stated, severity in _stated(contract, event, "unique"):
        place = event.first_place(stated["pointer"])
        same = get_at(event.examples[0], place)
        if same is not MISSING:
            description = f"has the same identifier at {place} in every event"
            change = replace_value(place, same)
            yield "unique", slug(place, "constant"), description, change, severity


def _stated(contract: Contract, event: Event, key: str) -> Iterator[tuple[Json, str]]:
    """Yield each entry of the list `key` of the event's trigger, and its severity."""
    for index, stated in enumerate(event.trigger.get(key, ())):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", key, index)
        yield stated, contract.provenance(pointer).severity


def _change_value(place: str) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        found = get_at(value, place)
        if isinstance(found, str):
            set_at(value, place, found[::-1] if found != found[::-1] else found + found[:1])
        elif isinstance(found, int):
            set_at(value, place, found + 1)
        return value

    return change
