"""From exceptions to error answers, in one table. Every body has the contract's own shape.

An answer that the contract documents is made from its example there. One that it does not document
(404, 405, 408, 413, 415 are HTTP's own) gets the shape of the errors that it does.
"""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException

from mock_server.exchange import Exchange, Objection
from mock_server.messages import Answer, Headers, header, json_answer
from mock_server.responses.error_body import PLAIN, Shape, shape_of
from mock_server.responses.headers import completed
from openapi.contract import Contract, Operation
from openapi.parameters import match

_LOG = logging.getLogger("hookproof.mock")

_BY_HTTP = {
    "invalid-request": 400,
    "refused-credential": 401,
    "credential-without-permission": 403,
    "unknown-resource": 404,
    "repeated-request": 409,
    "burst": 429,
    "failure-only": 500,
}
"""The status that a provocation gets by HTTP, for operations whose contract names none."""


_STATED = _BY_HTTP.keys() - {"unknown-resource", "repeated-request"}
"""What the stations note themselves, because a fault may let it pass; or no fault of a request."""


_UNSAID: Mapping[str | int, str] = {
    HTTPStatus.NOT_FOUND: "there is no operation at this path",
    HTTPStatus.METHOD_NOT_ALLOWED: "there is no operation of this method at this path",
    "repeated-request": "the same was asked for before, and may be only once",
}
"""What there is to say of a request where the answer's own words are kept."""


class Refusal(Exception):
    """A request is answered with an error."""

    def __init__(self, reason: str | int, message: str, headers: Headers = ()) -> None:
        """Take a provocation of `x-provoke`, or a status of HTTP's own, and a sentence."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.headers = headers
        # connexion picks the most telling of several refusals by this name.
        self.status_code = reason if isinstance(reason, int) else _BY_HTTP[reason]


class Problems:
    """Makes the error answers of one contract."""

    def __init__(self, contract: Contract, seed: int = 0) -> None:
        """Read the shapes of the documented errors; `seed` makes those without an example."""
        self._shapes: dict[tuple[str, int], Shape] = {}
        for operation in contract.operations:
            for response in operation.responses.values():
                shape = shape_of(contract, response, seed)
                if shape and response.status.isdecimal() and int(response.status) >= 400:
                    self._shapes[operation.id, int(response.status)] = shape
        self._any = next(iter(self._shapes.values()), PLAIN)
        self._paths = [(o.path, o.method) for o in contract.operations]

    def answer(self, exception: Exception, path: str, exchange: Exchange | None = None) -> Answer:
        """Return the answer to a request for `path` that ended in `exception`."""
        refusal = next(make for kind, make in TABLE if isinstance(exception, kind))(exception)
        if exchange is not None and refusal.reason not in _STATED:
            message = refusal.message or _UNSAID.get(refusal.reason, "")
            exchange.objections += (Objection(refusal.reason, message),)
        status = self._status(refusal, exchange.operation if exchange else None)
        headers = refusal.headers + (exchange.headers if exchange else ())
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = self.allowed(path) or dict(headers).get(b"allow", b"").decode()
            headers = (*(h for h in headers if h[0] != b"allow"), header("Allow", allowed))
        shape = self._any.for_status(status)
        if exchange and exchange.operation:
            shape = self._shapes.get((exchange.operation.id, status), shape)
        body = shape.saying(refusal.message)
        return json_answer(status, body, completed(headers, shape.headers), shape.media_type)

    def allowed(self, path: str) -> str:
        """Return the methods that the contract has for `path`, as `Allow` lists them."""
        known = {method for route, method in self._paths if match(route, path) is not None}
        return ", ".join(sorted(known))

    @staticmethod
    def _status(refusal: Refusal, operation: Operation | None) -> int:
        if operation and isinstance(refusal.reason, str):
            documented = operation.answer_to(refusal.reason)
            if documented and documented.status.isdecimal():
                return int(documented.status)
        return refusal.status_code


def _from_http(exception: Exception) -> Refusal:
    assert isinstance(exception, HTTPException)
    known = exception.headers or {}
    status = exception.status_code
    return Refusal(status, "", tuple(header(name, value) for name, value in known.items()))


def _from_bug(exception: Exception) -> Refusal:
    _LOG.error("a request failed in the mock itself", exc_info=exception)
    return Refusal("failure-only", "")


def _itself(exception: Exception) -> Refusal:
    assert isinstance(exception, Refusal)
    return exception


TABLE: tuple[tuple[type[Exception], Callable[[Exception], Refusal]], ...] = (
    (Refusal, _itself),
    (HTTPException, _from_http),
    (Exception, _from_bug),
)
"""What each exception becomes; the first that fits. connexion's own are HTTPExceptions."""
