"""What a service may answer to a request, judged from the bytes that were sent. Pure.

Not the generator's intention counts but what the contract says of the body: so a case that was
meant to be invalid and is not, or the other way about, is still judged rightly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Literal

from contracts.expectations.freedoms import is_other_media_type, shape_freedoms, value_freedoms
from contracts.model.case import UNKNOWN
from contracts.model.exchange import Request
from openapi.contract import Contract, Json
from openapi.json_pointer import join
from openapi.parameter_validation import violations
from openapi.runtime_expression import parse
from openapi.schema_validation import Violation

Kind = Literal["valid", "invalid", "free", "refused", "forbidden", "unknown", "other"]
"""`other`: what the contract says nothing about, such as another method than the operation's."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A status that the service may answer although it is not the one asked for."""

    status: int
    pointer: str
    """Where the contract allows it."""
    judged: str
    """`warning` or `never`."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is in order as an answer to one request."""

    kind: Kind
    status: int
    """The status that is asked for."""
    pointer: str
    """Where the contract asks for it."""
    allowed: tuple[Allowance, ...]
    violations: tuple[Violation, ...] = ()
    """What the body breaks, if it is JSON."""
    problem: str | None = None
    """Why the body is not JSON."""

    def allowance(self, status: int | None) -> Allowance | None:
        """Return the allowance for `status`; one that is never judged goes first."""
        found = [allowance for allowance in self.allowed if allowance.status == status]
        return min(found, key=lambda allowance: allowance.judged != "never", default=None)


@lru_cache(maxsize=4096)
def expectation(contract: Contract, request: Request, sent: float) -> Expectation:
    """Return what may be answered to `request`, which was sent at `sent` (unix seconds)."""
    if request.method != request.operation.method:
        return _expect("other", request, "valid-request", ())
    broken, problem = _broken(contract, request)
    bad = bool(broken) or problem is not None
    if request.credential.expects == "refused":
        freedom = _by(request, "credential") if bad else ()
        return _expect("refused", request, "refused-credential", freedom)
    if request.credential.expects == "forbidden":
        return _expect("forbidden", request, "credential-without-permission", ())
    if request.block == UNKNOWN and not bad:
        return _expect("unknown", request, "unknown-resource", ())
    return _of_content(contract, request, sent, broken, problem)


def _of_content(
    contract: Contract,
    request: Request,
    sent: float,
    broken: tuple[Violation, ...],
    problem: str | None,
) -> Expectation:
    """Return what may be answered to what is asked for, whoever asks."""
    body = request.json
    shape = tuple(shape_freedoms(request, body))
    if shape:
        # What only the bytes show may be taken either way, whatever the body means.
        either = _allowances(request, shape)
        success = Allowance(_status(request, "valid-request"), either[0].pointer, "never")
        return _expect("free", request, "valid-request", (*either, success))
    if is_other_media_type(request):
        return _expect("other", request, "valid-request", ())
    free = tuple(value_freedoms(contract, request, body, sent)) if body.problem is None else ()
    allowed = _allowances(request, free)
    never = {parse(freedom["at"]).where for _, freedom in free if freedom["judged"] == "never"}
    places = {violation.instance for violation in broken}
    if problem is not None or places - never:
        allowed += _nowhere(request, places)
        return _expect("invalid", request, "invalid-request", allowed, broken, problem)
    return _expect("free" if free else "valid", request, "valid-request", allowed)


def _broken(contract: Contract, request: Request) -> tuple[tuple[Violation, ...], str | None]:
    """Return what the parameters and the body break, and why the body is not JSON."""
    broken = violations(contract, request.operation, request.parameters)
    schema = next(iter(request.operation.content.values()), None)
    if schema is None or not (request.body or request.operation.body_required):
        return broken, None
    body = request.json
    if body.problem is not None:
        return broken, body.problem
    return (*broken, *contract.schema(schema).violations(body.value)), None


def _nowhere(request: Request, places: set[str]) -> tuple[Allowance, ...]:
    """Allow 404 for a path that cannot be one of the operation's (RFC 9110, section 15.5.5)."""
    if not any(place.startswith("$request.path.") for place in places):
        return ()
    unknown = request.operation.answer_to("unknown-resource")
    statuses = {HTTPStatus.NOT_FOUND.value} | ({int(unknown.status)} if unknown else set())
    pointer = join(request.operation.pointer, "responses")
    return tuple(Allowance(status, pointer, "never") for status in sorted(statuses))


def _status(request: Request, provocation: str) -> int:
    answer = request.operation.answer_to(provocation)
    return int(answer.status) if answer else 0


def _expect(
    kind: Kind,
    request: Request,
    provocation: str,
    allowed: tuple[Allowance, ...],
    violations: tuple[Violation, ...] = (),
    problem: str | None = None,
) -> Expectation:
    answer = request.operation.answer_to(provocation)
    if answer is None:
        kind = "other"
    pointer = join(answer.pointer, "x-provoke") if answer else request.operation.pointer
    return Expectation(kind, _status(request, provocation), pointer, allowed, violations, problem)


def _by(request: Request, key: str) -> tuple[Allowance, ...]:
    stated = [(i, f) for i, f in enumerate(request.operation.freedoms) if key in f]
    return _allowances(request, stated)


def _allowances(
    request: Request, freedoms: tuple[tuple[int, Mapping[str, Json]], ...] | list[tuple[int, Json]]
) -> tuple[Allowance, ...]:
    return tuple(
        Allowance(
            int(status), join(request.operation.pointer, "x-freedoms", index), freedom["judged"]
        )
        for index, freedom in freedoms
        for status in freedom["refused-with"]
    )
