"""Checks of lists: each item once and as it was written, filters, and pages."""

from collections import Counter
from collections.abc import Iterator, Sequence

from contracts.echoes.properties import is_same_value
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.ledger.list_walks import ListWalk
from contracts.model.correlators import MARK_PATTERN
from contracts.model.exchange import Exchange
from contracts.resource_checks.places import severity_of, success_pointer
from openapi.json_pointer import MISSING, get_at
from openapi.resources.model import Certainty, Filter
from openapi.schemas.validation import abbreviate


def _walks(ledger: Ledger) -> Iterator[ListWalk]:
    for sequence in ledger.resource_sequences:
        yield from sequence.walks


def list_items(ledger: Ledger) -> Iterator[Judgement]:
    """A list has each resource of the run once, as it was written, and none of another parent."""
    for sequence in ledger.resource_sequences:
        resource = sequence.resource
        for view in sequence.history.views:
            if view.role != "list":
                continue
            request = view.exchange.request
            for difference in view.differences:
                seen = "nothing" if difference.seen is MISSING else abbreviate(difference.seen)
                yield failed(
                    ledger,
                    success_pointer(request.operation),
                    view.exchange,
                    f"{request.label()} lists {resource.name} {view.identity} with {seen} at "
                    f"{difference.pointer}, but {difference.by.request.label()} wrote "
                    f"{abbreviate(difference.expected)}",
                    instance=difference.pointer,
                    apart=f"value {difference.pointer}",
                    severity=severity_of(difference.certainty),
                    expected=f"{abbreviate(difference.expected)} at {difference.pointer}",
                    received=seen,
                )
    before: ListWalk | None = None
    for walk in _walks(ledger):
        if not walk.filters:
            yield from _judge_whole_list(ledger, walk)
            if before is not None:
                yield from _judge_growth(ledger, before, walk)
            before = walk


def _judge_whole_list(ledger: Ledger, walk: ListWalk) -> Iterator[Judgement]:
    pointer = success_pointer(walk.listing.operation)
    case_id = walk.pages[0].request.case_id
    severity = severity_of(walk.listing.certainty)
    strange = [i for page in walk.identities for i in page if i in walk.others]
    if strange:
        yield failed(
            ledger,
            pointer,
            walk.pages[0],
            f"{walk.pages[0].request.label()} lists {walk.resource.name} {strange[0]}, which the "
            "run created below another parent",
            apart="parent",
            expected="only resources below the parent in the path",
            received=f"{len(strange)} below another parent",
        )
    twice = [i for page in walk.identities for i, n in Counter(page).items() if n > 1]
    own_twice = [identity for identity in twice if identity in walk.live]
    if own_twice:
        yield failed(
            ledger,
            pointer,
            walk.pages[0],
            f"{walk.pages[0].request.label()} lists {walk.resource.name} {own_twice[0]} twice",
            apart="twice",
            severity=severity,
            expected="each resource once",
            received="one twice",
        )
    double = _double(walk)
    if double:
        yield failed(
            ledger,
            pointer,
            walk.pages[0],
            f"{walk.pages[0].request.label()} lists {walk.resource.name} {double[1]} beside "
            f"{double[0]}, with values that only one request of the run had",
            apart="double",
            severity=severity,
            expected="one resource for each creation",
            received="two with the same unique values",
        )
    lost = sorted(walk.live - set(walk.own))
    if not lost:
        yield passed(pointer, case_id)
    elif (walk.is_whole and walk.limit is None) or (walk.is_whole and _is_large(walk)):
        yield failed(
            ledger,
            pointer,
            walk.pages[-1],
            f"the list of {walk.pages[0].request.label()} ends without {walk.resource.name} "
            f"{lost[0]}, which the run has created ({len(lost)} of {len(walk.live)} are missing)",
            apart="missing",
            severity=severity,
            expected=f"{len(walk.live)} resources of the run",
            received=f"{len(walk.live) - len(lost)} of them",
        )
    else:
        yield undecided(pointer, case_id, "the list has more pages than the run reads")


