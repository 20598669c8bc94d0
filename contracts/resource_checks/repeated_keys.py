"""Checks of idempotency keys, and of resources of another tenant."""

from collections.abc import Iterator

from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.ledger.list_walks import ResourceSequence
from contracts.model.case import OTHER_TENANT_PHASE
from contracts.model.exchange import Exchange
from contracts.resource_checks.places import success_pointer
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.resources.model import identity_text
from openapi.resources.names import IDENTITIES


def idempotency_key(ledger: Ledger) -> Iterator[Judgement]:
    """A second request with the same idempotency key does nothing again."""
    numbered = {exchange.request.number: exchange for exchange in ledger.exchanges}
    for exchange in ledger.exchanges:
        step = exchange.request.step
        first = numbered.get(step.first) if step is not None and step.first else None
        if first is None or exchange.response is None or exchange.retried:
            continue
        if exchange.request.phase == OTHER_TENANT_PHASE:
            continue
        if not first.has_status_of("valid-request"):
            continue
        yield _judge_repetition(ledger, first, exchange)


def _judge_repetition(ledger: Ledger, first: Exchange, again: Exchange) -> Judgement:
    request = again.request
    pointer = success_pointer(request.operation)
    status = again.status or 0
    is_equal = request.body == first.request.body
    if status >= 500:
        return undecided(pointer, request.case_id, f"the service failed with {status}")
    if status >= 400:
        if not is_equal or status in (409, 422, 425, 429):
            return passed(pointer, request.case_id)
        return undecided(pointer, request.case_id, f"the repeated request got {status}")
    names = [identity_in(one) for one in (first, again)]
    if None in names:
        return undecided(pointer, request.case_id, "the response has no identity")
    if names[0] == names[1]:
        return passed(pointer, request.case_id)
    what = "the same body" if is_equal else "another body"
    return failed(
        ledger,
        pointer,
        again,
        f"{request.label()} repeats the idempotency key of {first.request.label()} with {what}, "
        f"and created {names[1]} beside {names[0]}",
        apart="equal body" if is_equal else "other body",
        severity="violation" if is_equal else "warning",
        expected="the first response again, or 409 or 422",
        received=f"status {status} with another identity",
    )


def identity_in(exchange: Exchange) -> str | None:
    """Return the identity in the body of a response, or None."""
    body = exchange.response.json.value if exchange.response and exchange.response.body else None
    step = exchange.request.step
    places = []
    if step is not None and step.resource.create.id == exchange.request.operation.id:
        value = exchange.find(step.resource.identity)
        return identity_text(value) or None
    holders = [body, *body.values()] if isinstance(body, dict) else []
    for holder in holders:
        places += [get_at(holder, join_pointer("", name)) for name in IDENTITIES]
    found = [value for value in places if value is not MISSING and value is not None]
    return identity_text(found[0]) or None if found else None


def tenant_isolation(ledger: Ledger) -> Iterator[Judgement]:
    """The credential of another tenant reads, lists and changes none of the run's resources."""
    for sequence in ledger.resource_sequences:
        for exchange in sequence.exchanges:
            if exchange.request.phase == OTHER_TENANT_PHASE and exchange.response is not None:
                yield from _judge_tenant(ledger, sequence, exchange)


def _judge_tenant(
    ledger: Ledger, sequence: ResourceSequence, exchange: Exchange
) -> Iterator[Judgement]:
    resource, exchanges = sequence.resource, sequence.exchanges
    request, status = exchange.request, exchange.status or 0
    pointer = success_pointer(request.operation)
    role = resource.roles.get(request.operation.id)
    if request.step is not None and request.step.first:
        first = next((e for e in exchanges if e.request.number == request.step.first), None)
        made = None if first is None else identity_in(first)
        if first is None or status >= 300 or made is None or identity_in(exchange) != made:
            yield passed(pointer, request.case_id)
            return
        yield failed(
            ledger,
            pointer,
            exchange,
            f"{request.label()} has the idempotency key of {first.request.label()}, which is of "
            f"another tenant, and got its {made}",
            apart="tenant key",
            expected="a new resource: the key is of another tenant",
            received=f"the identity {made} of another tenant",
        )
        return
    if role == "list" and resource.listing is not None and status < 300:
        known = sequence.history.known
        listing, body = (
            resource.listing,
            exchange.response.json.value if exchange.response else None,
        )
        own = {one.identity for one in known.values()}
        shown = [
            identity
            for item in listing.items_of(body) or ()
            if (identity := listing.identity_of(item)) in own
        ]
        if shown:
            yield failed(
                ledger,
                pointer,
                exchange,
                f"{request.label()} lists {resource.name} {shown[0]}, which another tenant created",
                apart="tenant list",
                expected="no resource of another tenant",
                received=f"{len(shown)} of another tenant",
            )
            return
    elif status < 300:
        yield failed(
            ledger,
            pointer,
            exchange,
            f"{request.label()} is for a resource that another tenant created, and got {status}",
            apart=f"tenant {role}",
            expected="404 or 403: the resource belongs to another tenant",
            received=f"status {status}",
        )
        return
    yield passed(pointer, request.case_id)
