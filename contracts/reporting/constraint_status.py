"""Every constraint of the contract with what the run came to about it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.checks.judgement import Judgement
from contracts.expectations.constraints import Constraint, constraints
from contracts.expectations.keywords import Key
from contracts.generators.credentials import why_not
from contracts.ledger.ledger import Books
from contracts.model.settings import Settings
from openapi.contract import Contract, Response
from openapi.json_pointer import join

State = Literal["enforced", "violated", "undecided"]

NOT_SEEN: dict[str, tuple[str, str | None]] = {
    "valid-request": ("no valid request was answered so", None),
    "invalid-request": ("no invalid request was answered so", None),
    "refused-credential": ("no bad credential was answered so", None),
    "credential-without-permission": (
        "no token without the permission was given",
        "pass --token-without-permission",
    ),
    "repeated-request": (
        "no repeated request was answered so: the service allows repetition",
        None,
    ),
    "unknown-resource": ("nothing that is unknown was asked for", None),
    "burst": ("the rate limit was not exceeded", "pass --provoke 429"),
    "failure-only": ("a failure of the service, which is never asked for", None),
}
"""Why an answer was not seen, by what brings it about, and what would bring it about."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one constraint after the run."""

    constraint: Constraint
    state: State
    cases: int
    """How many cases tried it."""
    reason: str | None = None
    """Why it is undecided."""
    cure: str | None = None
    """What whoever runs this can do so that it is decided."""


def standings(books: Books, judgements: Iterable[Judgement]) -> list[Standing]:
    """Return the standing of every constraint of the contract."""
    by_key: dict[Key, list[Judgement]] = {}
    for judgement in judgements:
        by_key.setdefault(judgement.constraint, []).append(judgement)
    return [
        _standing(books, constraint, by_key.get(constraint.key, []))
        for constraint in constraints(books.contract)
    ]


def _standing(books: Books, constraint: Constraint, judgements: list[Judgement]) -> Standing:
    cases = len({j.case for j in judgements if not j.doubt})
    if any(j.broken is not None for j in judgements):
        return Standing(constraint, "violated", cases)
    if cases:
        return Standing(constraint, "enforced", cases)
    doubts = [j.doubt for j in judgements if j.doubt]
    reason, cure = (doubts[0], None) if doubts else _why(books, constraint)
    return Standing(constraint, "undecided", 0, reason, cure)


def _why(books: Books, constraint: Constraint) -> tuple[str, str | None]:
    match constraint.kind:
        case "webhook" | "echo" | "signature":
            return _why_of_a_webhook(books, constraint)
        case "security":
            return why_not(books.settings, constraint.detail)
        case "request":
            return "no request broke it alone", None
    return _why_of_an_answer(books, constraint)


def _why_of_an_answer(books: Books, constraint: Constraint) -> tuple[str, str | None]:
    if constraint.pointer.endswith("/x-rate-limit"):
        return NOT_SEEN["burst"]
    if constraint.pointer.endswith("/at-once") and "concurrent" not in books.settings.provoke:
        return "nothing was asked for twice at once", "pass --provoke concurrent"
    response = _response_around(books.contract, constraint.pointer)
    if response is not None and not _seen(books, response):
        return why_not_seen(books.settings, response)
    return (
        f"no answer had {'this header' if constraint.kind == 'header' else 'a value there'}",
        None,
    )


def _why_of_a_webhook(books: Books, constraint: Constraint) -> tuple[str, str | None]:
    if not books.settings.webhooks:
        return "the webhooks were left out", "drop --no-webhooks"
    if constraint.keyword in ("retries", "soon"):
        remote = books.settings.sink_url is not None
        asked = "retry" in books.settings.provoke
        cure = "drop --sink" if remote else None if asked else "pass --provoke retry"
        return "no delivery was refused", cure
    if not books.received:
        return "no delivery came", None
    if constraint.kind == "echo":
        return "no request that was accepted said anything there", None
    return "no delivery had a value there", None


def why_not_seen(settings: Settings, response: Response) -> tuple[str, str | None]:
    """Return why the answer was not seen, and what would bring it about."""
    unknown = ("nothing is known that brings it about", None)
    by = response.provoke.get("by", "")
    if by == "credential-without-permission" and settings.token_without_permission:
        return "no credential without the permission was answered so", None
    return NOT_SEEN.get(by, unknown)


def responses(contract: Contract) -> Iterator[Response]:
    """Yield every documented answer of every operation."""
    for operation in contract.operations:
        yield from operation.responses.values()


def _response_around(contract: Contract, pointer: str) -> Response | None:
    found = (r for r in responses(contract) if pointer.startswith(join(r.pointer, "")))
    return next(found, None)


def _seen(books: Books, response: Response) -> bool:
    return any(
        exchange.request.operation.responses.get(str(status)) is response
        for exchange, status in books.answered
    )


def sentence(reason: str, cure: str | None) -> str:
    """Return reason and cure as one sentence."""
    return f"{reason}: {cure}" if cure else reason