def _judge_growth(ledger: Ledger, before: ListWalk, walk: ListWalk) -> Iterator[Judgement]:
    """Yield a finding about an item that came from no creation, below a parent of the run."""
    one, two = before.pages[0].request, walk.pages[0].request
    is_private = bool(walk.resource.parameters[:-1]) or "{" in walk.resource.create.path
    if not is_private or one.step is None or two.step is None:
        return
    if one.step.sequence != two.step.sequence or not (before.is_whole and walk.is_whole):
        return
    listed = {identity for page in before.identities for identity in page}
    known = {resource.identity for resource in walk.history.known.values()}
    more = [i for page in walk.identities for i in page if i not in listed | known]
    if more:
        yield failed(
            ledger,
            success_pointer(walk.listing.operation),
            walk.pages[0],
            f"{two.label()} lists {walk.resource.name} {more[0]}, which no response named and "
            f"{one.label()} did not list",
            apart="unasked",
            severity=severity_of(walk.listing.certainty),
            expected="one resource for each creation",
            received=f"{len(more)} more",
        )


def _double(walk: ListWalk) -> tuple[str, str] | None:
    """Return the identities of one of the run's resources and of another one with its values."""
    owners = {
        (pointer, written.value): known.identity
        for known in walk.history.known.values()
        for pointer, written in known.written.items()
        if isinstance(written.value, str) and MARK_PATTERN.search(written.value)
    }
    known_names = walk.live | walk.deleted | walk.others
    for page in walk.items:
        for item in page:
            if walk.identity_of(item) in known_names:
                continue
            for (pointer, value), owner in owners.items():
                if get_at(item, pointer) == value:
                    return owner, walk.identity_of(item)
    return None


def _is_large(walk: ListWalk) -> bool:
    """Return whether the walk asks for large pages, so that it judges the list, not the paging."""
    return walk.limit is None or walk.limit >= len(walk.live)


def list_filter(ledger: Ledger) -> Iterator[Judgement]:
    """A filtered list has only items with the value, and all of the run's own ones."""
    for walk in _walks(ledger):
        for one, value in walk.filters:
            yield from _judge_filter(ledger, walk, one, value)


def _judge_filter(
    ledger: Ledger, walk: ListWalk, one: Filter, value: object
) -> Iterator[Judgement]:
    pointer, first = success_pointer(walk.listing.operation), walk.pages[0]
    severity = severity_of(one.certainty)
    wrong = [
        (page, item)
        for page, items in zip(walk.pages, walk.items, strict=True)
        for item in items
        if not _satisfies(one, value, item)
    ]
    stated = f"{one.parameter.name}={abbreviate(value)}"
    if wrong:
        page, item = wrong[0]
        yield failed(
            ledger,
            pointer,
            page,
            f"{page.request.label()} asks for {stated} and lists {walk.resource.name} "
            f"{walk.identity_of(item)} with {abbreviate(get_at(item, one.property))} at "
            f"{one.property}",
            apart=f"{one.parameter.key} wrong",
            severity=severity,
            expected=f"only items with {abbreviate(value)} at {one.property}",
            received=f"{len(wrong)} with another value",
        )
    matching = {
        known.identity
        for known in walk.history.known.values()
        if known.identity in walk.live
        and isinstance(known.shown, dict)
        and _satisfies(one, value, known.shown, strictly=True)
    }
    lost = sorted(matching - set(walk.own))
    if lost and walk.is_whole:
        yield failed(
            ledger,
            pointer,
            first,
            f"{first.request.label()} asks for {stated} and lacks {walk.resource.name} {lost[0]}, "
            "which has this value",
            apart=f"{one.parameter.key} lost",
            severity=severity,
            expected=f"{len(matching)} resources of the run",
            received=f"{len(matching) - len(lost)} of them",
        )
    elif lost:
        yield undecided(
            pointer, first.request.case_id, "the list has more pages than the run reads"
        )
    elif not wrong:
        yield passed(pointer, first.request.case_id)


def _satisfies(one: Filter, value: object, item: object, *, strictly: bool = False) -> bool:
    """Return whether an item has the value of a filter; one without the property may."""
    seen = get_at(item, one.property)
    if seen is MISSING:
        return not strictly
    if isinstance(value, list):
        return any(_satisfies(one, part, item, strictly=strictly) for part in value)
    if not one.is_exact and not strictly and isinstance(seen, str) and isinstance(value, str):
        return value.casefold() in seen.casefold()
    if seen is None:
        return False
    return is_same_value(value, seen, is_set=False)


