"""Faults of responses: status, body, headers. The exchange itself is correct."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, Need, ResponseChange, replace_status
from mock_server.faults.applicability import (
    caused_response,
    error_object,
    error_response,
    response_header,
    secured_error_object,
    success_body,
)
from mock_server.messages import HttpResponse, header_values, with_json_body


def _response_fault(name: str, description: str, need: Need, change: ResponseChange) -> Fault:
    return Fault(name, "responses", description, Hooks(response=change), needs=(need,))


def _status_fault(name: str, description: str, cause: str, wrong_status: int) -> Fault:
    need = caused_response(cause, wrong_status)
    return _response_fault(name, description, need, replace_status(cause, wrong_status))


def _error_value_fault(
    name: str, description: str, size: int, change: Callable[[dict[str, Any]], object]
) -> Fault:
    """Return the fault that changes every error whose body is an object.

    It needs an error of at least `size` properties.
    """

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        value = _error_object(response)
        return response if value is None else with_json_body(response, change(value))

    return _response_fault(name, description, error_object(size), apply)


def _error_body_fault(
    name: str, description: str, media_type: str, body: Callable[[int], bytes]
) -> Fault:
    """Return the fault that writes every error in another way."""

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        if response.status < 400:
            return response
        headers = tuple(h for h in response.headers if h[0] != b"content-type")
        kept = ((b"content-type", media_type.encode()), *headers)
        return replace(response, headers=kept, body=body(response.status))

    return _response_fault(name, description, error_response, apply)


def _header_fault(name: str, description: str, ending: bytes, value: bytes | None) -> Fault:
    """Return the fault that changes the headers whose name has this ending; None removes them."""

    def apply(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
        expected = [h[0] for h in response.headers if h[0].endswith(ending)]
        kept = tuple(h for h in response.headers if h[0] not in expected)
        changed = tuple((key, value) for key in expected if value is not None)
        return replace(response, headers=kept + changed)

    fault = _response_fault(name, description, response_header(ending.decode()), apply)
    return replace(fault, severity="warning", needs_rate_limit=True)


def _error_object(response: HttpResponse) -> dict[str, Any] | None:
    """Return the body of an error; None for a success and for a body that is no object."""
    value = json.loads(response.body) if response.status >= 400 and response.body else None
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
    return with_json_body(response, {"data": json.loads(response.body)}) if success else response


def _drop_content_type(response: HttpResponse, _exchange: MockExchange) -> HttpResponse:
    kept = tuple(h for h in response.headers if h[0] != b"content-type")
    return response if response.status >= 300 else replace(response, headers=kept)


def _echo_credential(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
    stated = header_values(exchange.request_headers, b"authorization")
    value = _error_object(response)
    if value is None or not stated:
        return response
    shown = {"request": {"authorization": stated[0].decode("latin-1")}}
    return with_json_body(response, {**value, **shown})


RESPONSE_FAULTS = (
    _status_fault(
        "ok-for-created",
        "A creation is answered 200, the framework's default.",
        "valid-request",
        200,
    ),
    _status_fault(
        "accepted-for-created",
        "A creation is answered 202, as if it were still to come.",
        "valid-request",
        202,
    ),
    _status_fault(
        "crash-after-create",
        "The token is created, then the answer fails with 500.",
        "valid-request",
        500,
    ),
    _status_fault(
        "unprocessable-for-invalid",
        "A broken request is answered 422, the default of several frameworks.",
        "invalid-request",
        422,
    ),
    _status_fault(
        "invalid-as-ok",
        "A broken request is answered 200 with the error in the body.",
        "invalid-request",
        200,
    ),
    _status_fault(
        "conflict-crash",
        "A repeated request is answered 500: the database's unique index speaks.",
        "duplicate-request",
        500,
    ),
    replace(
        _status_fault(
            "unavailable-for-rate-limit",
            "A client over the rate limit is answered 503 by the proxy.",
            "rate-limit-exceeded",
            503,
        ),
        needs_rate_limit=True,
    ),
    _response_fault(
        "response-wrapped",
        "A success is wrapped in an object with one property, `data`.",
        success_body,
        _wrap_in_data,
    ),
    _response_fault(
        "media-type-missing", "A success has no Content-Type.", success_body, _drop_content_type
    ),
    _response_fault(
        "credential-echoed",
        "An error shows the request, its credential included: debugging is on.",
        secured_error_object,
        _echo_credential,
    ),
    _error_body_fault("error-as-text", "Errors are plain text.", "text/plain", lambda _: b"Error"),
    _error_body_fault(
        "error-as-html", "Errors are HTML pages of a gateway.", "text/html", _html_body
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
    _error_value_fault(
        "message-missing", "Errors do not say in words what is wrong.", 1, _drop_first_property
    ),
    _error_value_fault(
        "message-nested", "Errors are a list of objects, as other APIs have it.", 0, _nest_errors
    ),
    _error_value_fault("code-numeric", "The code of an error is a number.", 2, _number_codes),
    _header_fault(
        "retry-after-missing", "A 429 does not say when to try again.", b"retry-after", None
    ),
    _header_fault(
        "retry-after-as-text",
        "A 429 says when to try again in words.",
        b"retry-after",
        b"5 seconds",
    ),
    _header_fault(
        "rate-limit-reset-as-epoch",
        "The rate limit's end is a Unix time.",
        b"-reset",
        b"1767225600",
    ),
    _header_fault(
        "rate-limit-remaining-negative",
        "The requests that are left count on below zero.",
        b"-remaining",
        b"-1",
    ),
)
