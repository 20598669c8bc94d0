"""Origins: the file and the place that each value of a document with overlays comes from."""

from collections.abc import Iterable

from openapi.json_pointer import join_pointer


class Origin:
    """Origin of a value: the place where it is written, and different places of values in it."""

    __slots__ = ("below", "file", "pointer")

    def __init__(self, file: int, pointer: str) -> None:
        """Take the number of the file (0: the document) and the pointer of the value in it."""
        self.file = file
        self.pointer = pointer
        self.below: dict[str, Origin] | None = None
        """Origins of values in it that are not where this one says; None: there are none."""

    def find(self, tokens: Iterable[str]) -> "Origin":
        """Return the origin of the value at the path of `tokens`."""
        found = self
        for token in tokens:
            found = found.child(token)
        return found

    def child(self, token: str) -> "Origin":
        """Return the origin of an item."""
        known = self.below.get(token) if self.below else None
        return known or Origin(self.file, join_pointer(self.pointer, token))

    def enter(self, token: str) -> "Origin":
        """Return the origin of an item, whose changes are then changes of this origin."""
        return self._changed().setdefault(token, self.child(token))

    def put(self, token: str, origin: "Origin") -> None:
        """Note the origin of a new or replaced item."""
        self._changed()[token] = origin.copy()

    def remove(self, token: str) -> None:
        """Forget an item of an object."""
        self._changed().pop(token, None)

    def remove_items(self, removed: set[int], length: int) -> None:
        """Forget items of an array that had `length` items: the later ones move up."""
        left = [index for index in range(length) if index not in removed]
        self.below = {str(new): self.child(str(old)) for new, old in enumerate(left)}

    def copy(self) -> "Origin":
        """Return a copy with all origins below, for a copied value."""
        made = Origin(self.file, self.pointer)
        if self.below:
            made.below = {token: below.copy() for token, below in self.below.items()}
        return made

    def _changed(self) -> "dict[str, Origin]":
        self.below = {} if self.below is None else self.below
        return self.below
