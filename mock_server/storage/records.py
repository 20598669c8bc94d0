"""Record of a request and its response, with the contract's verdict.

Bodies and headers are truncated when a record is created. Redaction takes time, so it waits until
the record is read.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Any
from urllib.parse import unquote_plus

from mock_server.exchange import MockExchange, Objection
from mock_server.messages import Headers, HttpResponse
from mock_server.storage.secret_properties import SecretProperties
from openapi.contract import Operation
from openapi.redaction import REDACTED, Redaction
from openapi.redaction.credential_headers import authentication_scheme, carries_credential
from openapi.security import required_schemes

MAX_SHOWN_BYTES = 16 * 1024
REDACTION_MARGIN_BYTES = 4096
"""Additional bytes before redaction, so that a secret at the end of the excerpt is complete."""
_MAX_STORED_BYTES = MAX_SHOWN_BYTES + REDACTION_MARGIN_BYTES
_NOT_CHECKED = "not checked"
_CREDENTIAL_CAUSES = ("invalid-credential", "insufficient-permission")


@dataclass(slots=True)
class RequestRecord:
    """Record of a request and the response that was sent."""

    id: int
    at: float
    seconds: float | None
    """Duration; None if the mock was killed before the end."""
    method: str
    target: bytes
    headers: Headers
    body: bytes
    size: int
    operation: Operation | None
    response: HttpResponse | None
    """Response with the beginning of its body; None if none was sent."""
    response_size: int
    """Size of the response body in bytes."""
    objections: tuple[Objection, ...]
    is_preferred_response: bool
    redactor: Redaction
    secret_properties: SecretProperties
    about: None = None

    def data(self) -> dict[str, Any]:
        """Return the record as JSON data, without secrets."""
        target, headers = self._head()
        return {
            "at": self.at,
            "method": self.method,
            "target": self.redactor(target),
            "operation": self.operation.id if self.operation else None,
            "status": self.response.status if self.response else None,
            "milliseconds": None if self.seconds is None else round(self.seconds * 1000, 3),
            "headers": self.redactor.headers(headers),
            "body": body_excerpt(self.body, self.size, self.redactor),
            "response": self._response_data(),
            "verdict": self.redactor.value(self._judge()),
        }

    def _response_data(self) -> dict[str, Any] | None:
        if self.response is None:
            return None
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self.response.headers]
        body = body_excerpt(self.response.body, self.response_size, self.redactor)
        body["text"] = self.secret_properties.redact(body["text"])
        return {"headers": self.redactor.headers(headers), "body": body}

    def stored(self) -> str:
        """Return the record as JSON that `restored_request` reads.

        It takes less time than `data`, because it redacts only the credentials in headers.
        """
        target, headers = self._head()
        values = {
            "at": self.at,
            "method": self.method,
            "target": target,
            "headers": [(name, _without_credential(name, value)) for name, value in headers],
            "body": self.body.decode("latin-1"),
            "size": self.size,
            "operation": self.operation.id if self.operation else None,
            "status": self.response.status if self.response else None,
            "objections": self.objections,
        }
        return json.dumps(values)

    def _head(self) -> tuple[str, list[tuple[str, str]]]:
        """Return target and headers without the API keys of the operation."""
        required = required_schemes(self.operation.security) if self.operation else ()
        keys = {one.scheme.place for one in required if one.scheme.kind == "api-key"}
        target = self.target.decode("latin-1")
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self.headers]
        if not keys:
            return target, headers
        shown = [(k, REDACTED if ("header", k) in keys else v) for k, v in headers]
        return _without_keys(target, keys), shown

    def _judge(self) -> dict[str, Any]:
        judged = request_verdict(self.operation, self.objections)
        if self.is_preferred_response and not self.objections:
            summary = "response on demand"
            return {**judged, "valid": None, "summary": summary, "credential": _NOT_CHECKED}
        return judged


def restored_request(
    number: int,
    stored: str,
    operations: Iterable[Operation],
    redactor: Redaction,
    secret_properties: SecretProperties,
) -> dict[str, Any]:
    """Return the data of the record that `RequestRecord.stored` has written.

    It has the status of the response, but not the response.
    """
    values = json.loads(stored)
    record = RequestRecord(
        number,
        values["at"],
        None,
        values["method"],
        values["target"].encode("latin-1"),
        tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in values["headers"]),
        values["body"].encode("latin-1"),
        values["size"],
        next((one for one in operations if one.id == values["operation"]), None),
        None,
        0,
        tuple(Objection(*one) for one in values["objections"]),
        False,
        redactor,
        secret_properties,
    )
    return {**record.data(), "status": values["status"]}


def _without_credential(name: str, value: str) -> str:
    """Return the value of a header; of a credential, only its scheme."""
    if not carries_credential(name):
        return value
    scheme = authentication_scheme(name, value)
    return REDACTED if scheme is None else f"{scheme} {REDACTED}"


def _without_keys(target: str, keys: Collection[tuple[str, str]]) -> str:
    """Return `target` without the values of the query parameters that are API keys."""
    path, mark, query = target.partition("?")
    names = {name for location, name in keys if location == "query"}
    pairs = [
        f"{name}={REDACTED}" if unquote_plus(name) in names else f"{name}{equals}{value}"
        for name, equals, value in (pair.partition("=") for pair in query.split("&"))
    ]
    return f"{path}{mark}{'&'.join(pairs)}"


def request_record(
    number: int,
    at: float,
    seconds: float | None,
    scope: Mapping[str, Any],
    exchange: MockExchange,
    redactor: Redaction,
    secret_properties: SecretProperties,
) -> RequestRecord:
    """Return the record of a finished exchange, truncated for storage."""
    response = exchange.sent or exchange.response
    headers, body = exchange.request_headers, exchange.body
    if sum(map(len, chain.from_iterable(headers))) > MAX_SHOWN_BYTES:
        sizes = accumulate(len(name) + len(value) for name, value in headers)
        headers = headers[: sum(size <= MAX_SHOWN_BYTES for size in sizes)]
    target: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return RequestRecord(
        number,
        at,
        seconds,
        scope["method"],
        (target + b"?" + query if query else target)[:MAX_SHOWN_BYTES],
        headers,
        body[:_MAX_STORED_BYTES],
        len(body),
        exchange.operation,
        response and _truncated(response),
        len(response.body) if response else 0,
        exchange.objections,
        exchange.is_preferred_response,
        redactor,
        secret_properties,
    )


def _truncated(response: HttpResponse) -> HttpResponse:
    if len(response.body) <= _MAX_STORED_BYTES:
        return response
    return replace(response, body=response.body[:_MAX_STORED_BYTES])


def body_excerpt(body: bytes, size: int, redactor: Redaction) -> dict[str, Any]:
    """Return the beginning of a body of `size` bytes as text, without secrets."""
    text = redactor(body.decode("utf-8", "backslashreplace"))
    return {
        "text": text[:MAX_SHOWN_BYTES],
        "size": size,
        "truncated": size > MAX_SHOWN_BYTES or len(text) > MAX_SHOWN_BYTES,
    }


def request_verdict(
    operation: Operation | None, objections: tuple[Objection, ...]
) -> dict[str, Any]:
    """Return the contract's verdict on a request, before faults."""
    invalid = [o for o in objections if o.reason == "invalid-request"]
    rejections = [o for o in objections if o.reason != "invalid-request"]
    credential = [o.message for o in rejections if o.reason in _CREDENTIAL_CAUSES]
    others = [o for o in rejections if o.reason not in _CREDENTIAL_CAUSES]
    if operation is None or (objections and objections[-1].reason == "rate-limit-exceeded"):
        credential = [_NOT_CHECKED]
    elif not credential:
        credential = ["accepted" if operation.security else "not required"]
    return {
        "valid": not objections,
        "summary": _summary(objections),
        "credential": credential[0],
        "violations": [
            {"location": o.place, "keyword": o.keyword, "message": o.message} for o in invalid
        ],
        "rejection": {"reason": others[-1].reason, "message": others[-1].message}
        if others
        else None,
    }


def _summary(objections: tuple[Objection, ...]) -> str:
    if not objections:
        return "valid"
    first = objections[0]
    more = f"; and {len(objections) - 1} more" if len(objections) > 1 else ""
    return f"{first.place + ': ' if first.place else ''}{first.message}{more}"
