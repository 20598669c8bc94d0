"""Identities of new resources: valid by their schema, and not taken."""

import random
from collections.abc import Callable

from mock_server.responses.success import Success
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Json
from openapi.examples import draw_value
from openapi.json_pointer import get_at, set_at
from openapi.resources.schema_values import SchemaReader
from openapi.schemas.direction import RESPONSE

_MAX_NEXT = 100_000
"""Values of the counter that are tried: a mock with a seed counts from 0 after a restart."""
_MAX_DRAWN = 50


def draw_identity(
    contract: Contract,
    value: Json,
    place: str,
    success: Success,
    unique_values: UniqueValues,
    is_taken: Callable[[Json], bool],
) -> None:
    """Set the identity at `place` of `value`, in place, until it is not taken.

    If the format of the example gives no further value, values of the schema are drawn.
    """
    assert success.schema is not None
    seen: set[str] = set()
    for _ in range(_MAX_NEXT):
        if not is_taken(value):
            return
        current = repr(get_at(value, place))
        if current in seen:
            break
        seen.add(current)
        unique_values.set_unique_value(
            value, place, success.schema, success.examples.get(place, get_at(value, place))
        )
    places = SchemaReader(contract.document).at(success.schema.pointer, place).places
    drawn = random.SystemRandom()
    for _ in range(_MAX_DRAWN if places else 0):
        seeded = random.Random(drawn.random())  # noqa: S311 - an identity, no secret
        set_at(value, place, draw_value(contract, contract.at(places[0]), seeded, RESPONSE).value)
        if success.schema.is_valid(value) and not is_taken(value):
            return
