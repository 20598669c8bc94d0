"""Where a fault can take hold: a few hooks, each a function from a value to a value.

A behaviour without faults has None at every hook, so a request pays one test for each.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import reduce
from typing import TypeVar

from mock_server.exchange import Exchange
from mock_server.messages import Answer, Delivery, Posting
from mock_server.tokens import Checks
from mock_server.webhooks.payload import Occasion
from openapi.contract import Json
from openapi.schema_validation import Violation

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation makes of a body and of parameters."""

    value: object
    problem: str | None
    """Why the body is not JSON, or None."""
    size: int
    """Bytes of the body."""
    violations: tuple[Violation, ...]
    schema: Mapping[str, Json]
    """The schema of the body, its reference followed; empty where none is taken."""
    operation: str
    """The id of the operation."""
    parameters: Mapping[str, object]
    """What the parameters mean, by their keys."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The hooks, in the order of a request's journey."""

    admitted: Callable[[bool, Exchange], bool] | None = None
    """Whether the client may go on, or asks too often."""
    checks: Callable[[Checks], Checks] | None = None
    """What is checked of a credential."""
    verdict: Callable[[Verdict], Verdict] | None = None
    answer: Callable[[Answer, Exchange], Answer] | None = None
    """The answer as it goes out; the exchange keeps the true one."""
    trigger: Callable[[int, Exchange], int] | None = None
    """The status whose event is sent."""
    payload: Callable[[Json, Occasion], Json] | None = None
    """The payload before it is serialised. It is the hook's own and may be changed in place."""
    delivery: Callable[[Delivery, Posting], Delivery] | None = None
    """The signed bytes and their headers."""
    plan: Callable[[list[Delivery], Posting], list[Delivery]] | None = None
    """What goes to each receiver, one delivery if all is well; as many for the same posting."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour that real services show."""

    name: str
    layer: str
    """`answers`, `validation`, `auth` or `webhooks`."""
    sentence: str
    """What the service then does, and where such a mistake comes from."""
    behaviour: Behaviour
    severity: str = "violation"
    """What it is by the contract: a `violation`, or a `warning` where that is only assumed."""
    limited: bool = False
    """It shows only where a rate limit is on and exceeded."""


def combined(faults: Iterable[Fault]) -> Behaviour:
    """Return the behaviour of all `faults` at once: at each hook one after the other."""
    behaviours = [fault.behaviour for fault in faults]
    hooks = {
        hook.name: _chain([h for h in (getattr(b, hook.name) for b in behaviours) if h])
        for hook in fields(Behaviour)
    }
    return Behaviour(**hooks)


def _chain(functions: list[Callable[..., Value]]) -> Callable[..., Value] | None:
    if not functions:
        return None
    return lambda value, *context: reduce(lambda v, f: f(v, *context), functions, value)
