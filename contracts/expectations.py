"""What a service may answer to a request, judged from the bytes that were sent. Pure.

Not the generator's intention counts but what the contract says of the body: so a case that was
meant to be invalid and is not, or the other way about, is still judged rightly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from contracts.correlators import Correlator, correlators
from contracts.exchange import Request
from openapi.document import Contract, Json
from openapi.expression import parse
from openapi.formats import instant
from openapi.json_text import JsonText
from openapi.pointer import MISSING, get, join
from openapi.validation import Violation

Kind = Literal["valid", "invalid", "free", "refused", "forbidden", "other"]
"""`other`: another method than the operation's, which is HTTP's own business."""


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
    body = request.json
    violations: tuple[Violation, ...] = ()
    schema = next(iter(request.operation.content.values()), None)
    if schema is not None and body.problem is None:
        violations = contract.schema(schema).violations(body.value)
    bad = bool(violations) or body.problem is not None
    success = _status(request, "valid-request")
    if request.credential.expects == "refused":
        freedom = _by(request, "credential") if bad else ()
        return _expect("refused", request, "refused-credential", freedom)
    if request.credential.expects == "forbidden":
        return _expect("forbidden", request, "credential-without-permission", ())
    shape = tuple(_shape_freedoms(request, body))
    free = (
        *shape,
        *(_value_freedoms(contract, request, body, sent) if body.problem is None else ()),
    )
    if shape:
        # What only the bytes show may be taken either way, whatever the body means.
        either = _allowances(request, shape)
        success_too = Allowance(success, either[0].pointer, "never")
        return _expect("free", request, "valid-request", (*either, success_too))
    allowed = _allowances(request, free)
    never = {parse(freedom["at"]).where for _, freedom in free if freedom["judged"] == "never"}
    broken = {violation.instance for violation in violations}
    if body.problem is not None or broken - never:
        return _expect("invalid", request, "invalid-request", allowed, violations, body.problem)
    kind: Kind = "free" if free else "valid"
    return _expect(kind, request, "valid-request", allowed)


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


def matching(contract: Contract, request: Request, sent: float) -> frozenset[str]:
    """Return the places in the body at which a freedom that is never judged holds.

    What a service makes of such a value (kept, trimmed, dropped) is its own business.
    """
    body = request.json
    if body.problem is not None:
        return frozenset()
    return frozenset(
        parse(freedom["at"]).where
        for _, freedom in _value_freedoms(contract, request, body, sent)
        if freedom["judged"] == "never"
    )


def lacking(contract: Contract, request: Request, places: Sequence[Correlator]) -> frozenset[int]:
    """Return the statuses that may refuse permissions which the caller does not hold itself.

    `places` are the operation's correlators after it was learnt what is held; those of the contract
    hold every known permission.
    """
    held = {place.request: frozenset(place.values) for place in places}
    statuses: set[int] = set()
    for place in correlators(contract, request.operation):
        foreign = frozenset(place.values) - held.get(place.request, frozenset())
        if not foreign:
            continue  # Nothing was learnt: every known permission is held, as far as is known.
        asked = get(request.json.value, place.request)
        if not isinstance(asked, list) or not any(item in foreign for item in map(str, asked)):
            continue
        for freedom in request.operation.freedoms:
            if freedom.get("caller-lacks") and parse(freedom["at"]).where == place.request:
                statuses |= {int(status) for status in freedom["refused-with"]}
    return frozenset(statuses)


def _value_freedoms(
    contract: Contract, request: Request, body: JsonText, sent: float
) -> Iterator[tuple[int, Mapping[str, Json]]]:
    for index, freedom in enumerate(request.operation.freedoms):
        if "at" not in freedom or freedom.get("caller-lacks"):
            continue
        value = get(body.value, parse(freedom["at"]).where)
        if value is MISSING:
            continue
        when = join(request.operation.pointer, "x-freedoms", index, "when")
        if contract.schema(when).violations(value):
            continue
        if _in_time(freedom.get("instant"), value, sent):
            yield index, freedom


def _in_time(bounds: Mapping[str, Json] | None, value: object, sent: float) -> bool:
    if bounds is None:
        return True
    moment = instant(value)
    if moment is None:
        return False
    ahead = moment / 1e9 - sent
    return bool(bounds.get("after", ahead - 1) < ahead < bounds.get("before", ahead + 1))


def _shape_freedoms(request: Request, body: JsonText) -> Iterator[tuple[int, Mapping[str, Json]]]:
    for index, freedom in enumerate(request.operation.freedoms):
        for name, bound in freedom.get("body", {}).items():
            holds = {
                "duplicate-keys": body.duplicate_keys,
                "byte-order-mark": body.byte_order_mark,
                "not-a-number": body.not_numbers,
                "deeper-than": isinstance(bound, int) and body.depth > bound,
                "over-bytes": isinstance(bound, int) and body.size > bound,
                "other-media-type": essence(request.media_type) not in request.operation.content,
            }
            if holds[name]:
                yield index, freedom


def essence(media_type: str | None) -> str:
    """Return a media type without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return (media_type or "").partition(";")[0].strip().lower()
