"""What the webhooks must be: one for each success, none for anything else, true to its request.

What a delivery proves alone (signature, media type, schema) is the sink's verdict; here the
deliveries are read together with the exchanges that brought them about.
"""

from collections.abc import Iterator
from typing import Any

from contracts.books import Books, Judgement, broken, kept
from contracts.exchange import Exchange
from contracts.expectations import matching
from contracts.ledger import Occurrence, Received, triggered
from openapi.document import Event
from openapi.expression import parse
from openapi.finding import Finding
from openapi.formats import instant
from openapi.pointer import MISSING, get, join
from openapi.validation import brief, type_name


def _events(books: Books) -> Iterator[tuple[Event, Exchange, Occurrence]]:
    """Yield each event that a success brought about, with its exchange."""
    for exchange, occurrence in books.balance.pairs:
        event = triggered(books.contract, exchange)
        if event is not None:
            yield event, exchange, occurrence


def sent(books: Books) -> Iterator[Judgement]:
    """Every success brings its event about, before the deadline."""
    if not books.settings.webhooks:
        return
    for event, exchange, _ in _events(books):
        yield kept(join(event.pointer, "x-trigger"), exchange.request.number)
    for exchange in books.balance.missing:
        event = triggered(books.contract, exchange)
        assert event is not None, "only a success that triggers an event can lack one"
        pointer = join(event.pointer, "x-trigger")
        if not books.received:
            message = (
                f"no delivery came at all, within {books.deadline(event):g} s of the last answer: "
                f"either the service sends none, or it sends them to another URL than "
                f"http://{books.settings.webhook_host}:{books.settings.webhook_port}/"
            )
        else:
            message = (
                f"{exchange.request.named()} was answered {exchange.status} and no event came "
                f"within {books.deadline(event):g} s (--webhook-deadline)"
            )
        yield broken(books, pointer, exchange, message, subject=pointer)


def once(books: Books) -> Iterator[Judgement]:
    """A success brings about one event, not several with identities of their own."""
    seen: dict[int, int] = {}
    for event, exchange, occurrence in _events(books):
        number = exchange.request.number
        pointer = join(event.pointer, "x-trigger")
        seen[number] = seen.get(number, 0) + 1
        if seen[number] == 1:
            yield kept(pointer, number)
        else:
            message = (
                f"{exchange.request.named()} brought about {seen[number]} events; the last is "
                f"delivery {occurrence.first.delivery.id}"
            )
            yield broken(books, pointer, exchange, message)


def uncalled(books: Books) -> Iterator[Judgement]:
    """Nothing but a success brings about an event."""
    if not books.contract.events:
        return
    pointer = join(books.contract.events[0].pointer, "x-trigger")
    for exchange, occurrence in books.balance.pairs:
        number, delivery = exchange.request.number, occurrence.first.delivery
        if triggered(books.contract, exchange) or exchange.failure is not None:
            yield kept(pointer, number)
            continue
        message = (
            f"delivery {delivery.id} tells of {exchange.request.named()}, "
            f"which was answered {exchange.status}"
        )
        yield broken(books, pointer, exchange, message, apart="refused")
    for occurrence in books.balance.foreign:
        delivery = occurrence.first.delivery
        message = (
            f"delivery {delivery.id} ({brief(delivery.method)} {brief(delivery.target)}) "
            f"belongs to no request of this run"
        )
        yield broken(books, pointer, None, message, case=-delivery.id, apart="foreign")


def _alone(books: Books, check: str) -> Iterator[Judgement]:
    """Pass on what the sink found in each delivery alone under `check`."""
    earlier = {item.delivery.id for event in books.balance.earlier for item in event.attempts}
    for item in books.received:
        if item.delivery.id in earlier:
            continue
        found = [f for f in item.verdict.findings if f.check == check]
        for finding in found:
            yield _passed_on(item, finding)
        if not found:
            yield kept(check, item.delivery.id)


def _passed_on(item: Received, finding: Finding) -> Judgement:
    made = Finding(
        check=finding.check,
        severity=finding.severity,
        provenance=finding.provenance,
        pointer=finding.pointer,
        instance=finding.instance,
        message=f"delivery {item.delivery.id}: {finding.message}",
    )
    size = len(item.delivery.body)
    # The findings of one keyword at several places (three lost properties, say) are several faults.
    apart = f"{finding.instance}" if finding.check == "webhook-schema" else ""
    if finding.check == "webhook-schema":
        apart += finding.message if finding.pointer.endswith("/required") else ""
    return Judgement(finding.check, item.delivery.id, made, _without_numbers(apart), size)


def _without_numbers(place: str) -> str:
    return "/".join("*" if token.isdecimal() else token for token in place.split("/"))


def method(books: Books) -> Iterator[Judgement]:
    """A delivery is a POST."""
    return _alone(books, "webhook-method")


