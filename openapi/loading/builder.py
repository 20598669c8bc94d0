"""The operations and events of an accepted document, as frozen values. Pure."""

from collections.abc import Iterable, Mapping

from openapi.contract import Event, Header, Json, Link, Operation, Response
from openapi.json_pointer import get, join
from openapi.parameters import Parameter, example_of
from openapi.runtime_expression import parse
from openapi.signature import BODY, SignatureScheme

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operations(document: Mapping[str, Json]) -> tuple[Operation, ...]:
    """Return the operations under `paths`, in the order of the document."""
    return tuple(
        _operation(document, path, method, join("", "paths", path, method))
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    )


def permissions(operations: Iterable[Operation]) -> list[str]:
    """Return every permission that one of `operations` asks for."""
    return list(dict.fromkeys(p for operation in operations for p in operation.permissions))


def _operation(document: Mapping[str, Json], path: str, method: str, pointer: str) -> Operation:
    stated = document["paths"][path][method]
    security = stated.get("security", document.get("security")) or [{}]
    scheme = next(iter(security[0]), None)
    body = join(pointer, "requestBody", "content")
    responses = {
        status: _response(document, status, join(pointer, "responses", status))
        for status in stated["responses"]
    }
    return Operation(
        id=stated["operationId"],
        method=method.upper(),
        path=path,
        pointer=pointer,
        scheme=scheme,
        permissions=tuple(security[0].get(scheme, ())) if scheme else (),
        parameters=_parameters(document, path, method),
        content=_content(stated.get("requestBody", {}), body),
        body_required=bool(stated.get("requestBody", {}).get("required", False)),
        responses=responses,
        freedoms=tuple(stated.get("x-freedoms", ())),
        rate_limit=stated.get("x-rate-limit"),
    )


def _parameters(document: Mapping[str, Json], path: str, method: str) -> tuple[Parameter, ...]:
    """Return those of the path, then those of the operation, which go before ones alike."""
    known: dict[str, Parameter] = {}
    for holder in (join("", "paths", path), join("", "paths", path, method)):
        stated = get(document, join(holder, "parameters"))
        for index in range(len(stated) if isinstance(stated, list) else 0):
            made = _parameter(document, join(holder, "parameters", index))
            known[made.key] = made
    return tuple(known.values())


def _parameter(document: Mapping[str, Json], pointer: str) -> Parameter:
    pointer, stated = _target(document, pointer)
    _, schema = _target(document, join(pointer, "schema"))
    types = schema.get("type", ())
    return Parameter(
        name=stated["name"],
        place=stated["in"],
        pointer=pointer,
        schema=join(pointer, "schema"),
        required=bool(stated.get("required", False)),
        types=(types,) if isinstance(types, str) else tuple(types),
        example=example_of(stated, schema),
    )


def _content(holder: Json, pointer: str) -> dict[str, str]:
    return {media: join(pointer, media, "schema") for media in holder.get("content", {})}


def _target(document: Mapping[str, Json], pointer: str) -> tuple[str, Json]:
    value = get(document, pointer)
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        pointer = value["$ref"][1:]
        value = get(document, pointer)
    return pointer, value if isinstance(value, dict) else {}


def _response(document: Mapping[str, Json], status: str, pointer: str) -> Response:
    pointer, stated = _target(document, pointer)
    headers = []
    for name in stated.get("headers", {}):
        place, header = _target(document, join(pointer, "headers", name))
        schema = join(place, "schema")
        is_integer = header.get("schema", {}).get("type") == "integer"
        headers.append(Header(name, place, schema, header.get("required", False), is_integer))
    content = _content(stated, join(pointer, "content"))
    links = tuple(
        Link(
            link["operationId"],
            tuple((name, parse(text)) for name, text in link["parameters"].items()),
        )
        for link in stated.get("links", {}).values()
    )
    return Response(status, pointer, content, tuple(headers), stated.get("x-provoke", {}), links)


def events(document: Mapping[str, Json]) -> tuple[Event, ...]:
    """Return the events under `webhooks`, in the order of the document."""
    return tuple(_event(document, name) for name in document.get("webhooks", {}))


def _event(document: Mapping[str, Json], name: str) -> Event:
    pointer = join("", "webhooks", name, "post")
    stated = document["webhooks"][name]["post"]
    content = _content(stated["requestBody"], join(pointer, "requestBody", "content"))
    media_type, schema = next(iter(content.items()))
    examples = stated["requestBody"]["content"][media_type].get("examples", {})
    scheme = next(iter((stated.get("security") or [{}])[0]), None)
    return Event(
        name=name,
        pointer=pointer,
        media_type=media_type,
        schema=schema,
        signature=_signature(document, scheme) if scheme else None,
        trigger=stated["x-trigger"],
        examples=tuple(example["value"] for example in examples.values()),
    )


def _signature(document: Mapping[str, Json], scheme: str) -> SignatureScheme:
    pointer = join("", "components", "securitySchemes", scheme)
    stated = document["components"]["securitySchemes"][scheme]
    signature = stated["x-signature"]
    signs = signature["signs"]
    return SignatureScheme(
        header=stated["name"],
        algorithm=signature["algorithm"],
        encoding=signature["encoding"],
        prefix=signature.get("prefix", ""),
        pointer=join(pointer, "x-signature"),
        signs=BODY if signs == "body" else signs,
        key=signature["key"],
        key_prefix=signature.get("key-prefix", ""),
        separator=signature.get("separator"),
        id_header=signature.get("id"),
        timestamp_header=signature.get("timestamp"),
        tolerance=signature.get("tolerance"),
    )
