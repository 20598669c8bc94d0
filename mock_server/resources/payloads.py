"""Resources in payloads: the places of an event that show the resource of the exchange."""

from collections.abc import Iterator
from functools import lru_cache

from mock_server.resource_view import ShownResource
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import get_at, join_pointer
from openapi.resources.model import Resource
from openapi.resources.names import IDENTITIES
from openapi.resources.schema_values import SchemaReader
from openapi.runtime_expression import parse_expression

_MAX_DEPTH = 3


def show_resource(
    contract: Contract, event: Event, shown: ShownResource, payload: Json
) -> frozenset[str]:
    """Show the stored values in `payload`, in place; return the places of the identity.

    A place shows the resource if a component describes both, or if it has the identity.
    """
    name = shown.model.identity_name
    identities = set()
    for place in _places(contract, event, shown.model):
        example = get_at(payload, place)
        if not isinstance(example, dict):
            continue
        body = shown.shape_at(event.schema, place, payload).body(shown.document)
        made = get_at(body, place)
        if isinstance(made, dict):
            example.clear()
            example.update(made)
            if name in made and made[name] == shown.document.get(name):
                identities.add(join_pointer(place, name))
    return frozenset(identities)


@lru_cache(maxsize=256)
def _places(contract: Contract, event: Event, resource: Resource) -> tuple[str, ...]:
    """Return the places in the payload that show the resource."""
    reader = SchemaReader(contract.document)
    shown = [
        reader.at(schema, resource.roots[operation])
        for operation, schema in resource.schemas.items()
        if schema and operation in resource.roots
    ]
    echoed = {*_echoed_identities(event, resource)}
    name = resource.identity_name
    found = []
    for place in _objects(reader, event.schema, "", 0):
        here = reader.at(event.schema, place)
        shares = any(here.shares_component(one) for one in shown)
        named = bool(name) and name in reader.properties(event.schema, place)
        is_special = named and name.lower() not in IDENTITIES
        if shares or is_special or (named and join_pointer(place, name) in echoed):
            found.append(place)
    return tuple(found)


def _echoed_identities(event: Event, resource: Resource) -> Iterator[str]:
    """Yield the places in the payload that repeat the identity of the resource."""
    parameter = f"path.{resource.parameter}"
    for echo in event.trigger.get("echoes", ()):
        source = parse_expression(echo["from"])
        if source == resource.identity or source.parameter_key == parameter:
            yield echo["to"]


def _objects(reader: SchemaReader, schema: str, place: str, depth: int) -> Iterator[str]:
    yield place
    if depth < _MAX_DEPTH:
        for name in reader.properties(schema, place):
            below = join_pointer(place, name)
            if reader.at(schema, below).types == {"object"}:
                yield from _objects(reader, schema, below, depth + 1)
