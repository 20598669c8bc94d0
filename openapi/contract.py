"""Contract as frozen values, and lookups in it. `openapi.loading` builds it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from openapi.callback_url import CallbackUrl
from openapi.complaint import Complaint
from openapi.json_pointer import (
    MISSING,
    get_at,
    get_by_tokens,
    join_pointer,
    split_pointer,
    walk_values,
)
from openapi.media_type import essence_of, is_in_range
from openapi.parameters import Parameter, path_parameter_names
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.direction import HIDDEN_KEYS
from openapi.schemas.validation import Schema
from openapi.security import SecurityAlternative, required_schemes
from openapi.serialization.bodies import MediaTypeSpec
from openapi.serialization.readings import RequestTexts, read_parameter
from openapi.serialization.styles import ParameterStyle
from openapi.serialization.text_values import Readings, TextTypes
from openapi.server_path import server_path
from openapi.signatures.scheme import SignatureScheme, secret_problem
from openapi.statuses.contradictions import REJECTIONS, undecided_reason
from openapi.statuses.documented import (
    first_status,
    has_key_status,
    key_order,
    key_statuses,
    key_text,
    nearest_key,
)

_DATA_KEYWORDS = frozenset(["example", "examples", "default", "const", "enum"])
"""Keywords whose values are data."""
_MAPS = frozenset(["properties", "patternProperties", "responses", "schemas", "headers"])
"""Keywords whose values have names of the author as keys."""
_NOTED_KEYS = frozenset(HIDDEN_KEYS.values())
"""Extensions that loading adds, and that state no source."""
_BODY_KINDS: Sequence[str | None] = ("json", "form", "multipart", "text", "bytes")
"""Kinds of bodies; an ordinary request has the first one that its operation documents."""


@dataclass(frozen=True, slots=True)
class Link:
    """Link from the success of one operation to the path parameters of another."""

    operation: str
    """Id of the other operation."""
    values: tuple[tuple[str, RuntimeExpression], ...]
    """Path parameter of the other operation -> its value, as an expression on this exchange."""
    pointer: str = ""
    """Pointer of the link; empty if the document does not state it."""
    is_inferred: bool = False
    """Whether the document does not state it, so that it may lead nowhere."""


SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods that change nothing (RFC 9110, section 9.2.1)."""
Json = Any
"""Plain JSON data of a document that `contract.schema.json` has accepted."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Source of a constraint and its reliability."""

    level: str
    """`documented`, `implied` or `assumed`."""
    source: str
    reason: str
    severity: str
    """Severity of a violation: `violation` or `warning`."""


