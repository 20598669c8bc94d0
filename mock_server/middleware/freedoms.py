"""The freedoms that the mock uses: what the contract lets a service refuse. Pure.

The station that refuses what the contract lets a service refuse, where that is asked for."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import exchange_of
from mock_server.responses.errors import Refusal
from mock_server.tokens import granted, scope_token
from openapi.contract import Contract, Json, Operation
from openapi.formats import instant
from openapi.json_pointer import MISSING, join
from openapi.runtime_expression import Expression, parse
from openapi.schema_validation import Schema, brief


@dataclass(frozen=True, slots=True)
class Rule:
    """One freedom of `x-freedoms` that is about a value of the body."""

    name: str
    at: Expression
    when: Schema
    bounds: Mapping[str, Json] | None
    """`before` and `after`, in seconds from now; None: the rule is not about a date."""
    caller_lacks: bool
    status: int
    """What a request is refused with."""

    def broken_by(self, body: object, held: Collection[str] | None, now: float) -> str | None:
        """Say in a sentence that `body` breaks the rule at `now` (Unix seconds); None: it does not.

        `held` are the scope-tokens of the caller; None for a caller that may do everything.
        """
        value = self.at.of(body)
        if value is MISSING or not self.when.is_valid(value):
            return None
        if self.bounds is not None and not _within(self.bounds, value, now):
            return None
        if self.caller_lacks and not _lacking(value, held):
            return None
        place = self.at.where or "the body"
        return f"{place}: {brief(value)} is refused by the rule {self.name}"


def chosen(contract: Contract, names: Collection[str]) -> Mapping[str, tuple[Rule, ...]]:
    """Return the rules of these names by the id of their operation; empty without names.

    A `ValueError` names one that is unknown or that the mock cannot use, and lists the others.
    """
    if not names:
        return {}
    rules = {operation.id: tuple(_rules(contract, operation)) for operation in contract.operations}
    usable = {rule.name: rule for several in rules.values() for rule in several}
    stated = {freedom["name"] for o in contract.operations for freedom in o.freedoms}
    for name in sorted(names):
        if name not in usable:
            why = "is not about a value of the body" if name in stated else "is not in the contract"
            known = f"use one of {', '.join(usable)}" if usable else "there is none to use"
            raise ValueError(f"the freedom {name!r} {why}; {known}")
    return {key: tuple(rule for rule in rules[key] if rule.name in names) for key in rules}


def _rules(contract: Contract, operation: Operation) -> Iterator[Rule]:
    for index, freedom in enumerate(operation.freedoms):
        if "at" in freedom:
            yield Rule(
                name=freedom["name"],
                at=parse(freedom["at"]),
                when=contract.schema(join(operation.pointer, "x-freedoms", index, "when")),
                bounds=freedom.get("instant"),
                caller_lacks=bool(freedom.get("caller-lacks")),
                status=int(freedom["refused-with"][0]),
            )


def _within(bounds: Mapping[str, Json], value: object, now: float) -> bool:
    moment = instant(value)
    if moment is None:
        return False
    ahead = moment / 10**9 - now
    early = "before" in bounds and ahead >= bounds["before"]
    late = "after" in bounds and ahead <= bounds["after"]
    return not early and not late


def _lacking(value: object, held: Collection[str] | None) -> bool:
    if held is None:
        return False
    asked = value if isinstance(value, list) else [value]
    return any(isinstance(item, str) and scope_token(item) not in held for item in asked)


class Strictness:
    """Holds what an operation is asked for against rules that the mock was started with."""

    def __init__(
        self, next_app: ASGIApp, operation: Operation, rules: Mapping[str, tuple[Rule, ...]]
    ) -> None:
        """Take the rules of every operation, by its id."""
        self._next = next_app
        self._rules = rules[operation.id]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a valid request on, or raise the refusal of the first rule that it breaks."""
        exchange = exchange_of(scope)
        # Where nothing is known of the caller, it was let through with every permission.
        held = granted(exchange.claims) if exchange.claims else None
        now = time.time()
        for rule in self._rules:
            message = rule.broken_by(exchange.value, held, now)
            if message is not None:
                raise Refusal(rule.status, message)
        await self._next(scope, receive, send)