def list_paging(ledger: Ledger) -> Iterator[Judgement]:
    """A page has at most as many items as asked for; pages repeat and lose none of the run's."""
    for sequence in ledger.resource_sequences:
        for walk in sequence.walks:
            yield from _judge_limit(ledger, walk)
            yield from _judge_repeats(ledger, walk)
            reference = _reference_of(walk, sequence.walks)
            if reference is not None:
                yield from _judge_loss(ledger, walk, reference)


def _certainty(walk: ListWalk) -> Certainty:
    return walk.listing.paging.certainty


def _judge_limit(ledger: Ledger, walk: ListWalk) -> Iterator[Judgement]:
    limit = walk.limit
    if limit is None:
        return
    pointer = success_pointer(walk.listing.operation)
    for page, found in zip(walk.pages, walk.identities, strict=True):
        if len(found) <= limit:
            yield passed(pointer, page.request.case_id)
            continue
        name = walk.listing.paging.limit.name if walk.listing.paging.limit else "limit"
        yield failed(
            ledger,
            pointer,
            page,
            f"{page.request.label()} asks for {name}={limit} and got {len(found)} items",
            apart="limit",
            severity=severity_of(_certainty(walk)),
            expected=f"at most {limit} items",
            received=f"{len(found)} items",
        )


def _judge_repeats(ledger: Ledger, walk: ListWalk) -> Iterator[Judgement]:
    pages_of: dict[str, list[Exchange]] = {}
    for page, found in zip(walk.pages, walk.identities, strict=True):
        for identity in {i for i in found if i in walk.live}:
            pages_of.setdefault(identity, []).append(page)
    repeated = {identity: pages for identity, pages in pages_of.items() if len(pages) > 1}
    pointer = success_pointer(walk.listing.operation)
    if not repeated:
        if len(walk.pages) > 1:
            yield passed(pointer, walk.pages[0].request.case_id)
        return
    identity, pages = next(iter(repeated.items()))
    yield failed(
        ledger,
        pointer,
        pages[1],
        f"{walk.resource.name} {identity} is on the page of {pages[0].request.label()} and again "
        f"on that of {pages[1].request.label()}, and the run changed nothing in between",
        apart="repeated",
        severity=severity_of(_certainty(walk)),
        expected="each resource on one page",
        received=f"{len(repeated)} on several pages",
    )


def _reference_of(walk: ListWalk, found: Sequence[ListWalk]) -> ListWalk | None:
    """Return the walk before `walk` with larger pages and the same filters, or None."""
    if walk.limit is None:
        return None
    earlier = [
        other
        for other in found
        if other.pages[0].request.number < walk.pages[0].request.number
        and other.live <= walk.live
        and [v for _, v in other.filters] == [v for _, v in walk.filters]
        and (other.limit is None or other.limit > walk.limit)
    ]
    return earlier[-1] if earlier else None


def _judge_loss(ledger: Ledger, walk: ListWalk, reference: ListWalk) -> Iterator[Judgement]:
    """Yield the judgement of what the small pages lack of what the large ones have."""
    seen = set(walk.own)
    known = [*dict.fromkeys(reference.own)]
    passed_by = max((index for index, i in enumerate(known) if i in seen), default=-1)
    until = known if walk.is_whole else known[: passed_by + 1]
    lost = [identity for identity in until if identity not in seen]
    pointer = success_pointer(walk.listing.operation)
    if not lost:
        if len(walk.pages) > 1:
            yield passed(pointer, walk.pages[0].request.case_id)
        return
    last = walk.pages[-1]
    yield failed(
        ledger,
        pointer,
        last,
        f"{reference.pages[0].request.label()} lists {walk.resource.name} {lost[0]}, and the "
        f"smaller pages from {walk.pages[0].request.label()} to {last.request.label()} lack it",
        apart="lost",
        severity=severity_of(_certainty(walk)),
        expected=f"{len(until)} resources of the run",
        received=f"{len(until) - len(lost)} of them",
    )
