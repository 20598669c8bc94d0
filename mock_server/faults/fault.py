"""Where a fault can take hold: a few hooks, each a function from a value to a value.

A behaviour without faults has None at every hook, so a request pays one test for each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import reduce
from typing import TypeVar

from mock_server.exchange import Behaviour

Value = TypeVar("Value")


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
