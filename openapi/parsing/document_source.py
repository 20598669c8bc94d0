"""Source of a document: plain JSON data, its text, and the position of each value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from openapi.complaint import Complaint
from openapi.json_pointer import split_pointer
from openapi.parsing.origin import Origin


@dataclass(frozen=True, slots=True)
class DocumentText:
    """Text of a document that is no file, such as one that a URL delivered."""

    name: str
    """Name for messages and reports, such as the URL."""
    text: str = field(repr=False)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Location(NamedTuple):
    """Position in a file, line and column from 1."""

    file: int
    """Number of the file in `DocumentSource.files`: 0 is the document, others are overlays."""
    line: int
    column: int


@dataclass(frozen=True)
class Overlaying:
    """Files that a document with overlays was made of."""

    files: tuple["DocumentSource", ...]
    """The document as it was read, and the overlays in the order of their application."""
    origin: Origin = field(repr=False)
    complaints: tuple[Complaint, ...] = ()
    """Complaints about the overlays and what they do."""


@dataclass(frozen=True)  # without slots, because cached properties need a __dict__
class DocumentSource:
    """Document as plain data, with the position of each value."""

    name: str
    data: object
    text: str = field(repr=False)
    """Text of the file; of a document with overlays its text as JSON."""
    find_places: Callable[[], Mapping[str, tuple[int, int]]] = field(repr=False)
    """Function that returns `places`; a JSON document is only scanned for them when needed."""
    path: Path | None = None
    """File, as the user named it; None: it has none."""
    overlaying: Overlaying | None = None
    """Overlays that were applied; None: none."""

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """JSON Pointer of each value -> line and column, from 1."""
        return self.find_places()

    @property
    def files(self) -> tuple["DocumentSource", ...]:
        """Document as it was read, and the overlays."""
        return self.overlaying.files if self.overlaying else (self,)

    def locate(self, pointer: str) -> Location:
        """Return the file and position of the value at `pointer`, or of its nearest parent."""
        number = 0
        if self.overlaying is not None:
            origin = self.overlaying.origin.find(split_pointer(pointer))
            number, pointer = origin.file, origin.pointer
        places = self.files[number].places
        while pointer not in places:
            pointer = pointer.rpartition("/")[0]
        return Location(number, *places[pointer])

    def place(self, pointer: str) -> str:
        """Return `file:line:column (pointer)` of the value at `pointer`, or of its parent."""
        file, line, column = self.locate(pointer)
        return f"{self.files[file].name}:{line}:{column} ({pointer or 'the document'})"
