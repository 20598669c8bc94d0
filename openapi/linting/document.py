"""Document under lint: its objects as the user wrote them, and the contract that they make."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from openapi.contract import Contract
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.loading.references import ReferenceFault, References
from openapi.loading.structure import child_objects


class Fault(NamedTuple):
    """Fault that a rule finds."""

    pointer: str
    """Pointer into the whole document, with its files."""
    message: str
    """Value and rule, without the place."""
    edit: str
    """Change that mends it."""


class ObjectAt(NamedTuple):
    """OpenAPI object of a document."""

    pointer: str
    value: Mapping[str, Any]


class LintedDocument:
    """Document under lint. Loading has not changed `stated`; it has made `contract`."""

    def __init__(
        self, stated: dict[str, Any], references: References, contract: Contract, text: str
    ) -> None:
        self.stated = stated
        self.contract = contract
        self.text = text
        """Source text, without that of other files."""
        version = str(stated.get("openapi", stated.get("swagger")))
        self.version = "3.0" if version.startswith("3.0") else "3.1"
        self._references = references

    def objects(self, *kinds: str) -> Iterator[tuple[str, ObjectAt]]:
        """Yield kind and object of each object of these kinds (without any: of all)."""
        for kind in kinds or self._objects:
            yield from ((kind, found) for found in self._objects.get(kind, ()))

    @cached_property
    def _objects(self) -> Mapping[str, Sequence[ObjectAt]]:
        """Objects by kind, those of referenced files too; a reference is an object."""
        found: dict[str, list[ObjectAt]] = {}
        seen: set[int] = set()
        pending: list[tuple[str, str, Any]] = [("document", "", self.stated)]
        while pending:
            kind, pointer, value = pending.pop()
            if not isinstance(value, dict) or id(value) in seen:
                continue
            seen.add(id(value))
            found.setdefault(kind, []).append(ObjectAt(pointer, value))
            if isinstance(value.get("$ref"), str):
                target = self._target(pointer, value["$ref"])
                if target is not None:
                    pending.append((kind, target, get_at(self.stated, target)))
                if kind not in ("schema", "path-item"):
                    continue
            pending += [
                (below, join_pointer(pointer, *path), item)
                for path, below, item in reversed([*child_objects(kind, value)])
            ]
        return found

    def _target(self, pointer: str, reference: str) -> str | None:
        try:
            return self._references.resolve(reference, self._references.file_of(pointer))
        except ReferenceFault:
            return None

    def resolve(self, pointer: str) -> ObjectAt | None:
        """Return the object at `pointer`, references followed; None if there is none."""
        for _ in range(20):
            value = get_at(self.stated, pointer)
            if not isinstance(value, dict):
                return None
            if not isinstance(value.get("$ref"), str):
                return ObjectAt(pointer, value)
            target = self._target(pointer, value["$ref"])
            if target is None:
                return None
            pointer = target
        return None

    def in_contract(self, pointer: str) -> str | None:
        """Return the pointer in the contract of the schema at `pointer`; None if it is removed.

        Loading moves a schema with `nullable` beside a combination into `anyOf`.
        """
        document, place = self.contract.document, ""
        for part in pointer.split("/")[1:]:
            candidates = (part, f"anyOf/0/{part}", "prefixItems" if part == "items" else part)
            below = (f"{place}/{candidate}" for candidate in candidates)
            found = next((one for one in below if get_at(document, one) is not MISSING), None)
            if found is None:
                return None
            place = found
        return place

    def as_stated(self, pointer: str) -> str:
        """Return the pointer, as the user wrote it, of what is at `pointer` in the contract."""
        value: Any = self.stated
        kept = []
        parts = iter(pointer.split("/")[1:])
        for part in parts:
            if part == "prefixItems" and get_at(value, "/items") is not MISSING:
                part = "items"  # noqa: PLW2901 - the name before loading
            below = get_at(value, f"/{part}")
            if below is MISSING and part == "anyOf":
                next(parts, None)
                continue
            kept.append(part)
            value = below
        return "".join(f"/{part}" for part in kept)

    def split(self, pointer: str) -> tuple[str, str]:
        """Return the file of `pointer` (empty: the document), and the pointer within it."""
        return self._references.split(pointer)