@dataclass(frozen=True, slots=True)
class HeaderSpec:
    """Header of a response."""

    name: str
    pointer: str
    schema: str
    required: bool
    style: ParameterStyle
    value_types: TextTypes
    """Types that the schema allows."""

    @property
    def is_integer(self) -> bool:
        """Whether each value is an integer."""
        return self.value_types.names == ("integer",)

    def readings(self, text: str) -> Readings:
        """Return the values that the text of the header can mean."""
        texts = RequestTexts(headers={self.name.lower(): text})
        return read_parameter(self.style, self.value_types, texts) or Readings((text,))


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSpec:
    """Documented response. `cause` is its `x-hookproof-cause`, empty if it has none."""

    status: str
    pointer: str
    content: Mapping[str, str]
    """Media type -> pointer of the schema."""
    headers: tuple[HeaderSpec, ...]
    cause: Mapping[str, Json]
    links: tuple[Link, ...]

    def schema_for(self, media_type: str) -> str | None:
        """Return the pointer of the schema for a Content-Type; None if it is not documented."""
        essence = essence_of(media_type)
        found = [name for name in self.content if is_in_range(essence, name)]
        name = min(found, key=lambda stated: stated.count("*"), default=None)
        return None if name is None else self.content[name]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Operation of the contract."""

    id: str
    method: str
    path: str
    pointer: str
    security: tuple[SecurityAlternative, ...]
    """Alternatives that give access; none: the operation is public."""
    parameters: tuple[Parameter, ...]
    content: Mapping[str, MediaTypeSpec]
    """Media types of the request body, as the contract states them; empty without a body."""
    body_required: bool
    responses: Mapping[str, ResponseSpec]
    allowed_rejections: tuple[Mapping[str, Json], ...]
    rate_limit: Mapping[str, Json] | None
    has_default_causes: bool = False
    """Whether the causes follow from the statuses, because the document states none."""

    @property
    def allows_anonymous(self) -> bool:
        """Whether a request needs no credential."""
        return not self.security or not all(self.security)

    @property
    def scheme(self) -> str | None:
        """Name of the first security scheme, or None for a public operation."""
        return next((one.scheme.name for one in required_schemes(self.security)), None)

    @property
    def permissions(self) -> tuple[str, ...]:
        """Scopes of the first bearer scheme."""
        required = required_schemes(self.security)
        return next((one.scopes for one in required if one.scheme.kind == "bearer"), ())

    @property
    def accepts_valid_requests(self) -> bool:
        """Whether a valid request can succeed: without stated causes, no document excludes it."""
        return self.has_default_causes or self.response_caused_by("valid-request") is not None

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing."""
        return self.method in SAFE_METHODS

    @property
    def may_create(self) -> bool:
        """Whether a success may create a resource."""
        return not self.is_safe and self.method not in ("DELETE", "PATCH")

    @property
    def body(self) -> MediaTypeSpec | None:
        """Media type of an ordinary request: JSON if there is one; None without a body."""
        specs = [spec for spec in self.content.values() if spec.kind is not None]
        return min(specs, key=lambda spec: _BODY_KINDS.index(spec.kind), default=None)

    @property
    def has_json_body(self) -> bool:
        """Whether an ordinary request has a JSON body."""
        return self.body is not None and self.body.kind == "json"

    @property
    def is_sendable(self) -> bool:
        """Whether hookproof can write a body that the operation requires."""
        return self.body is not None or not (self.content and self.body_required)

    def find_media_type(self, stated: str) -> MediaTypeSpec | None:
        """Return the media type of the contract for a Content-Type, the most specific one."""
        exact = self.content.get(stated)
        if exact is not None and "*" not in stated:
            return exact
        essence = essence_of(stated)
        found = [spec for name, spec in self.content.items() if is_in_range(essence, name)]
        return min(found, key=lambda spec: spec.name.count("*"), default=None)

    def response_for(self, status: int) -> ResponseSpec | None:
        """Return the response that documents `status`: by its code, its range or `default`."""
        key = nearest_key(self.responses, status)
        return None if key is None else self.responses[key]

    def responses_caused_by(self, kind: str) -> tuple[ResponseSpec, ...]:
        """Return the responses whose `x-hookproof-cause` is of this kind: codes first.

        A response is left out if nearer ones document all of its statuses for the cause.
        """
        found = [r for r in self.responses.values() if r.cause.get("kind") == kind]
        found.sort(key=lambda response: key_order(response.status))
        return tuple(r for r in found if any(self._statuses_of(r)))

    def response_caused_by(self, kind: str) -> ResponseSpec | None:
        """Return the first response whose `x-hookproof-cause` is of this kind."""
        return next(iter(self.responses_caused_by(kind)), None)

    def statuses_caused_by(self, kind: str) -> tuple[int, ...]:
        """Return every status that the contract documents for this kind of cause."""
        return tuple(s for r in self.responses_caused_by(kind) for s in self._statuses_of(r))

    def _statuses_of(self, response: ResponseSpec) -> Iterator[int]:
        """Yield the statuses that `response` documents for its cause: the usual one first."""
        return key_statuses(self.responses, response.status, response.cause["kind"], self.method)

    def status_caused_by(self, kind: str) -> int | None:
        """Return the usual one of the statuses documented for this kind of cause."""
        return next(iter(self.statuses_caused_by(kind)), None)

    @property
    def duplicate_values(self) -> tuple[str, ...]:
        """Expressions of the values that a duplicate request repeats; empty if no cause has any."""
        found = self.responses_caused_by("duplicate-request")
        return tuple(dict.fromkeys(e for r in found for e in r.cause.get("duplicate-values", ())))

    def status_of(self, response: ResponseSpec) -> int:
        """Return a status that `response` documents: for a range, the usual one for its cause."""
        found = self._statuses_of(response) if response.cause else iter(())
        return next(found, None) or first_status(self.responses, response.status)

    def allows_cause(self, kind: str, status: int | None) -> bool:
        """Return whether the contract documents `status` for this kind of cause."""
        response = None if status is None else self.response_for(status)
        return (
            status is not None
            and response is not None
            and response.cause.get("kind") == kind
            and has_key_status(self.responses, response.status, kind, self.method, status)
        )

    def contradicts(self, kind: str, status: int) -> bool:
        """Return whether a response with `status` to this kind of cause breaks the contract.

        Without stated causes, a service may reject a request for rules that no schema states.
        """
        if self.allows_cause(kind, status):
            return False
        if not self.has_default_causes or status >= 500:
            return True
        documents_success = self.response_caused_by("valid-request") is not None
        reason = undecided_reason(kind, status, documents_success=documents_success)
        return status not in REJECTIONS.get(kind, ()) and not reason

    def status_text(self, kind: str) -> str:
        """Return the documented statuses for this kind of cause as text, such as `400 or 422`."""
        keys = (response.status for response in self.responses_caused_by(kind))
        return " or ".join(key_text(key, kind, self.method) for key in keys)


