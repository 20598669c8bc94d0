"""Rules about keys: unknown ones, missing ones, and values of another type than OpenAPI has."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from openapi.json_pointer import join_pointer
from openapi.linting.document import Fault, LintedDocument, ObjectAt
from openapi.loading.field_types import describe_wrong_type, object_phrase
from openapi.loading.fixed_fields import FIXED_FIELDS, SCHEMA_KEYWORDS, VERSIONS
from openapi.loading.structure import FIELDS

_TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
_OTHER_TYPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "3.0": {"type": (list,), "exclusiveMinimum": (int, float), "exclusiveMaximum": (int, float)},
    "3.1": {"exclusiveMinimum": (bool,), "exclusiveMaximum": (bool,)},
}
"""Types of a keyword's value in the other version only."""
_CHECKED_BY_LOADING = frozenset(["security", "operationId"])
_SIMILARITY = 0.84
"""Ratio of difflib from which a keyword that 3.1 allows counts as misspelt."""
_BASE_DIALECT = "https://spec.openapis.org/oas/3.1/dialect/"


def _own_keys(document: LintedDocument) -> Iterator[tuple[str, ObjectAt]]:
    """Yield kind and object of the OpenAPI objects with fixed fields; references have others."""
    for kind, found in document.objects(*FIXED_FIELDS):
        if kind == "path-item" or "$ref" not in found.value:
            yield kind, found


def unknown_keys(document: LintedDocument) -> Iterator[Fault]:
    """Yield keys of OpenAPI objects that no version has."""
    for kind, (pointer, value) in _own_keys(document):
        known = FIXED_FIELDS[kind]
        for key in value:
            if key not in known and not key.startswith("x-"):
                usable = [name for name in known if document.version in known[name].versions]
                message, edit = _unknown(key, f"{object_phrase(kind)} has no such key", usable, 0.6)
                yield Fault(join_pointer(pointer, key), message, edit)


def unknown_keywords(document: LintedDocument) -> Iterator[Fault]:
    """Yield keywords of schemas that JSON Schema does not have.

    From 3.1 on, others are annotations: only a misspelt one is a fault, and none in a document with
    another dialect.
    """
    if not str(document.stated.get("jsonSchemaDialect", _BASE_DIALECT)).startswith(_BASE_DIALECT):
        return
    known, every = SCHEMA_KEYWORDS[document.version], frozenset().union(*SCHEMA_KEYWORDS.values())
    for _, (pointer, value) in document.objects("schema"):
        for key in value.keys() - every:
            if key.startswith("x-"):
                continue
            reason = f"a schema of OpenAPI {document.version} has no such keyword"
            message, edit = _unknown(key, reason, known, _SIMILARITY)
            if document.version == "3.0" or "did you mean" in message:
                yield Fault(join_pointer(pointer, key), message, edit)


def other_version_keys(document: LintedDocument) -> Iterator[Fault]:
    """Yield keys and keywords that only another version of OpenAPI has."""
    other = next(version for version in VERSIONS if version != document.version)
    edit = f"write it as in OpenAPI {document.version}, or change `openapi`"
    for kind, (pointer, value) in _own_keys(document):
        known = FIXED_FIELDS[kind]
        for key in value:
            if key in known and document.version not in known[key].versions:
                message = f"{key!r} is a key of OpenAPI {other}"
                yield Fault(join_pointer(pointer, key), message, edit)
    foreign = SCHEMA_KEYWORDS[other] - SCHEMA_KEYWORDS[document.version]
    for _, (pointer, value) in document.objects("schema"):
        for key in foreign & value.keys():
            message = f"{key!r} is a keyword of OpenAPI {other}"
            yield Fault(join_pointer(pointer, key), message, edit)
        for key, types in _OTHER_TYPES[document.version].items():
            if type(value.get(key)) in types:
                message = f"{key!r} has the form of OpenAPI {other}"
                yield Fault(join_pointer(pointer, key), message, edit)


def missing_keys(document: LintedDocument) -> Iterator[Fault]:
    """Yield objects without a key that OpenAPI requires."""
    for kind, (pointer, value) in _own_keys(document):
        for key, field in FIXED_FIELDS[kind].items():
            if document.version in field.required_by and key not in value:
                yield Fault(pointer, f"{object_phrase(kind)} needs the key {key!r}", f"add {key!r}")
        if kind == "parameter" and value.get("in") == "path" and value.get("required") is not True:
            edit = "add `required: true`"
            yield Fault(pointer, "a path parameter needs the key 'required', as true", edit)


def wrong_types(document: LintedDocument) -> Iterator[Fault]:
    """Yield plain values of another type than OpenAPI has; loading complains about objects."""
    for kind, (pointer, value) in _own_keys(document):
        for key, field in FIXED_FIELDS[kind].items():
            if key not in value or key in FIELDS[kind] or key in _CHECKED_BY_LOADING:
                continue
            if field.type != "any" and not isinstance(value[key], _TYPES[field.type]):
                expected = f"{'an' if field.type[0] in 'ao' else 'a'} {field.type}"
                path, message, edit, _ = describe_wrong_type((key,), value[key], expected)
                yield Fault(join_pointer(pointer, *path), message, edit)


def _unknown(key: str, reason: str, known: Iterable[str], cutoff: float) -> tuple[str, str]:
    """Return message and edit for an unknown key."""
    by_letters = {name.lower(): name for name in known}
    plain = key.lower().replace("-", "").replace("_", "")
    near = difflib.get_close_matches(plain, by_letters, 1, cutoff)
    if near:
        guess = by_letters[near[0]]
        return f"unknown key {key!r}; did you mean {guess!r}?", f"write {guess!r}"
    return f"unknown key {key!r}: {reason}", "remove it, or begin it with x-"
