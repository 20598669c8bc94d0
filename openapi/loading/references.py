"""References of a document: to its own values, and to files below its folder, never to a network.

Each referenced file becomes a part of the document, under `x-hookproof-files`, and each reference a
JSON Pointer into it. So whatever reads the document follows references in one way.
"""

import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openapi.complaint import ContractError
from openapi.json_pointer import MISSING, get_at, join_pointer, walk_values
from openapi.parsing.document_source import DocumentSource

FILES_KEY = "x-hookproof-files"
"""Key of the referenced files, by their path, in a loaded document."""


class ReferenceFault(Exception):
    """Reference that leads nowhere; the message says why."""


class References:
    """References of one document."""

    def __init__(
        self,
        document: dict[str, Any],
        path: Path | None,
        read: Callable[[Path, str], DocumentSource],
    ) -> None:
        """Resolve references of `document`, whose file is `path` (None: it has no file).

        `read` parses a file, given its path and the name for messages.
        """
        self._document = document
        self._path = path
        self._read = read
        self.sources: dict[str, DocumentSource] = {}
        """Source of each referenced file, by its path."""
        self._names: dict[str, Mapping[str, str]] = {}

    def resolve(self, reference: str, file: str) -> str:
        """Return the pointer that `reference`, found in `file`, leads to; load its file.

        Raise `ReferenceFault` if there is no value.
        """
        path, _, fragment = reference.partition("#")
        base = self._file_pointer(path, file) if path else self._base(file)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            pointer = self._anchors(base).get(fragment)
            if pointer is None:
                raise ReferenceFault(f"there is no $anchor {fragment!r}")
            return pointer
        pointer = base + fragment
        if get_at(self._document, pointer) is MISSING:
            raise ReferenceFault(f"there is nothing at {reference!r}")
        return pointer

    def file_of(self, pointer: str) -> str:
        """Return the file that `pointer` leads into; empty: the document's own."""
        own = f"/{FILES_KEY}/"
        if not pointer.startswith(own):
            return ""
        token = pointer[len(own) :].partition("/")[0]
        return token.replace("~1", "/").replace("~0", "~")

    def split(self, pointer: str) -> tuple[str, str]:
        """Return the file that `pointer` leads into, as above, and the pointer within it."""
        file = self.file_of(pointer)
        return file, pointer[len(self._base(file)) :]

    def _base(self, file: str) -> str:
        return join_pointer("", FILES_KEY, file) if file else ""

    def _file_pointer(self, path: str, file: str) -> str:
        if urlsplit(path).scheme or path.startswith("//"):
            identified = self._identified().get(path)
            if identified is not None:
                return identified
            raise ReferenceFault(
                f"{path!r} is not a file below the folder of the document; "
                "references over the network are not followed"
            )
        name = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(path)))
        if self._path is not None and name == self._path.name:
            return ""
        if name not in self.sources:
            self.sources[name] = self._load(name, path)
            self._document.setdefault(FILES_KEY, {})[name] = self.sources[name].data
        return join_pointer("", FILES_KEY, name)

    def _load(self, name: str, path: str) -> DocumentSource:
        if self._path is None:
            raise ReferenceFault(
                f"{path!r} is another file, and the document is no file: put both into one document"
            )
        root = self._path.parent.resolve()
        found = (root / name).resolve()
        if not found.is_relative_to(root):
            raise ReferenceFault(f"{path!r} is not below the folder of the document")
        if not found.is_file():
            raise ReferenceFault(f"there is no file {path!r}")
        try:
            return self._read(found, name)
        except ContractError as error:
            raise ReferenceFault(str(error)) from None

    def _anchors(self, base: str) -> Mapping[str, str]:
        """Return the pointer of each `$anchor` and `$dynamicAnchor` of a file."""
        return self._found(base, ("$anchor", "$dynamicAnchor"))

    def _identified(self) -> Mapping[str, str]:
        """Return the pointer of each schema with an `$id`."""
        return self._found("", ("$id",))

    def _found(self, base: str, keywords: tuple[str, ...]) -> Mapping[str, str]:
        key = f"{base} {keywords[0]}"
        if key not in self._names:
            start = get_at(self._document, base) if base else self._document
            self._names[key] = {
                value: pointer.rpartition("/")[0]
                for pointer, value in walk_values(start, base)
                if pointer.endswith(keywords) and isinstance(value, str)
            }
        return self._names[key]