@dataclass(frozen=True, slots=True)
class EventName:
    """Place in a delivery that names its event."""

    source: RuntimeExpression
    """Place in the body or in the headers of the delivery."""
    values: tuple[Json, ...]
    """Values there that name the event."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Webhook of the contract."""

    name: str
    pointer: str
    content: MediaTypeSpec
    schema: str
    signature: SignatureScheme | None
    trigger: Mapping[str, Json]
    """`x-hookproof-trigger`; empty if the contract does not say which response sends the event."""
    examples: tuple[Json, ...]
    names: tuple[EventName, ...] = ()
    """Places that name the event, all of them; none: nothing in a delivery does."""
    path: str | None = None
    """Path of the URL to which the event is sent, or None for any."""
    callback: CallbackUrl | None = None
    """URL that the service calls, if the event is a callback; None: a webhook."""
    objects: str | None = None
    """Pointer of the array of objects, if a delivery is a batch; None: it has one event.

    The pointers of the trigger are then relative to an object.
    """

    @property
    def media_type(self) -> str:
        """Media type of the payload as the contract states it."""
        return self.content.name

    @property
    def method(self) -> str:
        """HTTP method of a delivery."""
        return self.pointer.rpartition("/")[2].upper()

    @property
    def operation(self) -> str:
        """Id of the operation that triggers the event, or an empty text."""
        return str(self.trigger.get("operation", ""))

    @property
    def for_each(self) -> str | None:
        """Pointer of the array in the request body whose items trigger one event each, or None."""
        stated = self.trigger.get("for-each")
        return None if stated is None else parse_expression(stated).where

    @property
    def condition(self) -> str | None:
        """Pointer of the schema of the requests, or items, that trigger the event; None: all."""
        place = join_pointer(self.pointer, "x-hookproof-trigger", "when")
        return place if "when" in self.trigger else None

    @property
    def is_merged(self) -> bool:
        """Whether one event may stand for several responses."""
        return self.trigger.get("delivery") == "merged"

    def first_place(self, pointer: str) -> str:
        """Return the pointer into the payload of a place in its only or first object."""
        return pointer if self.objects is None else f"{self.objects}/0{pointer}"

    def is_named_in(self, payload: Json) -> bool:
        """Return whether `payload` has a name of the event."""
        named = [name for name in self.names if name.source.in_request_body]
        return bool(named) and all(n.source.evaluate(payload) in n.values for n in named)

    @property
    def name_pointer(self) -> str | None:
        """Pointer of the event name in the payload, or None if the payload has none."""
        return next((n.source.where for n in self.names if n.source.in_request_body), None)


