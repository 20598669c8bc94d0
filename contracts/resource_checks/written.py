"""Checks of one resource: reads show what was written, and nothing after the deletion."""

from collections.abc import Iterator

from contracts.echoes.properties import is_same_value
from contracts.echoes.text import explain_text
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import Ledger
from contracts.ledger.resource_history import Difference, ResourceView
from contracts.model.case import OTHER_PARENT_PHASE, READ_ONLY_PHASE
from contracts.model.exchange import Exchange
from contracts.resource_checks.places import severity_of, success_pointer
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.resources.model import Resource
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import abbreviate


def read_after_write(ledger: Ledger) -> Iterator[Judgement]:
    """A response that shows a resource has what the run wrote last, and the rest unchanged."""
    for sequence in ledger.resource_sequences:
        resource = sequence.resource
        for view in sequence.history.views:
            if view.deleted is None and view.role != "list":
                yield from _judge_view(ledger, resource, view)
    for exchange, status in ledger.answered_exchanges:
        step = exchange.request.step
        if step is not None and exchange.request.phase == OTHER_PARENT_PHASE:
            yield _judge_other_parent(ledger, step.resource, exchange, status)
        elif step is not None and exchange.request.phase == READ_ONLY_PHASE and status < 300:
            yield from _judge_read_only(ledger, step.resource, exchange)


def _judge_other_parent(
    ledger: Ledger, resource: Resource, exchange: Exchange, status: int
) -> Judgement:
    request = exchange.request
    pointer = success_pointer(request.operation)
    if status >= 300:
        return passed(pointer, request.case_id)
    return failed(
        ledger,
        pointer,
        exchange,
        f"{request.label()} got {status} for a resource of {resource.name} that the run created "
        "below another parent",
        apart="parent",
        severity="warning",
        expected="404: the path names no resource",
        received=f"status {status}",
    )


def _judge_read_only(ledger: Ledger, resource: Resource, exchange: Exchange) -> Iterator[Judgement]:
    """Yield a finding if a response has the date that the request sent in place of the service."""
    request, response = exchange.request, exchange.response
    body = response.json.value if response is not None and response.body else MISSING
    shown = resource.shown_by(request.operation, body)
    sent = resource.described_by(request.operation, request.json.value)
    known = {shared.request for shared in resource.properties.get(request.operation.id, ())}
    for name, value in sent.items() if isinstance(sent, dict) else ():
        pointer = join_pointer("", name)
        if pointer in known or date_time_to_ns(value) is None:
            continue
        seen = get_at(shown, pointer)
        if seen is not MISSING and is_same_value(value, seen, is_set=False):
            yield failed(
                ledger,
                success_pointer(request.operation),
                exchange,
                f"{request.label()} sends {abbreviate(value)} at {pointer}, which only the service "
                "sets, and the response has it",
                instance=pointer,
                apart=f"{pointer} read-only",
                severity="warning",
                expected="a date that the service sets",
                received=abbreviate(seen),
            )


def _judge_view(ledger: Ledger, resource: Resource, view: ResourceView) -> Iterator[Judgement]:
    request = view.exchange.request
    pointer = success_pointer(request.operation)
    name = f"{resource.name} {view.identity}"
    if view.is_missing:
        write = view.last_write
        done = "the run created it" if write is None else f"{write.request.label()} changed it"
        yield failed(
            ledger,
            pointer,
            view.exchange,
            f"{request.label()} got {view.status} for {name}, although {done} and did not delete "
            "it",
            apart="missing",
            expected=f"a success: {name} exists",
            received=f"status {view.status}",
        )
    elif view.has_other_identity:
        yield failed(
            ledger,
            pointer,
            view.exchange,
            f"{request.label()} asked for {name} and got {view.shown_identity}",
            apart="identity",
            expected=f"the identity {view.identity}",
            received=str(view.shown_identity),
        )
    elif view.differences:
        for difference in view.differences:
            yield _differs(ledger, view, difference)
    else:
        yield passed(pointer, request.case_id)
        bound = resource.consistency_s
        if view.repetitions and (bound is None or view.delay_s > bound + 1):
            stated = "none" if bound is None else f"{bound:g} s"
            yield failed(
                ledger,
                pointer,
                view.exchange,
                f"{request.label()} shows the last change of {name} only {view.delay_s:.1f} s "
                f"after the first request for it; x-hookproof-resource states {stated} in "
                "`consistency`",
                apart="late",
                severity="warning",
                expected="the last change at once",
                received=f"the last change after {view.delay_s:.1f} s",
            )


