"""Shape: how a body shows a resource, and the projection of its document on that shape."""

import copy
from collections.abc import Iterator, Mapping
from functools import cache

from openapi.contract import Contract, Json
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at, split_pointer
from openapi.resources.schema_values import SchemaReader
from openapi.schemas.direction import RESPONSE
from openapi.schemas.validation import SchemaViolation

_MAX_REPAIRS = 12
_MAX_VIOLATIONS = 50
_MAX_DEPTH = 6


class Shape:
    """Object of a body that shows a resource.

    Its example completes what the document of the resource lacks.
    """

    def __init__(
        self,
        contract: Contract,
        pointer: str,
        root: str,
        example: Json,
        *,
        writable: frozenset[str] = frozenset(),
        identity: str = "",
    ) -> None:
        """Take the schema of a body at `pointer`, and the pointer `root` of the resource in it.

        `example` is a body. A property of `writable` that a document lacks was not sent, so the
        example does not complete it. `identity` is the name of the property that stays as it is.
        """
        self._reader = SchemaReader(contract.document)
        self._schema = contract.schema(pointer)
        self._contract = contract
        self._pointer = pointer
        self._root = root
        self._example = example
        self._writable = writable
        self._identity = identity
        self.names = cache(lambda place: frozenset(self._reader.properties(pointer, place)))
        self.required = self._reader.required(pointer, root, RESPONSE)

    @property
    def example(self) -> Mapping[str, Json]:
        """Example of the resource in this shape."""
        found = get_at(self._example, self._root)
        return found if isinstance(found, dict) else {}

    @property
    def property_names(self) -> frozenset[str]:
        """Names of the properties of the resource; empty if the schema names none."""
        return self.names(self._root)

    def objections(
        self, document: Mapping[str, Json], given: Mapping[str, Json]
    ) -> Iterator[tuple[str, str]]:
        """Yield place and message of each rule that the `given` properties of `document` break.

        Yield nothing if the example around them breaks a rule.
        """
        body = copy.deepcopy(self._example)
        shown = {**self._object(document, self.example), **self._narrow(given, self._root, 0)}
        if self._root:
            set_at(body, self._root, shown)
        else:
            body = shown
        for violation in self._schema.violations(body, _MAX_VIOLATIONS):
            pointer = violation.instance.removeprefix(self._root)
            if violation.instance.startswith(self._root) and (
                not pointer or split_pointer(pointer)[0] in given
            ):
                yield pointer, violation.message

    def knows(self, name: str) -> bool:
        """Return whether the schema names the property `name` of the resource."""
        return name in self.names(self._root)

    def allows(self, name: str, value: Json) -> bool:
        """Return whether `value` is valid as the property `name`."""
        places = self._reader.at(self._pointer, join_pointer(self._root, name)).places
        return bool(places) and self._contract.schema(places[0]).is_valid(value)

    def has_format(self, name: str, *formats: str) -> bool:
        """Return whether the property `name` has one of `formats`."""
        place = join_pointer(self._root, name)
        return self._reader.at(self._pointer, place).format in formats

    def is_named_value(self, name: str) -> bool:
        """Return whether the property `name` is a boolean, or one of listed values."""
        value = self._reader.at(self._pointer, join_pointer(self._root, name))
        return value.listed_values is not None or value.types == {"boolean"}

    def body(self, document: Mapping[str, Json], around: Json = MISSING) -> Json:
        """Return a body that shows `document`; `around` replaces the example around it."""
        body = copy.deepcopy(self._example if around is MISSING else around)
        example = get_at(body, self._root)
        shown = self._object(document, example if isinstance(example, dict) else {})
        if self._root:
            set_at(body, self._root, shown)
        else:
            body = shown
        return self._repaired(body)

    def _object(self, document: Mapping[str, Json], example: Mapping[str, Json]) -> Json:
        """Return the projection of `document`, completed by `example`; it may be invalid."""
        made = self._narrow(document, self._root, 0)
        for name, value in example.items():
            if name not in made and (name not in self._writable or name in self.required):
                made[name] = None if self._was_omitted(name) else copy.deepcopy(value)
        return made

    def _was_omitted(self, name: str) -> bool:
        return name in self._writable and self.allows(name, None)

    def _narrow(self, value: Mapping[str, Json], place: str, depth: int) -> dict[str, Json]:
        """Return the properties of `value` that the schema at `place` names, or all of them."""
        names = self.names(place)
        made: dict[str, Json] = {}
        for name, item in value.items():
            if names and name not in names:
                continue
            below = join_pointer(place, name)
            if isinstance(item, dict) and depth < _MAX_DEPTH:
                made[name] = self._narrow(item, below, depth + 1)
            else:
                made[name] = copy.deepcopy(item)
        return made

    def _repaired(self, body: Json) -> Json:
        """Return `body` with the offending properties replaced by the example's, or dropped."""
        for _ in range(_MAX_REPAIRS):
            if self._schema.is_valid(body):
                return body
            for violation in self._schema.violations(body, _MAX_VIOLATIONS):
                self._repair(body, violation)
        shown = get_at(body, self._root)
        made = copy.deepcopy(self._example)
        identity = join_pointer(self._root, self._identity)
        if isinstance(shown, dict) and isinstance(get_at(made, self._root), dict):
            before = copy.deepcopy(made)
            set_at(made, identity, shown.get(self._identity, get_at(made, identity)))
            if not self._identity or not self._schema.is_valid(made):
                return before
        return made

    def _repair(self, body: Json, violation: SchemaViolation) -> None:
        depth = len(split_pointer(self._root))
        shown = get_at(body, self._root)
        path = split_pointer(violation.instance)
        if not isinstance(shown, dict) or path[:depth] != split_pointer(self._root):
            return
        if len(path) > depth:
            offending = [path[depth]]
        elif violation.keyword == "required":
            offending = [violation.detail]
        else:  # a rule about the whole object: what only the example or only the document has
            offending = [
                n for n in {**shown, **self.example} if n not in shown.keys() & self.example.keys()
            ]
            offending = offending or [*shown]
        for name in offending:
            self._replace(shown, name)

    def _replace(self, shown: dict[str, Json], name: str) -> None:
        """Replace the property `name` by that of the example, or drop it."""
        stated = self.example.get(name, MISSING)
        if name == self._identity and name in shown:
            return
        if stated is MISSING or (
            name not in self.required and name in shown and shown[name] == stated
        ):
            shown.pop(name, None)
        elif name in self._writable and name not in self.required and name in shown:
            shown.pop(name)
        else:
            shown[name] = copy.deepcopy(stated)
