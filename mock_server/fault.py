"""Fault: a named misbehaviour, made of hooks, each a function from a value to a value.

An exchange without faults has None at every hook, so a request pays one test for each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TypeVar

from mock_server.exchange import Hooks, MockExchange
from mock_server.messages import HttpResponse
from openapi.contract import Contract

Value = TypeVar("Value")
Need = Callable[[Contract], bool]
"""Says whether a contract has something that a fault changes."""
ResponseChange = Callable[[HttpResponse, MockExchange], HttpResponse]


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour that real services show."""

    name: str
    category: str
    """`responses`, `validation`, `auth` or `webhooks`."""
    description: str
    """What the service then does, and where such a mistake comes from."""
    hooks: Hooks
    severity: str = "violation"
    """What it is by the contract: a `violation`, or a `warning` where that is only assumed."""
    needs_rate_limit: bool = False
    """It shows only where a rate limit is on and exceeded."""
    needs: tuple[Need, ...] = ()
    """What a contract must have for the fault to show; a derived fault follows from one."""


def combine_faults(faults: Iterable[Fault]) -> Hooks:
    """Return the behaviour of all `faults` at once: at each hook one after the other."""
    hooks_of_faults = [fault.hooks for fault in faults]
    hooks = {
        hook.name: _chain([h for h in (getattr(b, hook.name) for b in hooks_of_faults) if h])
        for hook in fields(Hooks)
    }
    return Hooks(**hooks)


def _chain(functions: list[Callable[..., Value]]) -> Callable[..., Value] | None:
    if not functions:
        return None
    return lambda value, *context: reduce(lambda v, f: f(v, *context), functions, value)


def replace_status(
    cause: str, wrong_status: int, operation_id: str | None = None
) -> ResponseChange:
    """Return what answers `wrong_status` where the contract's status for `cause` is meant.

    `operation_id` is the id of the operation that does so; None: every one.
    """

    def change(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
        operation = exchange.operation
        expected = operation.response_caused_by(cause) if operation else None
        is_selected = operation is not None and operation_id in (None, operation.id)
        applies = is_selected and expected is not None and expected.status == str(response.status)
        return replace(response, status=wrong_status) if applies else response

    return change
