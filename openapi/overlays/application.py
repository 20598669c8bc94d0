"""Application of overlays to a document: select, then update, copy or remove.

An action with a fault is left out whole, and becomes a complaint. The sections are those of the
Overlay Specification 1.1.0.
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openapi.complaint import Complaint
from openapi.json_pointer import join_pointer
from openapi.overlays.json_path import MAX_VISITS, JsonPath, JsonPathFault, Selected
from openapi.overlays.merge import (
    Misfit,
    append_item,
    append_items,
    check_merge,
    copy_value,
    kind_of,
    measure,
    merge_object,
)
from openapi.overlays.overlay import Action, ActionFault, Overlay, extended_file, read_overlay
from openapi.parsing.document_source import DocumentSource, Overlaying
from openapi.parsing.json_source import MAX_DEPTH
from openapi.parsing.origin import Origin

TARGET_RULE = "overlay-target"
EXTENDS_RULE = "overlay-extends"
MAX_ADDED = 300_000
"""Maximum of values that overlays add, because copies of copies could fill the memory."""


def apply_overlays(document: DocumentSource, overlays: Sequence[DocumentSource]) -> DocumentSource:
    """Return `document`, whose data this changes, with `overlays` applied in order.

    Raise `ContractError` if one of them is no overlay.
    """
    if not isinstance(document.data, dict):
        return document
    read = [read_overlay(source, number) for number, source in enumerate(overlays, 1)]
    application = _Application(document.data)
    for number, overlay in enumerate(read, 1):
        application.complaints += overlay.complaints
        application.complaints += _contradicted_extends(document, overlay, number)
        application.apply(overlay, number)
    return DocumentSource(
        document.name,
        document.data,
        json.dumps(document.data, indent=2),
        document.find_places,
        document.path,
        Overlaying((document, *overlays), application.origin, tuple(application.complaints)),
    )


def _contradicted_extends(
    document: DocumentSource, overlay: Overlay, number: int
) -> Iterator[Complaint]:
    """Yield a complaint if `extends` is a file, and another one than the document."""
    extended = extended_file(overlay.extends, overlay.source.path)
    if extended is None or document.path is None:
        return
    if os.path.realpath(extended) != os.path.realpath(document.path):
        message = f"the overlay extends {overlay.extends}, but is applied to {document.name}"
        edit = "apply it to that document, or correct `extends`"
        yield Complaint("warning", EXTENDS_RULE, "/extends", message, edit, overlay=number)


class _Application:
    """Application of overlays to one document, which it changes."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.complaints: list[Complaint] = []
        self.origin = Origin(0, "")
        self._document = document
        self._count, _ = measure(document)
        self._added = 0
        self._version = ""

    def apply(self, overlay: Overlay, number: int) -> None:
        """Apply the actions of `overlay` in order, each to the result of the one before."""
        self._version = overlay.version
        for action in overlay.actions:
            try:
                self._apply(action, number)
            except ActionFault as fault:
                self.complaints.append(fault.complaint(action.pointer, number))

    def _apply(self, action: Action, number: int) -> None:
        selected = self._select(action.target, "/target")
        if not selected:
            place = join_pointer(action.pointer, "target")
            message, edit = self._explain_nothing(action.target)
            self.complaints.append(
                Complaint("warning", TARGET_RULE, place, message, edit, overlay=number)
            )
        elif action.kind == "remove":
            self._remove(selected)
        elif action.kind == "update":
            given = Origin(number, join_pointer(action.pointer, "update"))
            self._merge(selected, action.value, "/update", given)
        else:
            self._copy(selected, action.value)

    def _select(self, path: str, pointer: str) -> list[Selected]:
        try:
            visits = max(MAX_VISITS, 3 * (self._count + self._added))
            return JsonPath(path).select(self._document, visits)
        except JsonPathFault as fault:
            raise ActionFault(pointer, str(fault), "correct the JSONPath (RFC 9535)") from None

    def _explain_nothing(self, target: str) -> tuple[str, str]:
        """Return the message and the edit for a target without a value: a similar name."""
        parent: Any = self._document
        for name in JsonPath(target).names:
            if isinstance(parent, Mapping) and name in parent:
                parent = parent[name]
                continue
            known = [*parent] if isinstance(parent, Mapping) else []
            guess = difflib.get_close_matches(name, known, 1)
            if guess:
                message = f"the target selects nothing: there is no {name!r}"
                return f"{message}; did you mean {guess[0]!r}?", f"write {guess[0]!r}"
            break
        return "the target selects nothing", "correct the target, or remove the action"

    def _remove(self, selected: Sequence[Selected]) -> None:
        """Remove the selected values from the objects and arrays that contain them."""
        self._check_no_primitive(selected)
        if any(not one.tokens for one in selected):
            raise ActionFault(
                "/target", "the whole document cannot be removed", "select a part of it"
            )
        removed: dict[int, tuple[Any, Origin, set[str]]] = {}
        for one in selected:
            parent, origin = self._enter(one.tokens[:-1])
            removed.setdefault(id(parent), (parent, origin, set()))[2].add(one.tokens[-1])
        for parent, origin, tokens in removed.values():
            if isinstance(parent, dict):
                for token in tokens:
                    del parent[token]
                    origin.remove(token)
            else:
                indices = {int(token) for token in tokens}
                origin.remove_items(indices, len(parent))
                parent[:] = [item for index, item in enumerate(parent) if index not in indices]

    def _copy(self, selected: Sequence[Selected], path: str) -> None:
        """Merge a copy of the one value that `path` selects."""
        found = self._select(path, "/copy")
        if len(found) != 1:
            count = f"{len(found)} values" if found else "nothing"
            edit = self._explain_nothing(path)[1] if not found else "select one value"
            raise ActionFault("/copy", f"the JSONPath selects {count}, and not one value", edit)
        self._merge(selected, found[0].value, "/copy", self.origin.find(found[0].tokens))

    def _merge(self, selected: Sequence[Selected], value: Any, pointer: str, given: Origin) -> None:
        """Merge `value`, which is at `pointer` of the action, into each of the selected values."""
        self._check_no_primitive(selected)
        kinds = [*dict.fromkeys(kind_of(one.value) for one in selected)]
        if self._version != "1.0" and len(kinds) > 1:
            message = f"the target selects values of several kinds: {', '.join(kinds)}"
            raise ActionFault("/target", message, "select values of one kind with each action")
        for one in selected:
            try:
                self._check_merge(one.value, value)
            except Misfit as misfit:
                place = pointer + (misfit.pointer if pointer == "/update" else "")
                inside = join_pointer("", *one.tokens) + misfit.pointer
                message = f"{misfit} at {inside or 'the document'}"
                raise ActionFault(place, message, misfit.edit) from None
        self._check_size(selected, value, pointer)
        value, given = copy_value(value), given.copy()  # it may contain what it is merged into
        for one in selected:
            self._merge_one(one, value, given)

    def _check_no_primitive(self, selected: Sequence[Selected]) -> None:
        """Raise `ActionFault` for a primitive value, which no target of 1.0 selects."""
        if self._version == "1.0" and any(kind_of(one.value) == "primitive" for one in selected):
            message = "the target selects a primitive value, which version 1.0 does not allow"
            raise ActionFault(
                "/target", message, "select what contains it, or write `overlay: 1.1.0`"
            )

    def _check_merge(self, into: Any, value: Any) -> None:
        """Raise `Misfit` if `value` cannot be merged: an array takes any value as an item."""
        if not isinstance(into, list):
            check_merge(into, value)

    def _check_size(self, selected: Sequence[Selected], value: Any, pointer: str) -> None:
        count, depth = measure(value)
        if max(len(one.tokens) for one in selected) + depth + 1 > MAX_DEPTH:
            raise ActionFault(
                pointer, f"the result is nested deeper than {MAX_DEPTH}", "select less"
            )
        if self._added + count * len(selected) > MAX_ADDED:
            message = f"the overlays add more than {MAX_ADDED} values"
            raise ActionFault(pointer, message, "select less")
        self._added += count * len(selected)

    def _merge_one(self, one: Selected, value: Any, given: Origin) -> None:
        if isinstance(one.value, dict):
            _, origin = self._enter(one.tokens)
            merge_object(one.value, value, origin, given)
        elif isinstance(one.value, list):
            _, origin = self._enter(one.tokens)
            if isinstance(value, list) and self._version != "1.0":
                append_items(one.value, value, origin, given)
            else:
                append_item(one.value, value, origin, given)
        else:
            parent, origin = self._enter(one.tokens[:-1])
            key = int(one.tokens[-1]) if isinstance(parent, list) else one.tokens[-1]
            parent[key] = value
            origin.put(one.tokens[-1], given)

    def _enter(self, tokens: Sequence[str]) -> tuple[Any, Origin]:
        """Return the value at the path of `tokens` and its origin, to change both."""
        value: Any = self._document
        origin = self.origin
        for token in tokens:
            value = value[int(token)] if isinstance(value, list) else value[token]
            origin = origin.enter(token)
        return value, origin
