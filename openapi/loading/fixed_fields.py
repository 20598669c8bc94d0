"""Fixed fields of each OpenAPI object (OpenAPI 3.0.4 and 3.1.1, section 4.8), in one table.

A field is written as `name`, `name:type`, `name!` (required), `name!3.0` (required by 3.0) or
`name@3.1` (only 3.1 has it). The type is a string where none is stated; `structure` has the types
of fields with other OpenAPI objects. Keys that begin with `x-` are extensions and in no table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openapi.loading.structure import METHODS

_FIELD = re.compile(
    r"(?P<name>\$?\w+)(?::(?P<type>\w+))?(?P<needed>!(?:3\.0)?)?(?:@(?P<only>\S+))?"
)


@dataclass(frozen=True, slots=True)
class FixedField:
    """Fixed field of an OpenAPI object."""

    type: str
    """JSON type, or `any`."""
    required_by: tuple[str, ...]
    """Versions that require the field."""
    versions: tuple[str, ...]
    """Versions that have the field."""


VERSIONS = ("3.0", "3.1")


def _fields(text: str) -> Mapping[str, FixedField]:
    found = {}
    for word in text.split():
        match = _FIELD.fullmatch(word)
        assert match, word
        versions = (match["only"],) if match["only"] else VERSIONS
        required = {None: (), "!": versions, "!3.0": ("3.0",)}[match["needed"]]
        found[match["name"]] = FixedField(match["type"] or "string", required, versions)
    return found


_METHODS = " ".join(METHODS)
_PARAMETER = (
    "description required:boolean deprecated:boolean allowEmptyValue:boolean style "
    "explode:boolean allowReserved:boolean schema example:any examples content"
)
FIXED_FIELDS: Mapping[str, Mapping[str, FixedField]] = {
    "document": _fields(
        "openapi! info! jsonSchemaDialect@3.1 servers paths!3.0 webhooks@3.1 components "
        "security:array tags externalDocs"
    ),
    "info": _fields("title! summary@3.1 description termsOfService contact license version!"),
    "contact": _fields("name url email"),
    "license": _fields("name! identifier@3.1 url"),
    "server": _fields("url! description variables"),
    "server-variable": _fields("enum:array default! description"),
    "tag": _fields("name! description externalDocs"),
    "external-docs": _fields("description url!"),
    "components": _fields(
        "schemas responses parameters examples requestBodies headers securitySchemes links "
        "callbacks pathItems@3.1"
    ),
    "path-item": _fields(f"$ref summary description {_METHODS} servers parameters"),
    "operation": _fields(
        "tags:array summary description externalDocs operationId parameters requestBody "
        "responses!3.0 callbacks deprecated:boolean security:array servers"
    ),
    "parameter": _fields(f"name! in! {_PARAMETER}"),
    "header": _fields(_PARAMETER),
    "request-body": _fields("description content! required:boolean"),
    "media-type": _fields("schema example:any examples encoding"),
    "encoding": _fields("contentType headers style explode:boolean allowReserved:boolean"),
    "response": _fields("description! headers content links"),
    "example": _fields("summary description value:any externalValue"),
    "link": _fields(
        "operationRef operationId parameters:object requestBody:any description server"
    ),
    "security-scheme": _fields(
        "type! description name in scheme bearerFormat flows openIdConnectUrl"
    ),
    "oauth-flows": _fields("implicit password clientCredentials authorizationCode"),
    "oauth-flow": _fields("authorizationUrl tokenUrl refreshUrl scopes:object!"),
    "discriminator": _fields("propertyName! mapping:object"),
    "xml": _fields("name namespace prefix attribute:boolean wrapped:boolean"),
}

_BOTH_VERSIONS = (
    "$ref title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength "
    "pattern maxItems minItems uniqueItems maxProperties minProperties required enum type allOf "
    "anyOf oneOf not items properties additionalProperties description format default "
    "discriminator readOnly writeOnly xml externalDocs example deprecated"
)
_DRAFT_2020_12 = (
    "$schema $id $anchor $dynamicRef $dynamicAnchor $vocabulary $comment $defs if then else "
    "dependentSchemas dependentRequired prefixItems contains minContains maxContains "
    "patternProperties propertyNames unevaluatedItems unevaluatedProperties const "
    "contentEncoding contentMediaType contentSchema examples"
)
_EARLIER_DRAFTS = "id definitions dependencies additionalItems $recursiveRef $recursiveAnchor"
SCHEMA_KEYWORDS: Mapping[str, frozenset[str]] = {
    "3.0": frozenset([*_BOTH_VERSIONS.split(), "nullable"]),
    "3.1": frozenset([*_BOTH_VERSIONS.split(), *_DRAFT_2020_12.split(), *_EARLIER_DRAFTS.split()]),
}
"""Keywords of a schema object. In 3.1 any other keyword is legal too, as an annotation."""
