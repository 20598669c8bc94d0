"""Normalisation of an OpenAPI 3.0 or 3.1 document to the form that the engine reads.

Schemas become JSON Schema Draft 2020-12, references become pointers into the document, and what a
document without extensions leaves out gets its default. Pointers of values stay, so that a finding
names the place in the user's document. A fault disables the place where it lies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from openapi.complaint import Complaint
from openapi.json_pointer import get_at, join_pointer, split_pointer, walk_values
from openapi.loading.combination_cycles import end_combinations, separate_bases
from openapi.loading.extension_check import check_extensions
from openapi.loading.field_types import remove_wrong_types
from openapi.loading.impossible import remove_impossible_constraints
from openapi.loading.references import ReferenceFault, References
from openapi.loading.schema_dialect import IDENTIFIERS, convert_schema
from openapi.loading.structure import child_objects
from openapi.schemas.direction import HIDDEN_KEYS

Json = Any
_COMBINATIONS = frozenset(["$ref", "allOf", "anyOf", "oneOf"])
DEFAULT_SOURCE = "document"
"""Source of a constraint for which the document names none: the document itself."""


def add_defaults(document: dict[str, Json]) -> None:
    """Add what a document leaves out: paths, title, version, sources.

    The provenance of a document without sources is the document itself.
    """
    document.setdefault("paths", {})
    info = document.get("info")
    info = document["info"] = info if isinstance(info, dict) else {}
    info["title"] = str(info.get("title", "API"))
    info["version"] = str(info.get("version", ""))
    if "x-hookproof-sources" not in document:
        source = {"level": "documented", "title": f"The document: {info['title']}"}
        document["x-hookproof-sources"] = {DEFAULT_SOURCE: source}
        document.setdefault("x-hookproof-provenance", DEFAULT_SOURCE)


def add_named_sources(document: dict[str, Json]) -> list[Complaint]:
    """Add the sources that only constraints name, and return a complaint about each.

    They are assumed ones, so that their violations are warnings.
    """
    sources = document["x-hookproof-sources"]
    complaints = []
    for pointer, name in _named_sources(document):
        if name not in sources:
            sources[name] = {"level": "assumed", "title": name}
            message = f"{name!r} is not a source in x-hookproof-sources"
            edit = f"name one of {', '.join(sources)}, or add {name!r}"
            complaints.append(Complaint("error", "source", pointer, message, edit))
    return complaints


def _named_sources(document: Json) -> Iterator[tuple[str, str]]:
    """Yield the pointer and the name of each source that a constraint names."""
    for pointer, value in walk_values(document):
        if not isinstance(value, str) or "/x-hookproof-" not in pointer:
            continue
        tokens = split_pointer(pointer)
        is_source = tokens[-1] == "source" or "x-hookproof-provenance" in tokens
        if is_source and not {"example", "examples"} & {*tokens}:
            yield pointer, value.partition(":")[0]


class Normalizer:
    """Normalizer of one document, which it changes in place."""

    def __init__(
        self, document: dict[str, Json], references: References, *, has_extensions: bool
    ) -> None:
        """Normalise `document`; pass whether its text has `x-hookproof-` extensions."""
        self.complaints: list[Complaint] = []
        self._document = document
        self._references = references
        self._is_version_3_0 = str(document.get("openapi", "")).startswith("3.0")
        self._done: set[int] = set()
        self._amended: set[int] = set()
        """Ids of the branches with a reference that got the values of their discriminator."""
        self._identified: list[dict[str, Json]] = []
        self._combined: list[dict[str, Json]] = []
        self._combining: list[tuple[str, dict[str, Json]]] = []
        """Schemas that apply other schemas to the same value, with their pointers."""
        self._suspects: list[tuple[str, dict[str, Json]]] = []
        """Schemas that may have constraints which no value can keep, with their pointers."""
        self._wrapped: set[str] = set()
        """Pointers of the schemas that conversion moved into an `anyOf` with null."""
        self._has_directions = False
        self._has_extensions = has_extensions
        self._pending: list[tuple[str, str, Json, str]] = []

    def run(self) -> None:
        """Normalise the whole document and the files that it refers to."""
        self._pending = [("document", "", self._document, "")]
        while self._pending:
            kind, pointer, value, file = self._pending.pop()
            if not isinstance(value, dict) or id(value) in self._done:
                continue
            self._done.add(id(value))
            if kind == "schema" and "$ref" not in value and "$dynamicRef" in value:
                # A document has no second schema with the anchor that an extension would select.
                value["$ref"] = value.pop("$dynamicRef")
            if isinstance(value.get("$ref"), str):
                self._rewrite_reference(kind, pointer, value, file)
                if kind not in ("schema", "path-item"):
                    continue
            self._check_extensions(kind, pointer, value)
            if kind == "schema":
                self._convert(pointer, value, file)
            else:
                self._check_types(kind, pointer, value)
            if kind in ("media-type", "parameter", "header"):
                self._add_schema(kind, value)
            self._pending += [
                (below, join_pointer(pointer, *path), item, file)
                for path, below, item in child_objects(kind, value)
            ]
        self._finish()

    def _finish(self) -> None:
        """Do what needs every schema of the document."""
        if self._is_version_3_0:
            self._document["openapi"] = "3.1.0"  # whose dialect of schemas it has now
        for schema in self._identified:
            for keyword in IDENTIFIERS:
                schema.pop(keyword, None)
        separate_bases(self._document, [schema for _, schema in self._combining])
        self.complaints += end_combinations(self._document, self._combining)
        self.complaints += remove_impossible_constraints(self._document, self._suspects)
        if self._wrapped:
            self.complaints = [
                replace(one, pointer=self._stated_pointer(one.pointer)) for one in self.complaints
            ]
        if self._has_directions:
            for schema in self._combined:
                self._note_hidden_properties(schema)

    def _stated_pointer(self, pointer: str) -> str:
        """Return the pointer of a place in the document as its author wrote it."""
        stated = moved = ""
        tokens = pointer.split("/")[1:]
        while tokens:
            if moved in self._wrapped and tokens[:2] == ["anyOf", "0"]:
                moved += "/anyOf/0"
                del tokens[:2]
                continue
            stated, moved = f"{stated}/{tokens[0]}", f"{moved}/{tokens[0]}"
            del tokens[0]
        return stated

    def _rewrite_reference(
        self, kind: str, pointer: str, value: dict[str, Json], file: str
    ) -> None:
        try:
            target = self._references.resolve(value["$ref"], file)
            self._follow(target)
        except ReferenceFault as fault:
            edit = "correct the reference, or add what it refers to"
            place = join_pointer(pointer, "$ref")
            disables: Literal["constraint", ""] = "constraint" if kind == "schema" else ""
            self.complaints.append(
                Complaint("error", "reference", place, str(fault), edit, disables)
            )
            if kind == "schema":
                del value["$ref"]
            return
        value["$ref"] = f"#{target}"
        found = get_at(self._document, target)
        self._pending.append((kind, target, found, self._references.file_of(target)))

    def _follow(self, pointer: str) -> None:
        """Raise `ReferenceFault` if the references from `pointer` on form a cycle."""
        seen = [pointer]
        while True:
            value = get_at(self._document, seen[-1])
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return
            if len(value) > 1:
                return  # a schema with other keywords, or a path item
            following = self._references.resolve(value["$ref"], self._references.file_of(seen[-1]))
            if following in seen:
                raise ReferenceFault(f"the references from {pointer!r} form a cycle")
            seen.append(following)

    def _check_extensions(self, kind: str, pointer: str, value: dict[str, Json]) -> None:
        if not self._has_extensions:
            return
        sends = pointer.startswith("/webhooks/") or "callbacks" in split_pointer(pointer)
        is_webhook = kind == "operation" and sends
        for place, message, edit in check_extensions(
            "webhook" if is_webhook else kind, pointer, value
        ):
            disables: Literal["webhook", "constraint"] = "constraint"
            if is_webhook and "x-hookproof-trigger" in place:
                disables = "webhook"
            self.complaints.append(Complaint("error", "extension", place, message, edit, disables))

    def _check_types(self, kind: str, pointer: str, value: dict[str, Json]) -> None:
        part: Literal["operation", "webhook", "constraint", ""]
        for path, message, edit, wanted in remove_wrong_types(kind, value):
            place = join_pointer(pointer, *path)
            part = "constraint" if wanted == "schema" else ""
            if wanted in ("path-item", "operation") and place.startswith(("/paths/", "/webhooks/")):
                part = "operation" if place.startswith("/paths/") else "webhook"
            self.complaints.append(Complaint("error", "wrong-type", place, message, edit, part))

    def _convert(self, pointer: str, schema: dict[str, Json], file: str) -> None:
        if id(schema) not in self._amended:
            if schema.get("nullable") is True and not _COMBINATIONS.isdisjoint(schema):
                self._wrapped.add(pointer)
            for keyword, message, edit in convert_schema(
                schema, is_version_3_0=self._is_version_3_0
            ):
                place = join_pointer(pointer, keyword)
                if keyword in ("pattern", "examples"):
                    self.complaints.append(Complaint("warning", keyword, place, message, edit))
                else:
                    self.complaints.append(
                        Complaint("error", "schema-keyword", place, message, edit, "constraint")
                    )
        if any(keyword in schema for keyword in IDENTIFIERS):
            self._identified.append(schema)
        if "discriminator" in schema:
            self._apply_discriminator(schema, file)
        if "readOnly" in schema or "writeOnly" in schema:
            self._has_directions = True
        if "required" in schema or "allOf" in schema:
            self._combined.append(schema)
        if not _COMBINATIONS.isdisjoint(schema):
            self._combining.append((pointer, schema))
        if "required" in schema or "oneOf" in schema:
            self._suspects.append((pointer, schema))

    def _add_schema(self, kind: str, value: dict[str, Json]) -> None:
        """Add the schema that a media type, parameter or header leaves out: it allows anything."""
        content = value.get("content")
        has_content = isinstance(content, dict) and bool(content)
        if not isinstance(value.get("schema"), dict) and not (kind != "media-type" and has_content):
            value["schema"] = {}

    def _apply_discriminator(self, schema: dict[str, Json], file: str) -> None:
        """Let the value of the discriminator select one branch (OpenAPI 3.1.1, section 4.8.25)."""
        stated = schema["discriminator"]
        if not isinstance(stated, dict) or not isinstance(stated.get("propertyName"), str):
            return
        mapping = stated.get("mapping")
        mapping = mapping if isinstance(mapping, dict) else {}
        for keyword in ("oneOf", "anyOf"):
            for branch in schema.get(keyword, ()):
                if not isinstance(branch, dict) or [*branch] != ["$ref"]:
                    continue
                if not isinstance(branch["$ref"], str):
                    continue
                values = self._discriminator_values(branch["$ref"], mapping, file)
                branch["properties"] = {stated["propertyName"]: {"enum": values}}
                self._amended.add(id(branch))

    def _discriminator_values(
        self, reference: str, mapping: Mapping[str, Json], file: str
    ) -> list[str]:
        """Return the values that select the schema at `reference`: its name, and mapped ones."""
        name = split_pointer(reference.partition("#")[2])[-1:] or [reference]
        mapped = [
            value
            for value, target in mapping.items()
            if isinstance(target, str)
            and (
                target == name[0] or self._resolved(target, file) == self._resolved(reference, file)
            )
        ]
        return [*dict.fromkeys([*mapped, *name])]

    def _resolved(self, reference: str, file: str) -> str:
        try:
            return self._references.resolve(reference, file)
        except ReferenceFault:
            return reference

    def _note_hidden_properties(self, schema: dict[str, Json]) -> None:
        """Note in each `required` the properties that only requests or only responses have."""
        members = [schema, *(p for p in schema.get("allOf", ()) if isinstance(p, dict))]
        stated = [
            (name, self._target(below))
            for member in members
            for name, below in self._target(member).get("properties", {}).items()
        ]
        for flag, key in HIDDEN_KEYS.items():
            hidden = {name for name, below in stated if below.get(flag) is True}
            for member in members:
                needed: Sequence[str] = member.get("required", ())
                if found := [name for name in needed if name in hidden]:
                    member[key] = [*dict.fromkeys([*member.get(key, ()), *found])]

    def _target(self, schema: Json) -> Mapping[str, Json]:
        """Return `schema` with what its references add, as far as one object says it."""
        for _ in range(20):
            if not isinstance(schema, dict):
                return {}
            if "$ref" not in schema or {"readOnly", "writeOnly", "properties"} & schema.keys():
                return schema
            schema = get_at(self._document, schema["$ref"])
        return {}
