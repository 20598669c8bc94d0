"""Seed data: resources of a file that a mock has from its start and after each reset."""

import copy
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mock_server.resource_view import ResourceKey, StoredResource
from mock_server.responses.identities import draw_identity
from mock_server.responses.keepers import ResourceKeepers
from mock_server.responses.kept_resource import KeptResource, keeper_of
from mock_server.storage.database import StateChange, Store
from mock_server.storage.resources import ResourceTable
from mock_server.unique_values import UniqueValues
from openapi.complaint import ContractError
from openapi.contract import Json
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at
from openapi.parameters import path_parameter_names
from openapi.parsing.document_file import read_file
from openapi.parsing.document_source import DocumentSource
from openapi.resources.derivation import find_resources
from openapi.runtime_expression import RuntimeExpression, parse_expression

PATH_KEY = "$path"
"""Key of a nested resource with its outer path parameters."""


@dataclass(frozen=True, slots=True)
class SeedResource:
    """Resource of the seed data, ready to be stored."""

    resource: StoredResource
    keys: tuple[ResourceKey, ...]
    operation: str
    """Id of the operation that creates such a resource."""


def read_seed_data(path: Path, keepers: ResourceKeepers) -> tuple[SeedResource, ...]:
    """Return the resources of the file at `path`, the last one of a collection as the newest.

    Raise `ValueError` for a file that cannot be read, and for data that the contract does not
    allow; the message names the place.
    """
    try:
        source = read_file(path, str(path))
    except ContractError as error:
        raise ValueError(str(error)) from None
    return tuple(_Reader(source, keepers).resources())


def store_seed_data(store: Store, seeds: Sequence[SeedResource]) -> None:
    """Store the resources, unless the store ever had some."""
    table = ResourceTable(store)
    with store.transaction() as db:
        if not table.is_empty():
            return
        for seed in seeds:
            if seed.resource.claim is not None:
                Store.insert_created(db, StateChange(seed.operation, seed.resource.claim, None))
            table.create(seed.resource, seed.keys)


