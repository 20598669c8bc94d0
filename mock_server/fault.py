"""Where a fault can take hold: a few hooks, each a function from a value to a value.

A behaviour without faults has None at every hook, so a request pays one test for each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TypeVar

from mock_server.exchange import Behaviour, Exchange
from mock_server.messages import Answer

Value = TypeVar("Value")
Change = Callable[[Answer, Exchange], Answer]


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


def swapped(provocation: str, instead: int, only: str | None = None) -> Change:
    """Return what answers `instead` where the contract's status for `provocation` is meant.

    `only` is the id of the operation that does so; None: every one.
    """

    def change(answer: Answer, exchange: Exchange) -> Answer:
        operation = exchange.operation
        meant = operation.answer_to(provocation) if operation else None
        ours = operation is not None and only in (None, operation.id)
        hit = ours and meant is not None and meant.status == str(answer.status)
        return replace(answer, status=instead) if hit else answer

    return change
