"""What each delivery proves alone: the sink's verdict, passed on."""

from collections.abc import Iterator

from contracts.books import Books, Judgement, kept
from contracts.ledger import Received
from openapi.finding import Finding


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
