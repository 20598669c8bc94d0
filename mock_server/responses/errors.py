"""Error responses: convert exceptions to responses with bodies in the contract's format.

A documented error uses its example. Other errors (404, 405, 408, 413, 415 come from HTTP) use the
format of the documented ones.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from urllib.parse import unquote

from starlette.exceptions import HTTPException

from mock_server.exchange import MockExchange, Objection
from mock_server.messages import Headers, HttpResponse, encode_header
from mock_server.responses.content import content_response
from mock_server.responses.error_body import (
    DEFAULT_ERROR_BODY,
    ErrorBodyTemplate,
    error_body_template,
)
from mock_server.responses.headers import with_missing_headers
from openapi.contract import Contract, Operation, ResponseSpec
from openapi.http.json_api import ADMIN_PATH
from openapi.http.page_visit import ROOT_PATH
from openapi.parameters import match_path
from openapi.statuses.documented import USUAL_STATUSES

_LOG = logging.getLogger("hookproof.mock")

_RECORDED_CAUSES = USUAL_STATUSES.keys() - {"unknown-resource", "duplicate-request"}
"""Causes that middleware records itself, before faults, and causes that are no client error."""


_DEFAULT_MESSAGES: Mapping[str | int, str] = {
    HTTPStatus.NOT_FOUND: "there is no operation at this path",
    HTTPStatus.METHOD_NOT_ALLOWED: "there is no operation with this method at this path",
    "duplicate-request": "an earlier request had the same unique values",
}
"""Messages for the journal, by reason, if the rejection has none."""


_FIRST_STEPS = (
    f"There is no operation at {ROOT_PATH}; "
    f"see the page {ADMIN_PATH} and the contract {ADMIN_PATH}docs"
)


class RequestRejected(Exception):
    """Rejection of a request with an error response."""

    def __init__(self, reason: str | int, message: str, headers: Headers = ()) -> None:
        """Store the `reason`: a cause of `x-hookproof-cause`, or an HTTP status."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.headers = headers
        self.status_code = reason if isinstance(reason, int) else USUAL_STATUSES[reason]


class ErrorResponses:
    """Error responses of one contract."""

    def __init__(self, contract: Contract, seed: int = 0) -> None:
        """Take the contract; `seed` generates the documented errors without an example."""
        self._contract = contract
        self._seed = seed
        self._error_bodies: dict[ResponseSpec, ErrorBodyTemplate | None] = {}
        self._paths = [
            (f"{unquote(contract.base_path)}{o.path}", o.method) for o in contract.operations
        ]

    def _error_body(self, operation: Operation, status: int) -> ErrorBodyTemplate | None:
        """Return the template of a documented error; read when a request first gets it."""
        response_spec = operation.response_for(status)
        if response_spec is None or status < 400:
            return None
        if response_spec not in self._error_bodies:
            template = error_body_template(self._contract, response_spec, self._seed)
            self._error_bodies[response_spec] = template
        return self._error_bodies[response_spec]

    @cached_property
    def _default_error_body(self) -> ErrorBodyTemplate:
        """Template of errors that are not documented: the first documented one."""
        found = (
            self._error_body(operation, int(status))
            for operation in self._contract.operations
            for status in operation.responses
            if status.isdecimal()
        )
        return next((template for template in found if template), DEFAULT_ERROR_BODY)

    def response(
        self, exception: Exception, path: str, exchange: MockExchange | None = None
    ) -> HttpResponse:
        """Return the response to a request for `path` that raised `exception`."""
        rejection = _rejection_of(exception)
        if rejection.reason == HTTPStatus.NOT_FOUND and path == ROOT_PATH:
            rejection.message = rejection.message or _FIRST_STEPS
        if exchange is not None and rejection.reason not in _RECORDED_CAUSES:
            message = rejection.message or _DEFAULT_MESSAGES.get(rejection.reason, "")
            exchange.objections += (Objection(rejection.reason, message),)
        status = self._status(rejection, exchange.operation if exchange else None)
        headers = rejection.headers + (exchange.headers if exchange else ())
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed_methods = (
                self.allowed_methods(path) or dict(headers).get(b"allow", b"").decode()
            )
            headers = (
                *(h for h in headers if h[0] != b"allow"),
                encode_header("Allow", allowed_methods),
            )
        operation = exchange.operation if exchange else None
        documented = self._error_body(operation, status) if operation else None
        error_body = documented or self._default_error_body.for_status(status)
        body = error_body.with_message(rejection.message)
        return content_response(
            status, body, with_missing_headers(headers, error_body.headers), error_body.media_type
        )

    def crash(self, exchange: MockExchange) -> HttpResponse:
        """Return a 500 for `exchange`: the documented one of its operation, else the usual one."""
        operation, status = exchange.operation, int(HTTPStatus.INTERNAL_SERVER_ERROR)
        documented = self._error_body(operation, status) if operation else None
        error_body = documented or self._default_error_body.for_status(status)
        headers = with_missing_headers(exchange.headers, error_body.headers)
        return content_response(status, error_body.example, headers, error_body.media_type)

    def allowed_methods(self, path: str) -> str:
        """Return the methods that the contract has for `path`, as a value of `Allow`."""
        known = {method for route, method in self._paths if match_path(route, path) is not None}
        return ", ".join(sorted(known))

    @staticmethod
    def _status(rejection: RequestRejected, operation: Operation | None) -> int:
        if operation and isinstance(rejection.reason, str):
            return operation.status_caused_by(rejection.reason) or rejection.status_code
        return rejection.status_code


def _rejection_of(exception: Exception) -> RequestRejected:
    if isinstance(exception, RequestRejected):
        return exception
    if isinstance(exception, HTTPException):  # connexion's own are among them
        known = (exception.headers or {}).items()
        headers = tuple(encode_header(name, value) for name, value in known)
        return RequestRejected(exception.status_code, "", headers)
    _LOG.error("the mock failed to handle a request", exc_info=exception)
    return RequestRejected("server-error", "")
