"""URLs that a run gives to the service for its callbacks. Pure.

Each request has its own URL, so that a callback belongs to exactly one request. The URL replaces
every valid one in a request: a run lets the service call no other machine.
"""

import copy
import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from contracts.model.case import Case
from openapi.callback_url import CALLBACK_SEGMENT, callback_path
from openapi.contract import Contract, Event, Operation
from openapi.json_pointer import get_at, set_at
from openapi.runtime_expression import RuntimeExpression
from openapi.schemas.places import places_at
from openapi.serialization.text_values import EncodedText

MARK_IN_TEXT = "hookproof-callback-mark"
"""Placeholder of the mark in a body that is text already."""
_SCHEMES = ("http://", "https://")
_ENCODED_URL = re.compile(r"https?(?:%3A%2F%2F|://)[^&,;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CallbackPlace:
    """Place in a request where the client gives the URL of a callback."""

    source: RuntimeExpression
    schemas: tuple[str, ...]
    """Pointers of the schemas of the value there."""


@dataclass(frozen=True, slots=True)
class CallbackUrls:
    """URLs for the callbacks of one operation."""

    contract: Contract
    operation: Operation
    base: str
    """URL of the receiver, without a final slash."""
    places: tuple[CallbackPlace, ...]

    def url(self, mark: str = MARK_IN_TEXT) -> str:
        """Return the URL of the request with this mark."""
        return f"{self.base}{callback_path(self.operation.id, mark)}"

    def parameters(self, mark: str) -> dict[str, object]:
        """Return the parameters that carry the URL, by key."""
        keys = [place.source.parameter_key for place in self.places]
        return {key: self.url(mark) for key in keys if key}

    def applied(self, case: Case, mark: str) -> Case:
        """Return `case` with the URL in place of each valid one; an invalid one stays."""
        parameters = {
            key: self._own_value(place, case.parameters[key], mark)
            for place in self.places
            if (key := place.source.parameter_key) in case.parameters
        }
        body = case.body
        if isinstance(body, bytes):
            body = body.replace(MARK_IN_TEXT.encode(), mark.encode())
        elif self._body_places():
            body = copy.deepcopy(body)
            for place in self._body_places():
                if self._is_url(place, get_at(body, place.source.where)):
                    set_at(body, place.source.where, self.url(mark))
        return replace(case, body=body, parameters={**case.parameters, **parameters})

    def base_body(self, body: object) -> object:
        """Return `body` with a URL at each place where its schema allows one."""
        for place in self._body_places():
            changed = copy.deepcopy(body)
            try:
                set_at(changed, place.source.where, self.url())
            except LookupError:
                continue
            if self._accepts(changed):
                body = changed
        return body

    def _body_places(self) -> list[CallbackPlace]:
        return [place for place in self.places if place.source.in_request_body]

    def _accepts(self, body: object) -> bool:
        spec = self.operation.body
        schema = spec.schema if spec else None
        return schema is None or self.contract.schema(schema).is_valid(body)

    def _own_value(self, place: CallbackPlace, value: object, mark: str) -> object:
        """Return the value of a parameter without the URL of another machine."""
        if isinstance(value, EncodedText):
            return EncodedText(_ENCODED_URL.sub(quote(self.url(mark), safe=""), value))
        return self.url(mark) if self._is_url(place, value) else value

    def _is_url(self, place: CallbackPlace, value: object) -> bool:
        """Return whether `value` is an absolute URL that the schemas allow."""
        return (
            isinstance(value, str)
            and value.lower().startswith(_SCHEMES)
            and all(self.contract.schema(pointer).is_valid(value) for pointer in place.schemas)
        )


def callback_urls(contract: Contract, operation: Operation, base: str) -> CallbackUrls | None:
    """Return the URLs for the callbacks of the operation; None if it has none."""
    receivers = dict.fromkeys(
        event.callback.receiver
        for event in contract.events
        if event.callback is not None and event.operation == operation.id
    )
    places = tuple(
        CallbackPlace(source, _schemas_of(contract, operation, source))
        for source in receivers
        if source is not None
    )
    return CallbackUrls(contract, operation, base, places) if places else None


def _schemas_of(
    contract: Contract, operation: Operation, source: RuntimeExpression
) -> tuple[str, ...]:
    if not source.in_request_body:
        known = (p.schema for p in operation.parameters if p.key == source.parameter_key)
        return tuple(known)
    body = operation.body
    if body is None or body.schema is None:
        return ()
    return tuple(places_at(contract.document, body.schema, source.where, ("allOf",)))


def calls_back(event: Event, url: str | None, mark: str) -> bool:
    """Return whether `url` is the one that the run gave to the request with `mark`."""
    return (
        event.callback is not None
        and url is not None
        and f"/{CALLBACK_SEGMENT}/" in url
        and mark in url
    )
