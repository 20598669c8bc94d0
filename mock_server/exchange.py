"""One request on its way through the mock, and what became known of it. Lives in the ASGI scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_server.answer import Answer, Headers
from openapi.document import Contract, Operation
from openapi.expression import Expression
from openapi.pointer import MISSING

if TYPE_CHECKING:
    from starlette.types import Scope

    from mock_server.behaviour import Behaviour

_KEY = "hookproof.exchange"


@dataclass(slots=True)
class Exchange:
    """What each station of the journey adds, in the order of the fields."""

    contract: Contract
    behaviour: "Behaviour"
    received: Headers
    """The headers of the request."""
    operation: Operation | None = None
    """None until the request is routed, and for what is no operation of the contract."""
    headers: Headers = ()
    """What every answer of this exchange carries besides its own headers."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What the verified credential says."""
    value: object = MISSING
    """The body of the request, once it was read as JSON."""
    answer: Answer | None = None
    """What was answered, before any fault touched it."""

    def find(self, expression: Expression) -> object:
        """Return what a runtime expression about the request means here, or `MISSING`."""
        if expression.part == "body":
            return expression.of(self.value)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in self.received}
        return expression.of(self.value, headers)


def place(scope: "Scope", exchange: Exchange) -> None:
    """Put the exchange where all later stations find it."""
    scope[_KEY] = exchange


def exchange_of(scope: "Scope") -> Exchange:
    """Return the exchange that `scope` belongs to; `LookupError` on the mock's own paths."""
    exchange: Exchange = scope[_KEY]
    return exchange
