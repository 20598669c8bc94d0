"""Builder of the operations and events of a valid document. Pure."""

from collections.abc import Iterable, Mapping

from openapi.contract import Event, HeaderSpec, Json, Link, Operation, ResponseSpec
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.request_content import build_media_types, build_style
from openapi.parameters import IGNORED_HEADERS, Parameter, declared_example
from openapi.runtime_expression import parse_expression
from openapi.serialization.text_values import text_types
from openapi.signature import BODY_TEMPLATE, SignatureScheme

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def build_operations(document: Mapping[str, Json]) -> tuple[Operation, ...]:
    """Return the operations under `paths`, in the order of the document."""
    return tuple(
        _build_operation(document, path, method, join_pointer("", "paths", path, method))
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    )


def required_permissions(operations: Iterable[Operation]) -> list[str]:
    """Return all permissions that `operations` require."""
    return list(dict.fromkeys(p for operation in operations for p in operation.permissions))


def _build_operation(
    document: Mapping[str, Json], path: str, method: str, pointer: str
) -> Operation:
    stated = document["paths"][path][method]
    security = stated.get("security", document.get("security")) or [{}]
    scheme = next(iter(security[0]), None)
    body_pointer, body = _dereference(document, join_pointer(pointer, "requestBody"))
    responses = {
        status: _build_response(document, status, join_pointer(pointer, "responses", status))
        for status in stated["responses"]
    }
    return Operation(
        id=stated["operationId"],
        method=method.upper(),
        path=path,
        pointer=pointer,
        scheme=scheme,
        permissions=tuple(security[0].get(scheme, ())) if scheme else (),
        parameters=_build_parameters(document, path, method),
        content=build_media_types(document, join_pointer(body_pointer, "content")),
        body_required=bool(body.get("required", False)),
        responses=responses,
        allowed_rejections=tuple(stated.get("x-hookproof-allowed-rejections", ())),
        rate_limit=stated.get("x-hookproof-rate-limit"),
    )


def _build_parameters(
    document: Mapping[str, Json], path: str, method: str
) -> tuple[Parameter, ...]:
    """Return the parameters of the path and the operation; those of the operation win."""
    known: dict[str, Parameter] = {}
    for holder in (join_pointer("", "paths", path), join_pointer("", "paths", path, method)):
        stated = get_at(document, join_pointer(holder, "parameters"))
        for index in range(len(stated) if isinstance(stated, list) else 0):
            made = _build_parameter(document, join_pointer(holder, "parameters", index))
            if made.location != "header" or made.name.lower() not in IGNORED_HEADERS:
                known[made.key] = made
    return tuple(known.values())


def _build_parameter(document: Mapping[str, Json], pointer: str) -> Parameter:
    pointer, stated = _dereference(document, pointer)
    media_type = next(iter(stated.get("content", {})), None)
    holder = pointer if media_type is None else join_pointer(pointer, "content", media_type)
    schema_pointer = join_pointer(holder, "schema")
    _, schema = _dereference(document, schema_pointer)
    _, shown = _dereference(document, holder)
    return Parameter(
        name=stated["name"],
        location=stated["in"],
        pointer=pointer,
        schema=schema_pointer,
        required=bool(stated.get("required", False)),
        style=build_style(stated, media_type),
        value_types=text_types(document, schema_pointer),
        example=declared_example(shown, schema),
    )


def _schema_pointers(holder: Json, pointer: str) -> dict[str, str]:
    return {media: join_pointer(pointer, media, "schema") for media in holder.get("content", {})}


def _dereference(document: Mapping[str, Json], pointer: str) -> tuple[str, Json]:
    value = get_at(document, pointer)
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        pointer = value["$ref"][1:]
        value = get_at(document, pointer)
    return pointer, value if isinstance(value, dict) else {}


def _build_response(document: Mapping[str, Json], status: str, pointer: str) -> ResponseSpec:
    pointer, stated = _dereference(document, pointer)
    headers = []
    for name in stated.get("headers", {}):
        place, header = _dereference(document, join_pointer(pointer, "headers", name))
        schema = join_pointer(place, "schema")
        is_integer = header.get("schema", {}).get("type") == "integer"
        headers.append(HeaderSpec(name, place, schema, header.get("required", False), is_integer))
    content = _schema_pointers(stated, join_pointer(pointer, "content"))
    links = tuple(
        Link(
            link["operationId"],
            tuple((name, parse_expression(text)) for name, text in link["parameters"].items()),
        )
        for link in stated.get("links", {}).values()
    )
    return ResponseSpec(
        status, pointer, content, tuple(headers), stated.get("x-hookproof-cause", {}), links
    )


def build_events(document: Mapping[str, Json]) -> tuple[Event, ...]:
    """Return the events under `webhooks`, in the order of the document."""
    return tuple(_build_event(document, name) for name in document.get("webhooks", {}))


def _build_event(document: Mapping[str, Json], name: str) -> Event:
    pointer = join_pointer("", "webhooks", name, "post")
    stated = document["webhooks"][name]["post"]
    content = _schema_pointers(
        stated["requestBody"], join_pointer(pointer, "requestBody", "content")
    )
    media_type, schema = next(iter(content.items()))
    examples = stated["requestBody"]["content"][media_type].get("examples", {})
    scheme = next(iter((stated.get("security") or [{}])[0]), None)
    return Event(
        name=name,
        pointer=pointer,
        media_type=media_type,
        schema=schema,
        signature=_build_signature_scheme(document, scheme) if scheme else None,
        trigger=stated["x-hookproof-trigger"],
        examples=tuple(example["value"] for example in examples.values()),
    )


def _build_signature_scheme(document: Mapping[str, Json], scheme: str) -> SignatureScheme:
    pointer = join_pointer("", "components", "securitySchemes", scheme)
    stated = document["components"]["securitySchemes"][scheme]
    signature = stated["x-hookproof-signature"]
    content = signature["signed-content"]
    return SignatureScheme(
        header=stated["name"],
        algorithm=signature["algorithm"],
        encoding=signature["encoding"],
        prefix=signature.get("prefix", ""),
        pointer=join_pointer(pointer, "x-hookproof-signature"),
        content_template=BODY_TEMPLATE if content == "body" else content,
        secret_encoding=signature["secret-encoding"],
        secret_prefix=signature.get("secret-prefix", ""),
        separator=signature.get("separator"),
        id_header=signature.get("id-header"),
        timestamp_header=signature.get("timestamp-header"),
        tolerance=signature.get("tolerance"),
    )