@dataclass(frozen=True, slots=True)
class ContractFile:
    """Document or overlay that a contract was read from."""

    name: str
    text: str = field(repr=False)
    """Text; encoded as UTF-8 it equals the file."""

    @property
    def digest(self) -> str:
        """SHA-256 of the file, in hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Contract:
    """Valid contract."""

    document: Mapping[str, Json]
    operations: tuple[Operation, ...]
    events: tuple[Event, ...]
    text: str = field(repr=False)
    """Text of the document; with overlays, the text of their result."""
    complaints: tuple[Complaint, ...] = field(default=(), repr=False)
    """Faults and doubtful places of the document; an error left out what lies there."""
    excluded: tuple[Operation, ...] = ()
    """Operations of the document that `openapi.operation_selection` left out."""
    files: tuple[ContractFile, ...] = ()
    """Document and overlays, in the order of their application."""
    signature: SignatureScheme | None = None
    """Signature scheme of all deliveries, if the contract has no event."""
    public_url: str = ""
    """URL by which senders reach the receiver: see `with_public_url`."""
    _schemas: dict[str, Schema] = field(default_factory=dict, repr=False)
    _provenances: dict[tuple[str, str], Provenance] = field(default_factory=dict, repr=False)

    @property
    def base_path(self) -> str:
        """Path of the first server, which precedes every path; empty or without a final slash."""
        return server_path(self.document.get("servers"))

    @cached_property
    def triggered_events(self) -> tuple[Event, ...]:
        """Events that a response of a stated operation triggers; the others are never expected."""
        return tuple(event for event in self.events if event.operation)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hex digits; each overlay changes it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def schema(self, pointer: str) -> Schema:
        """Return the schema at `pointer`, compiled once."""
        if pointer not in self._schemas:
            self._schemas[pointer] = Schema(self.document, pointer, self._pointers_by_id)
        return self._schemas[pointer]

    def directed_schema(self, pointer: str, direction: str) -> Schema:
        """Return the schema at `pointer` for requests or responses (see `schema_direction`)."""
        return Schema(self.document, pointer, self._pointers_by_id, direction)

    @cached_property
    def _pointers_by_id(self) -> Mapping[int, str]:
        return {id(v): p for p, v in walk_values(self.document) if isinstance(v, dict)}

    def resolve(self, pointer: str) -> str:
        """Return `pointer` with the references at it followed."""
        value = get_at(self.document, pointer)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            pointer = value["$ref"][1:]
            value = get_at(self.document, pointer)
        return pointer

    def at(self, pointer: str) -> Json:
        """Return the value at `pointer`, references followed; `LookupError` if there is none."""
        value = get_at(self.document, self.resolve(pointer))
        if value is MISSING:
            raise LookupError(f"nothing at {pointer!r} in the contract")
        return value

    def operation(self, operation_id: str) -> Operation:
        """Return the operation with this id; `LookupError` if there is none."""
        if operation_id not in self._operations_by_id:
            raise LookupError(f"no operation {operation_id!r} in the contract")
        return self._operations_by_id[operation_id]

    @cached_property
    def _operations_by_id(self) -> Mapping[str, Operation]:
        return {operation.id: operation for operation in self.operations}

    def find_creator(self, operation: Operation) -> tuple[Operation, Link] | None:
        """Return the operation whose success links to `operation`, and the link.

        Of several, return the one with the fewest path parameters. An operation that changes
        something needs a new resource, so that a safe one comes last.
        """
        return min(
            self._links_by_target.get(operation.id, ()),
            key=lambda made: (
                made[0].is_safe and not operation.is_safe,
                len(path_parameter_names(made[0].path)),
            ),
            default=None,
        )

    @cached_property
    def _links_by_target(self) -> Mapping[str, Sequence[tuple[Operation, Link]]]:
        """Operations whose success links to another operation, and the link, by its id."""
        links: dict[str, list[tuple[Operation, Link]]] = {}
        for operation in self.operations:
            for success in operation.responses_caused_by("valid-request"):
                for link in success.links:
                    if link.operation != operation.id:
                        links.setdefault(link.operation, []).append((operation, link))
        return links

    def events_triggered_by(self, operation_id: str, status: int) -> tuple[Event, ...]:
        """Return the events that a response of `status` by the operation triggers."""
        found = self._events_by_operation.get(operation_id, ())
        return tuple(event for event in found if nearest_key([event.trigger["status"]], status))

    @cached_property
    def _events_by_operation(self) -> Mapping[str, Sequence[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self.triggered_events:
            found.setdefault(event.operation, []).append(event)
        return found

    def meets_condition(self, event: Event, value: Json) -> bool:
        """Return whether `value`, a request body or an item of it, must trigger `event`."""
        return event.condition is None or self.schema(event.condition).is_valid(value)

    def triggering_response(self, event: Event) -> ResponseSpec | None:
        """Return the documented response that triggers `event`; of several the usual success."""
        operation, key = self.operation(event.operation), event.trigger["status"]
        statuses = [int(key)] if key.isdecimal() else operation.statuses_caused_by("valid-request")
        found = (operation.response_for(s) for s in statuses if nearest_key([key], s))
        return next((response for response in found if response is not None), None)

    def with_signature(self, scheme: SignatureScheme) -> "Contract":
        """Return the contract with `scheme` as the signature scheme of each delivery."""
        stated = replace(scheme, pointer=self.events[0].pointer if self.events else "")
        events = tuple(replace(event, signature=stated) for event in self.events)
        return replace(self, events=events, signature=stated)

    @property
    def signature_schemes(self) -> tuple[SignatureScheme, ...]:
        """Signature schemes of the events, each once; without events that of all deliveries."""
        stated = [event.signature for event in self.events] or [self.signature]
        return tuple(dict.fromkeys(scheme for scheme in stated if scheme is not None))

    def with_public_url(self, url: str) -> "Contract":
        """Return the contract whose signature schemes verify deliveries that were sent to `url`.

        Its scheme, host, port and path prefix replace those of each delivery.
        """
        if not url:
            return self

        def at_url(scheme: SignatureScheme | None) -> SignatureScheme | None:
            return replace(scheme, public_url=url) if scheme else None

        events = tuple(replace(event, signature=at_url(event.signature)) for event in self.events)
        return replace(self, events=events, signature=at_url(self.signature), public_url=url)

    @property
    def signs_url(self) -> bool:
        """Whether a signature scheme of the contract covers the URL."""
        return any(scheme.signs_url for scheme in self.signature_schemes)

    def secret_problem(self, secret: str, *, signs: bool = False) -> str | None:
        """Return why a signature scheme of the contract cannot use `secret`; None if all can.

        `signs`: the secret must sign too, which a public key cannot.
        """
        return secret_problem(self.signature_schemes, secret, signs=signs)

    def provenance(self, pointer: str, detail: str = "*") -> Provenance:
        """Return the provenance of the constraint at `pointer`, the pointer of a keyword.

        `detail` selects a part of the keyword, such as a property of `required`. An
        `x-hookproof-provenance` applies to its object and all below it, unless a nearer one
        overrides it. What an object reached by `$ref` does not state, it inherits from the place
        that refers to it: of several, from the first in the document that has a source. A
        statement of the document itself comes last.
        """
        key = pointer, detail
        if key not in self._provenances:
            self._provenances[key] = self._find_provenance(pointer, detail)
        return self._provenances[key]

    def _find_provenance(self, pointer: str, detail: str) -> Provenance:
        source = severity = None
        if self._has_extensions:
            tokens = tuple(split_pointer(pointer))
            source, severity = self._stated_source(tokens, detail)
            own = get_by_tokens(self.document, (*tokens, "source"))
            if isinstance(own, str):
                source = own
            elif source is None:
                source, severity = self._inherited_source(tokens, detail, severity, set())
        if source is None:
            source = _provenance_source(self.document.get("x-hookproof-provenance"), "*", "*")
        if source is None:
            raise LookupError(f"no provenance for {pointer!r}")
        name, _, reason = source.partition(":")
        level = self.document["x-hookproof-sources"][name]["level"]
        default = "warning" if level == "assumed" else "violation"
        return Provenance(level, name, reason.strip(), severity or default)

    @cached_property
    def _has_extensions(self) -> bool:
        """Whether an object below the document itself has an extension that may state a source."""
        pending: list[Json] = [*self.document.values()]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                if any(key.startswith("x-hookproof-") for key in value if key not in _NOTED_KEYS):
                    return True
                pending += value.values()
            elif isinstance(value, list):
                pending += value
        return False

    def _stated_source(self, tokens: tuple[str, ...], detail: str) -> tuple[str | None, str | None]:
        """Return the nearest source and severity that objects in the document state."""
        source: str | None = None
        severity: str | None = None
        places: list[Json] = []
        for token in tokens:
            places.append(get_by_tokens(places[-1] if places else self.document, (token,)))
        for length, place in reversed([*enumerate(places, 1)]):
            if not isinstance(place, dict):
                continue
            severity = severity or cast("str | None", place.get("x-hookproof-severity"))
            keyword = tokens[length] if length == len(tokens) - 1 else "*"
            source = source or _provenance_source(
                place.get("x-hookproof-provenance"), keyword, detail
            )
        return source, severity

    def _inherited_source(
        self, tokens: tuple[str, ...], detail: str, severity: str | None, seen: set[tuple[str, ...]]
    ) -> tuple[str | None, str | None]:
        """Return source and severity from the places that refer to an object above a keyword."""
        for length in range(len(tokens), 0, -1):
            for referrer in self._referrers.get(tokens[:length], ()):
                if referrer in seen:
                    continue
                seen.add(referrer)
                path = (*referrer, *tokens[length:])
                source, further = self._stated_source(path, detail)
                if source is None:
                    source, further = self._inherited_source(path, detail, further, seen)
                if source is not None:
                    return source, severity or further
        return None, severity

    @cached_property
    def _referrers(self) -> Mapping[tuple[str, ...], Sequence[tuple[str, ...]]]:
        """Objects with a `$ref`, in document order, by the path of the object that it names."""
        found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for pointer, value in walk_values(self.document):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str):
                continue
            tokens = split_pointer(pointer)
            if not _is_in_data(tokens):
                found.setdefault(tuple(split_pointer(reference)), []).append(tuple(tokens))
        return found


def _is_in_data(tokens: Sequence[str]) -> bool:
    """Return whether a path leads into an example or another value, where `$ref` is a name."""
    return any(
        token in _DATA_KEYWORDS and above not in _MAPS
        for above, token in zip(("", *tokens), tokens, strict=False)
    )


def _provenance_source(provenance: Json, keyword: str, detail: str) -> str | None:
    """Return the source of a keyword in an `x-hookproof-provenance`, or None if it names none."""
    if not isinstance(provenance, dict):
        return provenance if isinstance(provenance, str) else None
    for stated in (provenance.get(keyword), provenance.get("*")):
        found = stated.get(detail, stated.get("*")) if isinstance(stated, dict) else stated
        if isinstance(found, str):
            return found
    return None
