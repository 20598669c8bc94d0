"""What one operation's success says of another: OpenAPI's links, read for path parameters."""

from dataclasses import dataclass

from openapi.expression import Expression


@dataclass(frozen=True, slots=True)
class Link:
    """A success of one operation names what another is about."""

    operation: str
    """The id of the other operation."""
    values: tuple[tuple[str, Expression], ...]
    """Name of a path parameter of the other -> where in this exchange its value stands."""