def _differs(ledger: Ledger, view: ResourceView, difference: Difference) -> Judgement:
    request = view.exchange.request
    seen = "nothing" if difference.seen is MISSING else abbreviate(difference.seen)
    why = ""
    if isinstance(difference.expected, str) and isinstance(difference.seen, str):
        why = explain_text(difference.expected, difference.seen)
    by = difference.by.request
    what = {
        "written": f"{by.label()} wrote {abbreviate(difference.expected)}",
        "kept": f"{by.label()} wrote {abbreviate(difference.expected)}, and no later request "
        "changed it",
        "undone": f"{by.label()} answered {abbreviate(difference.expected)}",
        "spread": f"{by.label()} was for another resource",
        "born": f"the first response had {abbreviate(difference.expected)}",
    }[difference.kind]
    message = (
        f"{request.label()} shows {seen} at {difference.pointer}, but {what}"
        f"{f' ({why})' if why else ''}"
    )
    return failed(
        ledger,
        success_pointer(request.operation),
        view.exchange,
        message,
        instance=difference.pointer,
        apart=f"{difference.pointer} {difference.kind}",
        severity=severity_of(difference.certainty),
        expected=f"{abbreviate(difference.expected)} at {difference.pointer}",
        received=seen,
    )


def deleted_resource(ledger: Ledger) -> Iterator[Judgement]:
    """A deleted resource gets 404 or 410, and no list has it."""
    for sequence in ledger.resource_sequences:
        resource = sequence.resource
        for view in sequence.history.views:
            if view.deleted is not None:
                yield _judge_deleted(ledger, resource, view)
        for walk in sequence.walks:
            if not walk.deleted:
                continue
            pointer = success_pointer(walk.listing.operation)
            shown = [i for page in walk.identities for i in page if i in walk.deleted]
            if not shown or walk.resource.deleted is not None:
                yield passed(pointer, walk.pages[0].request.case_id)
                continue
            page = next(
                page
                for page, found in zip(walk.pages, walk.identities, strict=True)
                if shown[0] in found
            )
            yield failed(
                ledger,
                pointer,
                page,
                f"{page.request.label()} lists {walk.resource.name} {shown[0]}, which the run has "
                "deleted",
                apart="deleted",
                expected="no deleted resource in the list",
                received=f"{len(set(shown))} deleted in the list",
            )


def _judge_deleted(ledger: Ledger, resource: Resource, view: ResourceView) -> Judgement:
    request = view.exchange.request
    pointer = success_pointer(request.operation)
    name = f"{resource.name} {view.identity}"
    state = resource.deleted
    has_state = (
        state is not None
        and isinstance(view.shown, dict)
        and get_at(view.shown, state.property) == state.value
    )
    # DELETE is idempotent (RFC 9110, section 9.2.2): a second success is right.
    if view.status >= 400 or view.role == "delete" or has_state:
        return passed(pointer, request.case_id)
    assert view.deleted is not None
    return failed(
        ledger,
        pointer,
        view.exchange,
        f"{request.label()} got {view.status} for {name}, which {view.deleted.request.label()} "
        "deleted",
        apart=f"deleted {view.role}",
        expected="404 or 410: the resource was deleted",
        received=f"status {view.status}",
    )
