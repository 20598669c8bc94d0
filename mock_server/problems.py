"""From exceptions to error answers, in one table. Every body has the contract's own shape.

An answer that the contract documents is made from its example there. One that it does not document
(404, 405, 408, 413, 415 are HTTP's own) gets the shape of the errors that it does.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from mock_server.answer import Answer, Headers, header, json_answer
from mock_server.exchange import Exchange
from openapi.document import Contract, Json, Operation, Response

_LOG = logging.getLogger("hookproof.mock")

_BY_HTTP = {
    "invalid-request": 400,
    "refused-credential": 401,
    "credential-without-permission": 403,
    "repeated-request": 409,
    "burst": 429,
    "failure-only": 500,
}
"""The status that a provocation gets by HTTP, for operations whose contract names none."""


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


@dataclass(frozen=True, slots=True)
class Shape:
    """How an error body looks: an example, and the property that tells the reason."""

    media_type: str
    example: Mapping[str, Json]
    telling: str

    def for_status(self, status: int) -> "Shape":
        """Return the same shape for another status: its phrase stands for every other text."""
        phrase = HTTPStatus(status).phrase
        code = re.sub(r"\W+", "_", phrase).upper()
        texts = {key: code for key, value in self.example.items() if isinstance(value, str)}
        return Shape(self.media_type, {**self.example, **texts, self.telling: phrase}, self.telling)


class Problems:
    """Makes the error answers of one contract."""

    def __init__(self, contract: Contract) -> None:
        """Read the shapes of the documented errors."""
        self._shapes: dict[tuple[str, int], Shape] = {}
        for operation in contract.operations:
            for response in operation.responses.values():
                shape = _shape(contract, response)
                if shape and response.status.isdecimal() and int(response.status) >= 400:
                    self._shapes[operation.id, int(response.status)] = shape
        own = Shape("application/json", {"message": "", "code": ""}, "message")
        self._any = next(iter(self._shapes.values()), own)
        self._paths = [(compile_path(o.path)[0], o.method) for o in contract.operations]

    def answer(self, exception: Exception, path: str, exchange: Exchange | None = None) -> Answer:
        """Return the answer to a request for `path` that ended in `exception`."""
        refusal = next(make for kind, make in TABLE if isinstance(exception, kind))(exception)
        status = self._status(refusal, exchange.operation if exchange else None)
        headers = refusal.headers + (exchange.headers if exchange else ())
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = self.allowed(path) or dict(headers).get(b"allow", b"").decode()
            headers = (*(h for h in headers if h[0] != b"allow"), header("Allow", allowed))
        shape = self._any.for_status(status)
        if exchange and exchange.operation:
            shape = self._shapes.get((exchange.operation.id, status), shape)
        body = dict(shape.example)
        if refusal.message:
            body[shape.telling] = refusal.message
        return json_answer(status, body, headers, shape.media_type)

    def allowed(self, path: str) -> str:
        """Return the methods that the contract has for `path`, as `Allow` lists them."""
        return ", ".join(sorted({method for route, method in self._paths if route.match(path)}))

    @staticmethod
    def _status(refusal: Refusal, operation: Operation | None) -> int:
        if operation and isinstance(refusal.reason, str):
            documented = operation.answer_to(refusal.reason)
            if documented and documented.status.isdecimal():
                return int(documented.status)
        return refusal.status_code


def _shape(contract: Contract, response: Response) -> Shape | None:
    for media_type, pointer in response.content.items():
        schema = contract.at(pointer)
        properties = schema.get("properties", {})
        required = [key for key in schema.get("required", ()) if key in properties]
        telling = next((key for key in required if properties[key].get("type") == "string"), None)
        if telling:
            examples = contract.at(pointer.removesuffix("/schema")).get("examples", {})
            value = next((example["value"] for example in examples.values()), {telling: ""})
            return Shape(media_type, value, telling)
    return None


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
