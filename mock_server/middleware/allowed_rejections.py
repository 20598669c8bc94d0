"""Allowed rejections: reject valid requests as the contract allows."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope

from mock_server.exchange import MockExchange
from mock_server.responses.errors import RequestRejected
from mock_server.tokens import granted_scopes, scope_token
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, join_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import Schema, abbreviate


@dataclass(frozen=True, slots=True)
class AllowedRejection:
    """Rule of `x-hookproof-allowed-rejections` that refers to a value of the body."""

    name: str
    at: RuntimeExpression
    when: Schema
    bounds: Mapping[str, Json] | None
    """Limits `before` and `after` in seconds from now; None if the rule has no date limits."""
    caller_lacks: bool
    status: int
    """Status of the rejection."""

    def explain_rejection(
        self, body: object, caller_scopes: Collection[str] | None, now: float
    ) -> str | None:
        """Return the message if `body` matches the rule at `now` (Unix seconds), else None.

        `caller_scopes` are the scopes of the caller; None means that it has every permission.
        """
        value = self.at.evaluate(body)
        if value is MISSING or not self.when.is_valid(value):
            return None
        if self.bounds is not None and not _is_within_bounds(self.bounds, value, now):
            return None
        if self.caller_lacks and not _lacks_permission(value, caller_scopes):
            return None
        place = self.at.where or "the body"
        return f"{place}: {abbreviate(value)} is rejected by the rule {self.name}"


def select_allowed_rejections(
    contract: Contract, names: Collection[str]
) -> Mapping[str, tuple[AllowedRejection, ...]]:
    """Return the named rules by the id of their operation.

    Raise `ValueError` for a rule that is unknown or that the mock cannot use; it lists the others.
    """
    if not names:
        return {}
    rejections = {
        operation.id: tuple(_allowed_rejections(contract, operation))
        for operation in contract.operations
    }
    usable_by_name = {
        rejection.name: rejection
        for of_operation in rejections.values()
        for rejection in of_operation
    }
    documented_names = {
        stated["name"] for o in contract.operations for stated in o.allowed_rejections
    }
    for name in sorted(names):
        if name not in usable_by_name:
            problem = (
                "does not refer to a value of the body"
                if name in documented_names
                else "is not in the contract"
            )
            known = (
                f"use one of {', '.join(usable_by_name)}"
                if usable_by_name
                else "the mock can use none"
            )
            raise ValueError(f"the allowed rejection {name!r} {problem}; {known}")
    return {
        key: tuple(rejection for rejection in rejections[key] if rejection.name in names)
        for key in rejections
    }


def _allowed_rejections(contract: Contract, operation: Operation) -> Iterator[AllowedRejection]:
    for index, stated in enumerate(operation.allowed_rejections):
        if "location" in stated:
            yield AllowedRejection(
                name=stated["name"],
                at=parse_expression(stated["location"]),
                when=contract.schema(
                    join_pointer(
                        operation.pointer, "x-hookproof-allowed-rejections", index, "schema"
                    )
                ),
                bounds=stated.get("seconds-from-now"),
                caller_lacks=bool(stated.get("caller-lacks-permission")),
                status=int(stated["statuses"][0]),
            )


def _is_within_bounds(bounds: Mapping[str, Json], value: object, now: float) -> bool:
    moment = date_time_to_ns(value)
    if moment is None:
        return False
    ahead = moment / 10**9 - now
    is_too_late = "before" in bounds and ahead >= bounds["before"]
    is_too_early = "after" in bounds and ahead <= bounds["after"]
    return not is_too_late and not is_too_early


def _lacks_permission(value: object, caller_scopes: Collection[str] | None) -> bool:
    if caller_scopes is None:
        return False
    asked = value if isinstance(value, list) else [value]
    return any(isinstance(item, str) and scope_token(item) not in caller_scopes for item in asked)


class AllowedRejectionsStep:
    """Step that rejects requests by the rules that the user enabled."""

    def __init__(self, rejections: tuple[AllowedRejection, ...]) -> None:
        """Take the rules of the operation."""
        self._rejections = rejections

    async def __call__(self, exchange: MockExchange, _scope: Scope, _receive: Receive) -> None:
        """Pass the request on, or raise the rejection of the first rule that matches."""
        # A caller without claims was accepted with every permission.
        caller_scopes = granted_scopes(exchange.claims) if exchange.claims else None
        now = time.time()
        for rejection in self._rejections:
            message = rejection.explain_rejection(exchange.value, caller_scopes, now)
            if message is not None:
                raise RequestRejected(rejection.status, message)
