"""Checks of payloads against the requests that triggered them."""

from collections.abc import Iterator

from contracts.checks.events import exchange_label, triggered_events
from contracts.echoes.comparison import (
    ValueOwners,
    echo_values,
    explain_difference,
    is_echo_acceptable,
    value_owners,
)
from contracts.expectations.allowed_rejections import unjudged_places
from contracts.expectations.expectation import expected_response
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger, ReceivedEvent
from contracts.model.exchange import Exchange, Request
from openapi.contract import Event
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.runtime_expression import parse_expression
from openapi.schemas.validation import abbreviate


def echo(ledger: Ledger) -> Iterator[Judgement]:
    """The payload echoes the values of its request and response."""
    known: dict[str, ValueOwners] = {}
    for event, exchange, received_event in triggered_events(ledger):
        expected = expected_response(ledger.contract, exchange.request, exchange.started)
        # The contract does not define the echo of an invalid request.
        if (
            expected.violations
            or expected.problem is not None
            or _is_ambiguous_body(exchange.request)
        ):
            continue
        if event.name not in known:
            known[event.name] = value_owners(ledger.contract, event, ledger.exchanges)
        free = unjudged_places(ledger.contract, exchange.request, exchange.started)
        for index, stated in enumerate(event.trigger.get("echoes", ())):
            source = parse_expression(stated["from"])
            if source.in_request_body and source.where in free:
                continue
            if source.message == "item" and exchange.item + source.where in free:
                continue
            if source.message == "response" and exchange.response and exchange.response.not_judged:
                yield undecided(
                    join_pointer(event.pointer, "x-hookproof-trigger", "echoes", index),
                    exchange.request.number,
                    f"a body was not judged: {exchange.response.not_judged}",
                )
            else:
                yield _judge_echo(ledger, event, index, exchange, received_event, known[event.name])


def _is_ambiguous_body(request: Request) -> bool:
    """Return whether parsers may read the body differently or not at all."""
    body = request.json
    if not request.body:
        return False
    is_defined = request.readings.is_defined
    return body.problem is not None or body.has_duplicate_keys or not is_defined


def _judge_echo(
    ledger: Ledger,
    event: Event,
    index: int,
    exchange: Exchange,
    received_event: ReceivedEvent,
    known: ValueOwners,
) -> Judgement:
    stated = event.trigger["echoes"][index]
    pointer = join_pointer(event.pointer, "x-hookproof-trigger", "echoes", index)
    source = parse_expression(stated["from"])
    sent, received = echo_values(stated, exchange, received_event.payload)
    # A text of a form may be a number too, if no schema says its type.
    readings = exchange.request.readings.values[1:] if source.in_request_body else ()
    meant = [sent, *(get_at(value, source.where) for value in readings)]
    if any(is_echo_acceptable(stated["compare"], value, received) for value in meant):
        return passed(pointer, exchange.request.number)
    why = explain_difference(stated, exchange, sent, received, known)
    explained = "" if received is None else f" ({why})"
    verb = "received" if source.message == "response" else "sent"
    message = (
        f"{received_event.first.label} has {abbreviate(received)} "
        f"at {stated['to']}{explained}; "
        f"{exchange_label(exchange)} {verb} {_sent_text(exchange.find(source), sent)}"
    )
    return failed(
        ledger,
        pointer,
        exchange,
        message,
        instance=stated["to"],
        judged_delivery=received_event.first,
        expected=f"{abbreviate(sent)} at {stated['to']}",
        received=abbreviate(received),
    )


def _sent_text(sent: object, meant: object) -> str:
    """Return the sent value, and its meaning by the default if it was absent or null."""
    if sent is MISSING:
        return f"no value there, which means {abbreviate(meant)}"
    means = "" if sent is not None or meant is None else f", which means {abbreviate(meant)}"
    return f"{abbreviate(sent)}{means}"


def equal(ledger: Ledger) -> Iterator[Judgement]:
    """Payload values that the contract calls equal are equal, in one event or for one caller."""
    for event, exchange, received_event in triggered_events(ledger):
        for index, stated in enumerate(event.trigger.get("equal", ())):
            pointer = join_pointer(event.pointer, "x-hookproof-trigger", "equal", index)
            first, second = stated["pointers"]
            one, other = (get_at(received_event.payload, place) for place in (first, second))
            if one == other or one is MISSING or other is MISSING:
                yield passed(pointer, exchange.request.number)
                continue
            message = (
                f"{received_event.first.label} has {abbreviate(one)} at "
                f"{first} and {abbreviate(other)} at {second}"
            )
            yield failed(
                ledger,
                pointer,
                exchange,
                message,
                instance=second,
                judged_delivery=received_event.first,
                expected=f"{abbreviate(one)} at {second}",
                received=abbreviate(other),
            )
    yield from _same_for_caller(ledger)


def _same_for_caller(ledger: Ledger) -> Iterator[Judgement]:
    """Compare each value that identifies the caller in all events that one credential triggered."""
    seen: dict[tuple[str, object], dict[str, list[tuple[Exchange, ReceivedEvent]]]] = {}
    for event, exchange, received_event in triggered_events(ledger):
        for index, stated in enumerate(event.trigger.get("same-for-caller", ())):
            pointer = join_pointer(event.pointer, "x-hookproof-trigger", "same-for-caller", index)
            value = get_at(received_event.payload, stated["pointer"])
            if value is not MISSING and value is not None:
                caller = exchange.request.credential.wire_form
                values = seen.setdefault((pointer, caller), {})
                values.setdefault(abbreviate(value, 10**6), []).append((exchange, received_event))
    for (pointer, _), values in seen.items():
        usual = max(values, key=lambda text: len(values[text]))
        instance = ledger.contract.at(pointer)["pointer"]
        for text, found in values.items():
            for exchange, received_event in found:
                if text == usual:
                    yield passed(pointer, exchange.request.number)
                    continue
                other, _ = values[usual][0]
                shown = abbreviate(get_at(received_event.payload, instance))
                wanted = abbreviate(get_at(values[usual][0][1].payload, instance))
                message = (
                    f"delivery {received_event.first.delivery.id} has {shown} at {instance}, but "
                    f"the same credential triggered {wanted} with {other.request.label()}"
                )
                yield failed(
                    ledger,
                    pointer,
                    exchange,
                    message,
                    instance=instance,
                    judged_delivery=received_event.first,
                    expected=wanted,
                    received=shown,
                )


def unique(ledger: Ledger) -> Iterator[Judgement]:
    """A payload value that the contract calls unique differs for every success."""
    value_owners: dict[tuple[str, str], Exchange] = {}
    for event, exchange, received_event in triggered_events(ledger):
        for index, stated in enumerate(event.trigger.get("unique", ())):
            if event.is_merged:
                continue  # one event stands for several exchanges
            pointer = join_pointer(event.pointer, "x-hookproof-trigger", "unique", index)
            value = get_at(received_event.payload, stated["pointer"])
            if value is MISSING:
                continue
            first = value_owners.setdefault((pointer, abbreviate(value, 10**6)), exchange)
            if first is exchange:
                yield passed(pointer, exchange.request.number)
                continue
            message = (
                f"{exchange.request.label()} and {first.request.label()} "
                f"have the same value {abbreviate(value)} at {stated['pointer']}"
            )
            yield failed(
                ledger,
                pointer,
                exchange,
                message,
                instance=stated["pointer"],
                judged_delivery=received_event.first,
                expected="a value that no other event has",
                received=abbreviate(value),
            )
