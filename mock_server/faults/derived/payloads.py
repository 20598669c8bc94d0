"""Faults of webhook payloads, derived from the contract: schema, echoes, identity."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import Fault, Severity
from mock_server.faults.derived.mutations import (
    MUTATION_PHRASES,
    breaks,
    example_body,
    mutations,
    name_if_ambiguous,
    pointer_text,
    slug,
)
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at


def derived_payload_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of each event's payload, for each place in its example.

    An event without an example gets one from its schema.
    """
    for stated in contract.events:
        event = replace(
            stated, examples=stated.examples or (example_body(contract, stated.schema),)
        )
        yield from _schema_faults(contract, event)
        yield from _echo_faults(contract, event)
        yield from _equality_faults(contract, event)
        yield from _uniqueness_faults(contract, event)


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

    return Fault(
        slug(family, name_if_ambiguous(contract.events, event.name), fault_word),
        "webhooks",
        f"The payload of {event.name} {description}.",
        Hooks(payload=apply),
        severity,
    )


def _schema_faults(contract: Contract, event: Event) -> Iterator[Fault]:
    for found in mutations(contract, event.schema, event.examples[0]):
        fault_word = slug(found.kind, found.place or "body")
        description = f"{MUTATION_PHRASES[found.kind]} {pointer_text(found.place)}"
        yield _payload_fault(
            contract, event, "payload", fault_word, description, found.change, found.severity
        )


def _echo_faults(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("echoes", ())):
        place = stated["to"]
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "echoes", index)
        severity = contract.provenance(pointer).severity
        same = get_at(event.examples[0], place)
        if same is MISSING:
            continue
        description = f"has the same value at {place} for every request"
        fault_word = slug(place, "constant")
        yield _payload_fault(
            contract, event, "echo", fault_word, description, _set_value(place, same), severity
        )
        # A null that breaks the schema is a fault of `_schema_faults`.
        nulled = _set_value(place, None)
        if same is not None and not breaks(contract, event.schema, nulled, event.examples[0]):
            description = f"has null at {place} for every request"
            fault_word = slug(place, "null")
            yield _payload_fault(contract, event, "echo", fault_word, description, nulled, severity)


def _equality_faults(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("equal", ())):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "equal", index)
        severity = contract.provenance(pointer).severity
        for place in stated["pointers"]:
            if isinstance(get_at(event.examples[0], place), str | int):
                description = f"has a value at {place} that differs from its equal place"
                yield _payload_fault(
                    contract,
                    event,
                    "equal",
                    slug(place, "mismatch"),
                    description,
                    _change_value(place),
                    severity,
                )


def _uniqueness_faults(contract: Contract, event: Event) -> Iterator[Fault]:
    for index, stated in enumerate(event.trigger.get("unique", ())):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "unique", index)
        severity = contract.provenance(pointer).severity
        place = stated["pointer"]
        same = get_at(event.examples[0], place)
        if same is not MISSING:
            description = f"has the same identifier at {place} in every event"
            yield _payload_fault(
                contract,
                event,
                "unique",
                slug(place, "constant"),
                description,
                _set_value(place, same),
                severity,
            )


def _set_value(place: str, same: Json) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        if get_at(value, place) is not MISSING:
            set_at(value, place, same)
        return value

    return change


def _change_value(place: str) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        found = get_at(value, place)
        if isinstance(found, str):
            set_at(value, place, found[::-1] if found != found[::-1] else found + found[:1])
        elif isinstance(found, int):
            set_at(value, place, found + 1)
        return value

    return change
