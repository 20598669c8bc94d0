"""Builder of the operations and events of a normalised document. Pure.

A fault in an operation or webhook leaves out that one, and becomes a complaint.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from openapi.callback_url import CallbackUrl, parse_callback_url
from openapi.complaint import Complaint
from openapi.contract import Event, HeaderSpec, Json, Link, Operation, ResponseSpec
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.event_names import stated_names, with_derived_names
from openapi.loading.inferred_links import with_inferred_links
from openapi.loading.links import read_link, with_usable_links
from openapi.loading.request_content import build_media_types, build_style
from openapi.loading.structure import METHODS
from openapi.media_type import body_kind
from openapi.parameters import (
    IGNORED_HEADERS,
    Parameter,
    declared_example,
    path_parameter_names,
)
from openapi.security import is_credential, security_alternatives
from openapi.serialization.text_values import text_types
from openapi.signatures.registry import build_scheme
from openapi.signatures.scheme import SignatureScheme
from openapi.statuses.causes import default_cause

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")


class _Fault(Exception):
    """Fault that leaves out an operation or webhook."""

    def __init__(self, rule: str, pointer: str, message: str, edit: str) -> None:
        super().__init__(message)
        self.complaint = Complaint("error", rule, pointer, message, edit)

    def disabling(self, what: Literal["operation", "webhook"]) -> Complaint:
        """Return the complaint about an operation or webhook that is left out."""
        return replace(self.complaint, disables=what)


class Builder:
    """Builder of one document; `complaints` has what it left out."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.complaints: list[Complaint] = []
        self._document = document
        self._ids: set[str] = set()

    def operations(self) -> tuple[Operation, ...]:
        """Return the operations under `paths`, in the order of the document."""
        built: list[Operation] = []
        for path, method, pointer, item in self._stated_operations():
            try:
                built.append(self._build_operation(path, method, pointer, item))
            except _Fault as fault:
                self.complaints.append(fault.disabling("operation"))
        linked, complaints = with_usable_links(built)
        self.complaints += complaints
        inferred = with_inferred_links(self._document, linked)
        return with_usable_links(inferred)[0]

    def _stated_operations(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield path, method, pointer of the operation, and pointer of its path item."""
        for path in self._document["paths"]:
            if path.startswith("x-"):
                continue
            place = join_pointer("", "paths", path)
            if not path.startswith("/"):
                self._complain("path", place, f"the path {path!r} does not begin with a slash",
                               "begin it with a slash")  # fmt: skip
                continue
            try:
                item_pointer, item = self._dereference(place)
            except _Fault as fault:
                self.complaints.append(fault.disabling("operation"))
                continue
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield path, method, join_pointer(item_pointer, method), item_pointer

    def events(self, operations: Iterable[Operation]) -> tuple[Event, ...]:
        """Return the webhooks in the order of the document, and the callbacks of `operations`."""
        built: list[Event] = []
        for name in self._document.get("webhooks", {}):
            try:
                if event := self._build_event(name, join_pointer("", "webhooks", name)):
                    built.append(event)
            except _Fault as fault:
                self.complaints.append(fault.disabling("webhook"))
        for operation in operations:
            for name, url, pointer in self._callbacks_of(operation):
                if (template := self._read_callback_url(url, pointer)) is None:
                    continue
                event = self._build_event(f"{operation.id}.{name}", pointer)
                if event is not None:
                    trigger = {"operation": operation.id, **event.trigger}
                    built.append(replace(event, trigger=trigger, callback=template))
        return with_derived_names(self._document, built)

    def _callbacks_of(self, operation: Operation) -> Iterator[tuple[str, str, str]]:
        """Yield name, URL and pointer of the path item of each callback of the operation."""
        place = join_pointer(operation.pointer, "callbacks")
        for name in _mapping(get_at(self._document, place)):
            try:
                pointer, stated = self._dereference(join_pointer(place, name))
            except _Fault:
                continue  # normalisation has complained about the reference
            for url in stated:
                if not url.startswith("x-") and isinstance(stated[url], dict):
                    yield name, url, join_pointer(pointer, url)

    def _read_callback_url(self, url: str, pointer: str) -> CallbackUrl | None:
        """Return the URL of a callback; complain and return None if no request can give it."""
        try:
            template = parse_callback_url(url)
            message = f"the URL {url!r} does not begin with a value of the request"
        except ValueError as error:
            template, message = None, str(error)
        if template is not None and template.receiver is not None:
            return template
        edit = "state where the request has the URL, such as {$request.body#/callbackUrl}"
        self.complaints.append(Complaint("warning", "callback", pointer, message, edit))
        return None

    def _complain(self, rule: str, pointer: str, message: str, edit: str) -> None:
        self.complaints.append(Complaint("error", rule, pointer, message, edit))

    def _dereference(self, pointer: str) -> tuple[str, Mapping[str, Json]]:
        """Return pointer and value of the object at `pointer`, references followed."""
        value: Any = get_at(self._document, pointer)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = value["$ref"][1:]
            found = get_at(self._document, target)
            if not isinstance(found, dict):
                message = f"there is no object at {value['$ref']!r}"
                place = join_pointer(pointer, "$ref")
                raise _Fault("reference", place, message, "correct the reference")
            pointer, value = target, found
        return pointer, value if isinstance(value, dict) else {}

    def _build_operation(self, path: str, method: str, pointer: str, item: str) -> Operation:
        document = self._document
        stated = get_at(document, pointer)
        assert isinstance(stated, dict)
        security = security_alternatives(document, stated)
        body_pointer, body = self._dereference(join_pointer(pointer, "requestBody"))
        responses = self._build_responses(pointer, stated)
        derived = not any(response.cause for response in responses.values())
        if derived:
            responses = {
                status: replace(response, cause=default_cause(status, responses))
                for status, response in responses.items()
            }
        return Operation(
            id=self._operation_id(path, method, pointer, stated),
            method=method.upper(),
            path=path,
            pointer=pointer,
            security=security,
            parameters=tuple(
                parameter
                for parameter in self._build_parameters(path, pointer, item)
                if not is_credential(security, parameter.location, parameter.name)
            ),
            content=build_media_types(self._document, join_pointer(body_pointer, "content")),
            body_required=bool(body.get("required", False)),
            responses=responses,
            allowed_rejections=tuple(stated.get("x-hookproof-allowed-rejections", ())),
            rate_limit=stated.get("x-hookproof-rate-limit"),
            has_default_causes=derived,
        )

    def _operation_id(
        self, path: str, method: str, pointer: str, stated: Mapping[str, Json]
    ) -> str:
        """Return the stated id if it is unique, else one from method and path."""
        found = stated.get("operationId")
        if isinstance(found, str) and found and found not in self._ids:
            self._ids.add(found)
            return found
        if found is not None:
            self._complain(
                "operation-id",
                join_pointer(pointer, "operationId"),
                f"the operationId {found!r} is not a unique string",
                "give each operation another id",
            )
        words = re.findall(r"[A-Za-z0-9_.]+", path)
        made = first = "-".join([method, *words])
        number = 2
        while made in self._ids:
            made, number = f"{first}-{number}", number + 1
        self._ids.add(made)
        return made

    def _build_parameters(self, path: str, pointer: str, item: str) -> tuple[Parameter, ...]:
        """Return the parameters of the path and the operation; those of the operation win."""
        known: dict[str, Parameter] = {}
        named = path_parameter_names(path)
        for holder in (item, pointer):
            stated = get_at(self._document, join_pointer(holder, "parameters"))
            for index in range(len(stated) if isinstance(stated, list) else 0):
                place = join_pointer(holder, "parameters", index)
                made = self._build_parameter(place)
                if made.location == "header" and made.name.lower() in IGNORED_HEADERS:
                    continue
                if made.location == "path" and made.name not in named:
                    message = f"the path {path} has no {{{made.name}}}"
                    self._complain("path-parameter", place, message, "remove the parameter")
                    continue
                known[made.key] = made
        for name in named:
            if f"path.{name}" not in known:
                message = f"the path has {name!r}, but there is no path parameter of this name"
                raise _Fault("path-parameter", pointer, message, f"declare {name!r} as a parameter")
        return tuple(known.values())

    def _build_parameter(self, place: str) -> Parameter:
        pointer, stated = self._dereference(place)
        name, location = stated.get("name"), stated.get("in")
        if not isinstance(name, str) or location not in ("path", "query", "header", "cookie"):
            message = "a parameter needs a `name`, and `in` as path, query, header or cookie"
            raise _Fault("parameter", pointer, message, "state both")
        media_type = next(iter(_mapping(stated.get("content"))), None)
        holder = pointer if media_type is None else join_pointer(pointer, "content", media_type)
        schema_pointer = join_pointer(holder, "schema")
        _, schema = self._dereference(schema_pointer)
        _, shown = self._dereference(holder)
        return Parameter(
            name=name,
            location=location,
            pointer=pointer,
            schema=schema_pointer,
            required=location == "path" or stated.get("required") is True,
            style=build_style(stated, media_type),
            value_types=text_types(self._document, schema_pointer),
            example=declared_example(shown, schema),
        )

    def _build_responses(self, pointer: str, stated: Mapping[str, Json]) -> dict[str, ResponseSpec]:
        found = stated.get("responses")
        responses: dict[str, ResponseSpec] = {}
        for key in found if isinstance(found, dict) else ():
            place = join_pointer(pointer, "responses", key)
            status = key.upper() if key != "default" else key
            if _STATUS.fullmatch(status):
                responses[status] = self._build_response(status, place)
            elif not key.startswith("x-"):
                message = f"{key!r} is no status, range such as 4XX, or default"
                self._complain("status", place, message, "correct the status")
        return responses

    def _build_response(self, status: str, pointer: str) -> ResponseSpec:
        pointer, stated = self._dereference(pointer)
        headers = [
            self._build_header(name, *self._dereference(join_pointer(pointer, "headers", name)))
            for name in _mapping(stated.get("headers"))
            if name.lower() != "content-type"  # OpenAPI ignores it (section 4.8.17.1)
        ]
        content = _schema_pointers(stated, join_pointer(pointer, "content"))
        return ResponseSpec(
            status,
            pointer,
            content,
            tuple(header for header in headers if header.style.is_supported),
            stated.get("x-hookproof-cause", {}),
            tuple(self._build_links(pointer, stated)),
        )

    def _build_header(self, name: str, pointer: str, stated: Mapping[str, Json]) -> HeaderSpec:
        media_type = next(iter(_mapping(stated.get("content"))), None)
        holder = pointer if media_type is None else join_pointer(pointer, "content", media_type)
        schema = join_pointer(holder, "schema")
        return HeaderSpec(
            name=name,
            pointer=pointer,
            schema=schema,
            required=stated.get("required") is True,
            style=build_style({**stated, "name": name, "in": "header"}, media_type),
            value_types=text_types(self._document, schema),
        )

    def _build_links(self, pointer: str, stated: Mapping[str, Json]) -> Iterator[Link]:
        for name in _mapping(stated.get("links")):
            try:
                place, found = self._dereference(join_pointer(pointer, "links", name))
            except _Fault:
                continue  # normalisation has complained about the reference
            if link := read_link(place, found):
                yield link

    def _build_event(self, name: str, place: str) -> Event | None:
        item_pointer, item = self._dereference(place)
        method = next((m for m in ("post", *METHODS) if isinstance(item.get(m), dict)), None)
        if method is None:
            return None
        stated = item[method]
        pointer = join_pointer(item_pointer, method)
        body_pointer, body = self._dereference(join_pointer(pointer, "requestBody"))
        contents = join_pointer(body_pointer, "content")
        content = _schema_pointers(body, contents)
        trigger = stated.get("x-hookproof-trigger", {})
        if not content:
            if not trigger:
                return None
            raise _Fault("webhook", pointer, "a webhook needs a request body", "state its content")
        media_type = min(content, key=lambda name: body_kind(name) != "json")
        schema = content[media_type]
        media = join_pointer(contents, media_type)
        examples = [
            self._dereference(join_pointer(media, "examples", name))[1]
            for name in _mapping(body["content"][media_type].get("examples"))
        ]
        scheme = next(iter((stated.get("security") or [{}])[0]), None)
        return Event(
            name=name,
            pointer=pointer,
            content=build_media_types(self._document, contents)[media_type],
            schema=schema,
            signature=self._build_signature_scheme(scheme) if scheme else None,
            trigger=trigger,
            examples=tuple(example["value"] for example in examples if "value" in example),
            names=stated_names(name, stated),
            path=stated.get("x-hookproof-event", {}).get("path"),
            objects=stated.get("x-hookproof-event", {}).get("objects"),
        )

    def _build_signature_scheme(self, scheme: str) -> SignatureScheme | None:
        place = join_pointer("", "components", "securitySchemes", scheme)
        pointer, stated = self._dereference(place)
        signature = stated.get("x-hookproof-signature")
        if signature is None:
            return None
        place = join_pointer(pointer, "x-hookproof-signature")
        return build_scheme(signature, stated["name"], place)


def required_permissions(operations: Iterable[Operation]) -> list[str]:
    """Return all permissions that `operations` require."""
    return list(dict.fromkeys(p for operation in operations for p in operation.permissions))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _schema_pointers(holder: Mapping[str, Json], pointer: str) -> dict[str, str]:
    content = _mapping(holder.get("content"))
    return {
        media: join_pointer(pointer, media, "schema")
        for media, stated in content.items()
        if isinstance(stated, dict)
    }