class _Reader:
    """Reader of one file of seed data."""

    def __init__(self, source: DocumentSource, keepers: ResourceKeepers) -> None:
        self._source = source
        self._keepers = keepers
        self._contract = keepers.contract
        # The same identities in each worker and after each reset.
        self._unique_values = UniqueValues(keepers.seed)
        self._keys: set[ResourceKey] = set()
        self._claims: set[str] = set()

    def resources(self) -> Iterator[SeedResource]:
        """Yield the resources, in the order of the file."""
        known = {resource.name: resource for resource in find_resources(self._contract)}
        data = self._source.data
        if not isinstance(data, dict):
            raise self._problem("", "seed data is an object from paths of collections to lists")
        for path, items in data.items():
            place = join_pointer("", path)
            if path not in known:
                close = difflib.get_close_matches(str(path), known, 3, 0.3) or [*known]
                hint = f"use {' or '.join(close)}" if close else "the contract has none"
                text = f"the mock keeps no resources of {str(path)!r}; {hint}"
                raise self._problem(place, text)
            if not isinstance(items, list):
                raise self._problem(place, f"{path} is no list of resources; write a list")
            for number, item in enumerate(items):
                kept = keeper_of(self._keepers, known[path])
                yield self._resource(kept, join_pointer(place, number), item)

    def _resource(self, kept: KeptResource, place: str, item: Json) -> SeedResource:
        if not isinstance(item, dict):
            raise self._problem(place, "a resource is an object of its properties")
        create = kept.model.create
        parameters = self._parameters(kept, place, item.get(PATH_KEY, {}))
        given = {name: copy.deepcopy(v) for name, v in item.items() if name != PATH_KEY}
        self._check_names(kept, place, given)
        value = copy.deepcopy(kept.create.value)
        self._set_identity(kept, value, given, parameters)
        shown = kept.model.shown_by(create, value)
        generated = shown if shown is not MISSING else {}
        now = datetime.now(UTC)
        document = kept.documents.create(create, given, kept.shapes, generated, now)
        name = kept.model.identity_name
        if name in generated:
            document[name] = generated[name]
        self._check_values(kept, place, given, document)
        claim = self._claim(kept, place, document)
        keys = kept.keys(lambda part: _evaluate(part, value, document, parameters), "")
        if self._keys.intersection(keys):
            text = f"another resource has the {name or 'identity'} {given.get(name)!r}; use another"
            raise self._problem(join_pointer(place, name), text)
        self._keys.update(keys)
        return SeedResource(kept.stored(document, parameters, "", claim), keys, create.id)

    def _parameters(self, kept: KeptResource, place: str, stated: Json) -> dict[str, object]:
        names = path_parameter_names(kept.model.create.path)
        if not isinstance(stated, dict) or {*stated} != {*names}:
            text = f"{PATH_KEY} is an object with {' and '.join(names)}" if names else (
                f"{kept.model.name} has no path parameters; remove {PATH_KEY}"
            )  # fmt: skip
            raise self._problem(join_pointer(place, PATH_KEY), text)
        return {f"path.{name}": stated[name] for name in names}

    def _check_names(self, kept: KeptResource, place: str, given: Mapping[str, Json]) -> None:
        known = frozenset(name for shape in kept.shapes for name in shape.property_names)
        for name in given:
            if known and name not in known:
                close = difflib.get_close_matches(name, known, 3, 0.3) or sorted(known)
                text = f"the resource has no property {name!r}; use {' or '.join(close)}"
                raise self._problem(join_pointer(place, name), text)

    def _set_identity(
        self,
        kept: KeptResource,
        value: Json,
        given: Mapping[str, Json],
        parameters: Mapping[str, object],
    ) -> None:
        """Set the given identity in the body of a creation, or draw one."""
        name, where = kept.model.identity_name, kept.model.identity.where
        if not name or get_at(value, where) is MISSING or kept.create.schema is None:
            return
        if name in given:
            set_at(value, where, given[name])
            return

        def is_taken(drawn: Json) -> bool:
            keys = kept.keys(lambda part: _evaluate(part, drawn, {}, parameters), "")
            return bool(self._keys.intersection(keys))

        self._unique_values.set_unique_value(value, where, kept.create.schema)
        draw_identity(self._contract, value, where, kept.create, self._unique_values, is_taken)

    def _check_values(
        self, kept: KeptResource, place: str, given: Mapping[str, Json], document: Json
    ) -> None:
        model = kept.model
        shape = (kept.shape(model.read) if model.read else None) or kept.shape(model.create)
        for pointer, message in shape.objections(document, given) if shape else ():
            raise self._problem(f"{place}{pointer}", f"{pointer or 'the resource'}: {message}")

    def _claim(self, kept: KeptResource, place: str, document: Json) -> str | None:
        """Return what the creation of the resource would claim; raise if another one has it."""
        create = kept.model.create
        shared = {one.request: one.resource for one in kept.model.properties.get(create.id, ())}
        parts = [parse_expression(text) for text in create.duplicate_values]
        values = [get_at(document, shared.get(part.where, "/")) for part in parts]
        if not values or MISSING in values:
            return None
        claim = kept.claim_text(create, values, "")
        if claim in self._claims:
            pointer = f"{place}{shared[parts[0].where]}"
            raise self._problem(
                pointer, f"another resource has {values[0]!r} too; use another value"
            )
        self._claims.add(claim)
        return claim

    def _problem(self, pointer: str, text: str) -> ValueError:
        return ValueError(f"{self._source.place(pointer)}: {text}")


def _evaluate(
    part: RuntimeExpression, value: Json, document: Json, parameters: Mapping[str, object]
) -> object:
    if part.message == "response" and part.part == "body":
        return get_at(value, part.where)
    if part.parameter_key:
        return parameters.get(part.parameter_key, MISSING)
    return get_at(document, part.where) if part.part == "body" else MISSING
