"""Fault: a named misbehaviour. It consists of hooks, which are functions from a value to a value.

Without faults each hook is None, so a request pays one test for each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TypeVar

from mock_server.exchange import Hooks, MockExchange
from mock_server.messages import HttpResponse
from openapi.contract import Contract, Event

Value = TypeVar("Value")
Need = Callable[[Contract], bool]
"""Predicate: true if a contract has something that a fault changes."""
Severity = str | Callable[[], str]
"""Severity, or the function that computes it: to grade a fault takes longer than to create it."""
ResponseChange = Callable[[HttpResponse, MockExchange], HttpResponse]
ACCEPTED = "2xx"
"""Expected response to a delivery that a receiver must accept."""
REFUSED = "4xx"
"""Expected response to a forged delivery: its signature is not valid."""
EITHER = "2xx or 4xx"
"""Expected response to a delivery that is validly signed and breaks the contract."""
StatedResponse = str | None | Callable[[Contract, Event], str | None]
"""Expected response, or the function that returns it for an event: a signature decides it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault: one misbehaviour that real services show."""

    name: str
    category: str
    """`responses`, `validation`, `auth`, `resources` or `webhooks`."""
    description: str
    """Behaviour of the service, and the usual cause of the mistake."""
    hooks: Hooks
    stated_severity: Severity = "violation"
    needs_rate_limit: bool = False
    """True if the fault only has an effect above a rate limit."""
    need: Need | None = None
    """Predicate that a contract must satisfy; None for a derived fault."""
    operation_id: str | None = None
    """Operation whose requests show the fault; None: those of any operation."""
    stated_response: StatedResponse = None
    """Response of a right receiver to a delivery with the fault; None: no delivery has it."""

    def response_to(self, contract: Contract, event: Event) -> str | None:
        """Return what a right receiver responds to a delivery of `event` with the fault.

        It is `2xx`, `4xx`, `2xx or 4xx`, or None if no delivery of the event has the fault.
        """
        stated = self.stated_response
        return stated(contract, event) if callable(stated) else stated

    def expected_response(self, contract: Contract) -> str | None:
        """Return the same for all events of the contract; `2xx or 4xx` if they differ."""
        found = {self.response_to(contract, event) for event in contract.triggered_events} - {None}
        return EITHER if len(found) > 1 else next(iter(found), None)

    @property
    def severity(self) -> str:
        """`violation`; `warning` if the contract only assumes the broken constraint."""
        stated = self.stated_severity
        return stated if isinstance(stated, str) else stated()


def combine_faults(faults: Iterable[Fault]) -> Hooks:
    """Return hooks that apply all `faults`, one after the other."""
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


def combine_responses(responses: Iterable[str | None]) -> str:
    """Return the expected response to a delivery that has several faults, or none."""
    found = set(responses)
    return next((known for known in (REFUSED, EITHER) if known in found), ACCEPTED)


def replace_status(
    cause: str, wrong_status: int, operation_id: str | None = None
) -> ResponseChange:
    """Return a hook that replaces the contract's status for `cause` with `wrong_status`.

    `operation_id` selects one operation; None selects all.
    """

    def change(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
        operation = exchange.operation
        is_selected = operation is not None and operation_id in (None, operation.id)
        applies = (
            operation is not None and is_selected and operation.allows_cause(cause, response.status)
        )
        return replace(response, status=wrong_status) if applies else response

    return change
