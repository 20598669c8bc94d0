"""List of all rules: those of loading, and those of lint alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openapi.complaint import Level
from openapi.linting.document import Fault, LintedDocument
from openapi.linting.examples import invalid_examples
from openapi.linting.extensions import (
    repeated_causes,
    repeated_unique_values,
    silent_redelivery,
)
from openapi.linting.ignored import (
    ignored_headers,
    ignored_servers,
    ignored_siblings,
    unknown_formats,
)
from openapi.linting.keys import (
    missing_keys,
    other_version_keys,
    unknown_keys,
    unknown_keywords,
    wrong_types,
)
from openapi.linting.resources import open_resources


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule of lint."""

    id: str
    level: Level
    description: str
    """Rule in one sentence."""
    find: Callable[[LintedDocument], Iterator[Fault]] | None = None
    """Function that finds the faults; None: loading does."""


RULES = (
    Rule("reference", "error", "A reference leads to a value in the document or in a file below "
         "its folder."),
    Rule("path", "error", "A path begins with a slash."),
    Rule("path-parameter", "error", "The path parameters of an operation are those in its path."),
    Rule("parameter", "error", "A parameter has a name and a known place."),
    Rule("operation-id", "error", "An operationId is a string, and no other operation has it."),
    Rule("status", "error", "A response has a status, a range such as 4XX, or default."),
    Rule("schema-keyword", "error", "A keyword of a schema has a value that its specification "
         "allows."),
    Rule("pattern", "warning", "A pattern is a regular expression that an engine can read."),
    Rule("examples", "warning", "The examples of a schema are an array."),
    Rule("equal-branches", "error", "The branches of a oneOf have different constraints."),
    Rule("endless-recursion", "error", "No value needs its schema again without end."),
    Rule("link-target", "error", "A link names an operation of the document."),
    Rule("link-unused", "warning", "The harness can follow a link: the link fills the path and "
         "closes no cycle."),
    Rule("extension", "error", "An x-hookproof- extension is known at its place and has a valid "
         "value."),
    Rule("source", "error", "A source of a constraint is in x-hookproof-sources."),
    Rule("provenance", "error", "A constraint has a provenance, if the document states sources."),
    Rule("trigger", "error", "A trigger fits the operations and the payload of its webhook."),
    Rule(
        "duplicate-values", "error", "A duplicate value is in the request body or a parameter."
    ),
    Rule("resource-statement", "error", "A statement about a resource fits the operations, "
         "parameters and schemas of the document."),
    Rule("webhook", "error", "A webhook with a trigger has a request body."),
    Rule("overlay", "error", "An overlay and its actions follow the Overlay Specification, and fit "
         "the document."),
    Rule("overlay-target", "warning", "The target of an overlay's action selects a value."),
    Rule("overlay-extends", "warning", "An overlay is applied to the document that it extends."),
    Rule("callback", "warning", "The URL of a callback begins with a value of the request."),
    Rule("unknown-key", "error", "An OpenAPI object has no key but its fixed fields and x- "
         "extensions.", unknown_keys),
    Rule("unknown-keyword", "error", "A schema has no unknown keyword in OpenAPI 3.0, and no "
         "misspelt one in 3.1.", unknown_keywords),
    Rule("other-version", "warning", "A key belongs to the OpenAPI version of the document.",
         other_version_keys),
    Rule("missing-key", "error", "An OpenAPI object has the keys that it requires.", missing_keys),
    Rule("wrong-type", "error", "A value has the type that OpenAPI states for its place.",
         wrong_types),
    Rule("invalid-example", "error", "An example is valid by its schema.", invalid_examples),
    Rule("unknown-format", "warning", "A format is one of JSON Schema or of the OpenAPI registry.",
         unknown_formats),
    Rule("ignored-header", "warning", "A header is not one that OpenAPI ignores.",
         ignored_headers),
    Rule("ignored-servers", "warning", "Only the document states servers.", ignored_servers),
    Rule("ignored-sibling", "warning", "No constraint is beside a reference in OpenAPI 3.0.",
         ignored_siblings),
    Rule("repeated-cause", "warning", "The responses of an operation have different causes.",
         repeated_causes),
    Rule("repeated-unique", "error", "A GET does not return the unique value of another "
         "operation.", repeated_unique_values),
    Rule("redelivery", "warning", "A trigger says whether its event may come twice, or a receiver "
         "can recognise a repetition.", silent_redelivery),
    Rule("resource", "warning", "The document says what identifies a created resource, and where "
         "its path and its list are.", open_resources),
)  # fmt: skip
"""All rules, in the order of reports."""
RULES_BY_ID = {rule.id: rule for rule in RULES}
