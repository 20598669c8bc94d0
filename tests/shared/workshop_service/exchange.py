"""Request and response of the service, and the error that becomes a response."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workshop_service.rules import Invalid, Rule, whole


class Problem(Exception):
    """Error: the request gets a response with this status and an error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Request:
    """Request of a known tenant to a known operation."""

    tenant: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self, rule: Rule, media_type: str = "application/json") -> Any:
        """Return the body, reduced to what `rule` knows."""
        given = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != media_type:
            raise Problem(415, "unsupported_media_type", f"the media type must be {media_type}")
        try:
            value = json.loads(self.body.decode(), parse_constant=_refuse)
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        except (ValueError, RecursionError):
            raise Problem(400, "bad_request", "the body is not JSON") from None
        try:
            return rule(value)
        except Invalid as error:
            raise Problem(422, "invalid", str(error)) from None

    def parameter(self, name: str, rule: Rule) -> Any:
        """Return a query parameter, or None if it is absent."""
        return None if name not in self.query else _readable(name, self.query[name], rule)

    def number(self, name: str, default: int, low: int, high: int | None = None) -> int:
        """Return a query parameter that is an integer."""
        found = self.parameter(name, lambda text: whole(text, low, high))
        return default if found is None else found

    def header(self, name: str, rule: Rule) -> Any:
        """Return a header, or None if it is absent."""
        found = self.headers.get(name.lower())
        return None if found is None else _readable(name, found, rule)


@dataclass(frozen=True)
class Response:
    """Status and JSON value; without a value there is no body."""

    status: int
    value: Any = None
    has_body: bool = True


NO_CONTENT = Response(204, has_body=False)


def not_found() -> Problem:
    return Problem(404, "not_found", "there is no such resource")


def _readable(name: str, text: str, rule: Rule) -> Any:
    try:
        return rule(text)
    except Invalid as error:
        raise Problem(400, "bad_request", f"{name}: {error}") from None


def _refuse(text: str) -> None:
    raise ValueError(text)