def signature(books: Books) -> Iterator[Judgement]:
    """A delivery carries the signature of its raw body."""
    return _alone(books, "webhook-signature")


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


def echo(books: Books) -> Iterator[Judgement]:
    """The payload says of the request what the request said."""
    for event, exchange, occurrence in _events(books):
        body = exchange.request.json
        if body.problem is not None or not isinstance(body.value, dict) or body.duplicate_keys:
            continue
        free = matching(books.contract, exchange.request, exchange.started)
        for index, stated in enumerate(event.trigger.get("echoes", ())):
            if parse(stated["from"]).where not in free:
                yield _echo(books, event, index, exchange, occurrence)


def _echo(
    books: Books, event: Event, index: int, exchange: Exchange, occurrence: Occurrence
) -> Judgement:
    stated = event.trigger["echoes"][index]
    pointer = join(event.pointer, "x-trigger", "echoes", index)
    sent = parse(stated["from"]).of(exchange.request.json.value)
    came = get(occurrence.payload, stated["to"])
    if sent is MISSING or sent is None:
        sent = stated.get("absent")
    if came is MISSING:
        came = None if sent is None else MISSING
    other_type = None not in (came, sent) and type_name(came) != type_name(sent)
    if came is MISSING or other_type:
        return kept(pointer, exchange.request.number)  # The schema's to say.
    if _echoes(stated["compare"], sent, came):
        return kept(pointer, exchange.request.number)
    message = (
        f"delivery {occurrence.first.delivery.id} has {brief(came)} at {stated['to']}; "
        f"{exchange.request.named()} had sent {brief(sent)}"
    )
    return broken(books, pointer, exchange, message, instance=stated["to"])


def _echoes(compare: str, sent: Any, came: Any) -> bool:
    if sent is None or came is None:
        return sent is came
    if compare == "set" and isinstance(sent, list) and isinstance(came, list):
        return {brief(item, 10**6) for item in sent} == {brief(item, 10**6) for item in came}
    if compare == "instant":
        meant, told = instant(sent), instant(came)
        if meant is None or told is None:
            return True  # The schema's to say.
        return abs(meant - told) < 10**6
    return bool(sent == came)


def equal(books: Books) -> Iterator[Judgement]:
    """Places of the payload that the contract calls equal are equal."""
    for event, exchange, occurrence in _events(books):
        for index, stated in enumerate(event.trigger.get("equal", ())):
            pointer = join(event.pointer, "x-trigger", "equal", index)
            one, other = (get(occurrence.payload, place) for place in stated["at"])
            if one == other or one is MISSING or other is MISSING:
                yield kept(pointer, exchange.request.number)
                continue
            message = (
                f"delivery {occurrence.first.delivery.id} has {brief(one)} at {stated['at'][0]} "
                f"and {brief(other)} at {stated['at'][1]}"
            )
            yield broken(books, pointer, exchange, message, instance=stated["at"][1])


def unique(books: Books) -> Iterator[Judgement]:
    """What identifies an event's subject is another one for every success."""
    owners: dict[tuple[str, str], Exchange] = {}
    for event, exchange, occurrence in _events(books):
        for index, stated in enumerate(event.trigger.get("unique", ())):
            pointer = join(event.pointer, "x-trigger", "unique", index)
            value = get(occurrence.payload, stated["at"])
            if value is MISSING:
                continue
            first = owners.setdefault((pointer, brief(value, 10**6)), exchange)
            if first is exchange:
                yield kept(pointer, exchange.request.number)
                continue
            message = (
                f"{exchange.request.named()} and {first.request.named()} "
                f"share {brief(value)} at {stated['at']}"
            )
            yield broken(books, pointer, exchange, message, instance=stated["at"])


def late(books: Books) -> Iterator[Judgement]:
    """An event comes before the deadline."""
    for event, exchange, occurrence in _events(books):
        pointer = join(event.pointer, "x-trigger", "deadline")
        took = occurrence.first.delivery.received_at - exchange.ended
        if took <= books.deadline(event):
            yield kept(pointer, exchange.request.number)
            continue
        message = (
            f"delivery {occurrence.first.delivery.id} came {took:.1f} s after the answer to "
            f"{exchange.request.named()}; the deadline is {books.deadline(event):g} s "
            f"(--webhook-deadline)"
        )
        yield broken(books, pointer, exchange, message)


def repeated(books: Books) -> Iterator[Judgement]:
    """An event that was received is not sent again."""
    for event, exchange, occurrence in _events(books):
        pointer = join(event.pointer, "x-trigger", "repeats")
        extra = occurrence.attempts[1:]
        if not extra or "repeats" not in event.trigger:
            yield kept(pointer, exchange.request.number)
            continue
        message = (
            f"delivery {extra[0].delivery.id} is delivery {occurrence.first.delivery.id} once "
            f"more, which had been answered {occurrence.first.delivery.status}"
        )
        yield broken(books, pointer, exchange, message)
