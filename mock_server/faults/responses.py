"""Faults of responses: wrong status, body or headers after a correct exchange."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, Need, ResponseChange, replace_status
from mock_server.faults.applicability import (
    caused_response,
    error_body,
    error_object,
    response_header,
    secured_error_object,
    success_body,
)
from mock_server.messages import HttpResponse, with_json_body
from mock_server.responses.errors import ErrorResponses
from openapi.contract import Contract


def _response_fault(name: str, description: str, need: Need, change: ResponseChange) -> Fault:
    return Fault(name, "responses", description, Hooks(response=change), need=need)


def _status_fault(name: str, description: str, cause: str, wrong_status: int) -> Fault:
    need = caused_response(cause, wrong_status)
    return _response_fault(name, description, need, replace_status(cause, wrong_status))


def _error_value_fault(
    name: str, description: str, size: int, change: Callable[[dict[str, Any]], object]
) -> Fault:
    """Return the fault that changes every error body that is an object.

    The contract needs an error whose body has at least `size` properties.
    """

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        value = _error_object(response)
        return response if value is None else with_json_body(response, change(value))

    return _response_fault(name, description, error_object(size), apply)


def _error_body_fault(
    name: str, description: str, media_type: str, body: Callable[[int], bytes]
) -> Fault:
    """Return the fault that replaces the body and media type of every error."""

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        if response.status < 400:
            return response
        headers = tuple(h for h in response.headers if h[0] != b"content-type")
        kept = ((b"content-type", media_type.encode()), *headers)
        return replace(response, headers=kept, body=body(response.status))

    return _response_fault(name, description, error_body, apply)


def _header_fault(name: str, description: str, ending: bytes, value: bytes | None) -> Fault:
    """Return the fault that sets each header whose name has this ending; None removes it."""

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        expected = [h[0] for h in response.headers if h[0].endswith(ending)]
        kept = tuple(h for h in response.headers if h[0] not in expected)
        changed = tuple((key, value) for key in expected if value is not None)
        return replace(response, headers=kept + changed)

    fault = _response_fault(name, description, response_header(ending.decode()), apply)
    return replace(fault, stated_severity="warning", needs_rate_limit=True)


def _error_object(response: HttpResponse) -> dict[str, Any] | None:
    """Return the body of an error; None for a success and for a body that is not an object."""
    value = response.json if response.status >= 400 else None
    return value if isinstance(value, dict) else None


def _problem_json_body(status: int) -> bytes:
    return json.dumps({"type": "about:blank", "title": "Error", "status": status}).encode()


def _html_body(status: int) -> bytes:
    return f"<html><body><h1>{status}</h1><hr>gateway</body></html>".encode()


def _nest_errors(value: dict[str, Any]) -> dict[str, Any]:
    return {"errors": [{"detail": next(iter(value.values()), "")}]}


def _drop_first_property(value: dict[str, Any]) -> dict[str, Any]:
    return dict(list(value.items())[1:])


def _number_codes(value: dict[str, Any]) -> dict[str, Any]:
    return {key: 1042 if index else item for index, (key, item) in enumerate(value.items())}


def _wrap_in_data(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
    success = response.status < 300 and response.body
    return with_json_body(response, {"data": response.json}) if success else response


def _drop_content_type(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
    kept = tuple(h for h in response.headers if h[0] != b"content-type")
    return response if response.status >= 300 else replace(response, headers=kept)


def _echo_credential(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
    stated = exchange.header_values(b"authorization")
    value = _error_object(response)
    if value is None or not stated:
        return response
    shown = {"request": {"authorization": stated[0].decode("latin-1")}}
    return with_json_body(response, {**value, **shown})


@lru_cache(maxsize=4)
def _error_responses(contract: Contract) -> ErrorResponses:
    return ErrorResponses(contract)


def _crash(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
    operation = exchange.operation
    if operation is None or not operation.allows_cause("valid-request", response.status):
        return response
    return _error_responses(exchange.contract).crash(exchange)


RESPONSE_FAULTS = (
    _status_fault(
        "ok-for-created",
        "The service returns 200 for a creation: the framework's default.",
        "valid-request",
        200,
    ),
    _status_fault(
        "accepted-for-created",
        "The service returns 202 for a creation, as if it were still in progress.",
        "valid-request",
        202,
    ),
    _response_fault(
        "crash-after-create",
        "The service creates the resource, then fails with 500 and an error body.",
        caused_response("valid-request", 500),
        _crash,
    ),
    _status_fault(
        "unprocessable-for-invalid",
        "The service returns 422 for an invalid request: the default of several frameworks.",
        "invalid-request",
        422,
    ),
    _status_fault(
        "invalid-as-ok",
        "The service returns 200 for an invalid request, with the error in the body.",
        "invalid-request",
        200,
    ),
    _status_fault(
        "conflict-crash",
        "The service returns 500 for a duplicate request: a database error is not caught.",
        "duplicate-request",
        500,
    ),
    replace(
        _status_fault(
            "unavailable-for-rate-limit",
            "The proxy returns 503 to a client over the rate limit.",
            "rate-limit-exceeded",
            503,
        ),
        needs_rate_limit=True,
    ),
    _response_fault(
        "response-wrapped",
        "A success body is wrapped in an object with one property, `data`.",
        success_body,
        _wrap_in_data,
    ),
    _response_fault(
        "media-type-missing", "A success has no Content-Type.", success_body, _drop_content_type
    ),
    _response_fault(
        "credential-echoed",
        "An error body shows the request with its credential: debug mode is on.",
        secured_error_object,
        _echo_credential,
    ),
    _error_body_fault("error-as-text", "Errors are plain text.", "text/plain", lambda _: b"Error"),
    _error_body_fault(
        "error-as-html", "Errors are the HTML pages of a gateway.", "text/html", _html_body
    ),
    _error_body_fault(
        "error-as-problem",
        "Errors are problem+json (RFC 9457).",
        "application/problem+json",
        _problem_json_body,
    ),
    _error_body_fault(
        "error-empty", "Errors have an empty body.", "application/json", lambda _: b""
    ),
    _error_value_fault("message-missing", "Errors have no message.", 1, _drop_first_property),
    _error_value_fault(
        "message-nested", "Errors are a list of objects, as in other APIs.", 0, _nest_errors
    ),
    _error_value_fault("code-numeric", "The error code is a number.", 2, _number_codes),
    _header_fault("retry-after-missing", "A 429 has no Retry-After.", b"retry-after", None),
    _header_fault(
        "retry-after-as-text",
        "Retry-After has a unit: `5 seconds`.",
        b"retry-after",
        b"5 seconds",
    ),
    _header_fault(
        "rate-limit-reset-as-epoch",
        "The reset header of the rate limit is a Unix time.",
        b"-reset",
        b"1767225600",
    ),
    _header_fault(
        "rate-limit-remaining-negative",
        "The remaining header of the rate limit is negative.",
        b"-remaining",
        b"-1",
    ),
)
