"""Documents: the properties of a resource after each operation on it. Pure."""

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from mock_server.resource_view import Update
from mock_server.resources.shapes import Shape
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer
from openapi.resources.model import Resource, SharedProperty
from openapi.resources.schema_values import SchemaReader

_CHANGED = re.compile(r"(updat|modif|chang|edit)", re.IGNORECASE)
"""Names of dates that each change sets."""
Document = dict[str, Json]


class Documents:
    """Rules by which the operations of one resource make its document."""

    def __init__(self, contract: Contract, resource: Resource, hidden: frozenset[str]) -> None:
        """Take the resource; `hidden` are names of properties that only the creation shows."""
        self._resource = resource
        self._reader = SchemaReader(contract.document)
        self._hidden = hidden
        self.writable = frozenset(
            _first(shared.resource)
            for operation in resource.properties.values()
            for shared in operation
        ) - {resource.identity_name}

    def sent(self, operation: Operation, body: Json) -> Document:
        """Return the properties of the resource that a request sets, as the resource has them."""
        described = self._resource.described_by(operation, body)
        made: Document = {}
        if described is MISSING:
            return made
        for shared in self._shared(operation):
            _copy_property(described, shared, made)
        return made

    def create(
        self,
        operation: Operation,
        sent: Mapping[str, Json],
        shapes: Sequence[Shape],
        generated: Mapping[str, Json],
        now: datetime,
    ) -> Document:
        """Return the document of a new resource.

        `generated` are the generated values of the creation; `shapes` show the resource, the one
        of its creation first.
        """
        made: Document = {}
        for shape in reversed(shapes):
            made.update(copy.deepcopy(dict(shape.example)))
        made.update(copy.deepcopy(dict(generated)))
        for name in self._hidden:
            made.pop(name, None)
        for shape in shapes:
            for name in [*made]:
                is_set = made[name] is not None and name not in sent and shape.knows(name)
                if is_set and shape.has_format(name, "date-time", "date"):
                    _set_time(made, name, shape, now)
        examples = copy.deepcopy(made)
        for shared in self._shared(operation):
            if shared.resource != join_pointer("", self._resource.identity_name):
                _remove(made, shared.resource)
        self._complete(operation, made, sent, shapes, examples)
        return made

    def replace(
        self,
        operation: Operation,
        old: Mapping[str, Json],
        sent: Mapping[str, Json],
        shapes: Sequence[Shape],
        now: datetime,
    ) -> Update:
        """Return the document after a replacement: what the client cannot set stays."""
        made = copy.deepcopy(dict(old))
        for shared in self._shared(operation):
            if shared.resource != join_pointer("", self._resource.identity_name):
                _remove(made, shared.resource)
        self._complete(operation, made, sent, shapes, old)
        return self._update(old, made, sent, shapes, now)

    def change(
        self,
        old: Mapping[str, Json],
        sent: Mapping[str, Json],
        shapes: Sequence[Shape],
        now: datetime,
    ) -> Update:
        """Return the document after a change: a merge, in which null removes (RFC 7396).

        null stays null if a response needs the property and allows null, or if the contract states
        no merge patch and a response allows null. A property that a response needs otherwise stays.
        """
        made = merge_patch(old, sent, removes=self._resource.is_merge_patch)
        for name, value in sent.items():
            if value is None:
                self._remove(made, name, old, shapes)
        return self._update(old, made, sent, shapes, now)

    def act(self, old: Mapping[str, Json], shape: Shape, now: datetime) -> Update:
        """Return the document after an action, with what the example of its response states.

        The example gives states, such as an enumeration, and what the resource does not have yet.
        """
        made = copy.deepcopy(dict(old))
        for name, value in shape.example.items():
            if (
                name in self.writable
                or name in self._hidden
                or name == self._resource.identity_name
            ):
                continue
            if shape.is_named_value(name):
                made[name] = copy.deepcopy(value)
            elif made.get(name) is None and value is not None:
                made[name] = copy.deepcopy(value)
                if shape.has_format(name, "date-time", "date"):
                    _set_time(made, name, shape, now)
        return self._update(old, made, {}, [shape], now)

    def _shared(self, operation: Operation) -> Sequence[SharedProperty]:
        return self._resource.properties.get(operation.id, ())

    def _complete(
        self,
        operation: Operation,
        made: Document,
        sent: Mapping[str, Json],
        shapes: Sequence[Shape],
        examples: Mapping[str, Json],
    ) -> None:
        """Set what the request sends, defaults, and what a response needs all the same."""
        for shared in self._shared(operation):
            default = self._default(operation, shared)
            if default is not MISSING:
                _set(made, shared.resource, copy.deepcopy(default))
        for name, value in sent.items():
            both = isinstance(made.get(name), dict) and isinstance(value, dict)
            made[name] = merge_patch(made[name], value, removes=False) if both else value
        for shape in shapes:
            for name in shape.required - made.keys() - self._hidden:
                if shape.allows(name, None):
                    made[name] = None
                elif name in examples:
                    made[name] = copy.deepcopy(examples[name])

    def _default(self, operation: Operation, shared: SharedProperty) -> Json:
        body = operation.body
        if body is None or body.schema is None:
            return MISSING
        root = self._resource.request_roots.get(operation.id, "")
        stated = self._reader.at(body.schema, root + shared.request).stated
        return next((one["default"] for one in stated if "default" in one), MISSING)

    def _remove(
        self, made: Document, name: str, old: Mapping[str, Json], shapes: Sequence[Shape]
    ) -> None:
        knowing = [shape for shape in shapes if shape.knows(name)]
        needs = any(name in shape.required for shape in knowing)
        allows = bool(knowing) and all(shape.allows(name, None) for shape in knowing)
        made.pop(name, None)
        if allows and (needs or not self._resource.is_merge_patch):
            made[name] = None
        elif needs and name in old:
            made[name] = copy.deepcopy(old[name])

    def _update(
        self,
        old: Mapping[str, Json],
        made: Document,
        sent: Mapping[str, Json],
        shapes: Sequence[Shape],
        now: datetime,
    ) -> Update:
        name = self._resource.identity_name
        if name in old:
            made[name] = copy.deepcopy(old[name])
        for shape in shapes:
            for name in [*made]:
                is_date = shape.knows(name) and shape.has_format(name, "date-time", "date")
                if is_date and _CHANGED.search(name) and name not in self.writable:
                    _set_time(made, name, shape, now)
        return Update(made, frozenset(sent), self.writable)


