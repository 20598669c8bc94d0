"""Source of a document: plain JSON data, its text, and the position of each value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class DocumentText:
    """Text of a document that is no file, such as one that a URL delivered."""

    name: str
    """Name for messages and reports, such as the URL."""
    text: str = field(repr=False)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(frozen=True)  # without slots, because cached properties need a __dict__
class DocumentSource:
    """Document as plain data, with the position of each value."""

    name: str
    data: object
    text: str = field(repr=False)
    find_places: Callable[[], Mapping[str, tuple[int, int]]] = field(repr=False)
    """Function that returns `places`; a JSON document is only scanned for them when needed."""

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """JSON Pointer of each value -> line and column, from 1."""
        return self.find_places()

    def position(self, pointer: str) -> tuple[int, int]:
        """Return line and column of the value at `pointer`, or of its nearest parent."""
        known = pointer
        while known not in self.places:
            known = known.rpartition("/")[0]
        return self.places[known]

    def place(self, pointer: str) -> str:
        """Return `file:line:column (pointer)` of the value at `pointer`, or of its parent."""
        line, column = self.position(pointer)
        return f"{self.name}:{line}:{column} ({pointer or 'the document'})"
