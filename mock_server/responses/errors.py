"""Error responses: convert exceptions to responses with bodies in the contract's format.

A documented error uses its example. Other errors (404, 405, 408, 413, 415 come from HTTP) use the
format of the documented ones.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException

from mock_server.exchange import MockExchange, Objection
from mock_server.messages import Headers, HttpResponse, encode_header, json_response
from mock_server.responses.error_body import (
    DEFAULT_ERROR_BODY,
    ErrorBodyTemplate,
    error_body_template,
)
from mock_server.responses.headers import with_missing_headers
from openapi.contract import Contract, Operation, ResponseSpec
from openapi.documented_status import USUAL_STATUSES
from openapi.parameters import match_path

_LOG = logging.getLogger("hookproof.mock")

_RECORDED_CAUSES = USUAL_STATUSES.keys() - {"unknown-resource", "duplicate-request"}
"""Causes that middleware records itself, before faults, and causes that are no client error."""


_DEFAULT_MESSAGES: Mapping[str | int, str] = {
    HTTPStatus.NOT_FOUND: "there is no operation at this path",
    HTTPStatus.METHOD_NOT_ALLOWED: "there is no operation with this method at this path",
    "duplicate-request": "an earlier request had the same unique values",
}
"""Messages for the journal, by reason, if the rejection has none."""


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
        """Read the documented errors; `seed` generates those without an example."""
        self._error_bodies: dict[ResponseSpec, ErrorBodyTemplate] = {}
        for operation in contract.operations:
            for response_spec in operation.responses.values():
                error_body = error_body_template(contract, response_spec, seed)
                if error_body and response_spec.status[0] not in "123":
                    self._error_bodies[response_spec] = error_body
        self._default_error_body = next(
            (
                error_body
                for response_spec, error_body in self._error_bodies.items()
                if response_spec.cause.get("kind") != "valid-request"
            ),
            DEFAULT_ERROR_BODY,
        )
        self._paths = [(o.path, o.method) for o in contract.operations]

    def response(
        self, exception: Exception, path: str, exchange: MockExchange | None = None
    ) -> HttpResponse:
        """Return the response to a request for `path` that raised `exception`."""
        rejection = _rejection_of(exception)
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
        error_body = self._default_error_body.for_status(status)
        if exchange and exchange.operation:
            response_spec = exchange.operation.response_for(status)
            if response_spec is not None:
                error_body = self._error_bodies.get(response_spec, error_body)
        body = error_body.with_message(rejection.message)
        return json_response(
            status, body, with_missing_headers(headers, error_body.headers), error_body.media_type
        )

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