def merge_patch(old: Json, patch: Json, *, removes: bool = True) -> Json:
    """Return `old` after a JSON Merge Patch (RFC 7396); without `removes` null is a value.

    On the first level null is a value too: the caller decides what it means there.
    """
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    made = copy.deepcopy(dict(old)) if isinstance(old, Mapping) else {}
    for name, value in patch.items():
        made[name] = _merge_below(made.get(name), value) if removes else merge_patch(
            made.get(name), value, removes=False
        )  # fmt: skip
    return made


def _merge_below(old: Json, patch: Json) -> Json:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    made = copy.deepcopy(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _merge_below(made.get(name), value)
    return made


def _copy_property(described: Json, shared: SharedProperty, made: Document) -> None:
    """Copy a property of the request, or the value of an object above it, such as null."""
    source, target = split_pointer(shared.request), split_pointer(shared.resource)
    for depth in range(1, len(source) + 1):
        value = get_at(described, join_pointer("", *source[:depth]))
        if value is MISSING:
            return
        is_last = depth == len(source)
        if is_last or (source == target and (value == {} or not isinstance(value, dict))):
            _set(
                made,
                join_pointer("", *target[: len(target) if is_last else depth]),
                copy.deepcopy(value),
            )
            return


def _set(made: Document, pointer: str, value: Json) -> None:
    """Set a value, with the objects above it."""
    *above, last = split_pointer(pointer)
    place = made
    for name in above:
        if not isinstance(place.get(name), dict):
            place[name] = {}
        place = place[name]
    place[last] = value


def _remove(made: Document, pointer: str) -> None:
    """Remove a value, and the objects above it that are empty then."""
    path = split_pointer(pointer)
    for depth in range(len(path) - 1, -1, -1):
        place = get_at(made, join_pointer("", *path[:depth]))
        if not isinstance(place, dict):
            continue
        place.pop(path[depth], None)
        if place:
            return


def _first(pointer: str) -> str:
    return split_pointer(pointer)[0] if pointer else ""


def _set_time(made: Document, name: str, shape: Shape, now: datetime) -> None:
    """Set a date to `now`, in the form that the schema allows, or leave it."""
    moment = now.astimezone(UTC)
    for text in (
        moment.isoformat().replace("+00:00", "Z"),
        moment.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        moment.date().isoformat(),
    ):
        if shape.allows(name, text):
            made[name] = text
            return
