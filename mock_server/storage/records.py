"""The record of a request, and what the contract has to say of it.

What must not fill the memory is cut when it is kept. Masking and whatever else costs time waits
until somebody looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.exchange import Exchange, Objection
from mock_server.messages import Headers
from openapi.contract import Operation
from openapi.redaction import Redaction

SHOWN = 16 * 1024
"""Bytes of a body, and of all headers of one request, that are kept and shown."""
BEYOND = 4096
"""Bytes more that are kept, so that a secret at the end is masked as one."""
_UNSEEN = {"credential": "not looked at"}
_CREDENTIAL = ("refused-credential", "credential-without-permission")


@dataclass(slots=True)
class Received:
    """A request to the mock and what became of it."""

    id: int
    at: float
    seconds: float
    method: str
    target: bytes
    headers: Headers
    body: bytes
    size: int
    operation: Operation | None
    status: int | None
    objections: tuple[Objection, ...]
    on_demand: bool
    mask: Redaction
    about: None = None

    def data(self) -> dict[str, Any]:
        """Return it as JSON data, without secrets."""
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self.headers]
        return {
            "at": self.at,
            "method": self.method,
            "target": self.mask(self.target.decode("latin-1")),
            "operation": self.operation.id if self.operation else None,
            "status": self.status,
            "milliseconds": round(self.seconds * 1000, 3),
            "headers": self.mask.headers(headers),
            "body": shown(self.body, self.size, self.mask),
            "verdict": self.mask.value(self._verdict()),
        }

    def _verdict(self) -> dict[str, Any]:
        said = verdict(self.operation, self.objections)
        if self.on_demand and not self.objections:
            unjudged = {"in_order": None, "summary": "answered on demand", **_UNSEEN}
            return {**said, **unjudged}
        return said


def received(
    number: int,
    at: float,
    seconds: float,
    scope: Mapping[str, Any],
    exchange: Exchange,
    mask: Redaction,
) -> Received:
    """Return the record of an exchange that has ended, cut to what is kept."""
    answer, headers, body = exchange.answer, exchange.received, exchange.body
    size = 0
    for count, (name, value) in enumerate(headers):
        size += len(name) + len(value)
        if size > SHOWN:
            headers = headers[:count]
            break
    target: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return Received(
        number,
        at,
        seconds,
        scope["method"],
        (target + b"?" + query if query else target)[:SHOWN],
        headers,
        body[: SHOWN + BEYOND],
        len(body),
        exchange.operation,
        exchange.sent or (answer.status if answer else None),
        exchange.objections,
        exchange.on_demand,
        mask,
    )


def shown(body: bytes, size: int, mask: Redaction) -> dict[str, Any]:
    """Return the beginning of a body of `size` bytes for people, without secrets."""
    text = mask(body.decode("utf-8", "backslashreplace"))
    return {"text": text[:SHOWN], "size": size, "cut": size > SHOWN or len(text) > SHOWN}


def verdict(operation: Operation | None, objections: tuple[Objection, ...]) -> dict[str, Any]:
    """Say what the contract has to say of a request, whatever the mock's faults made of it."""
    broken = [o for o in objections if o.reason == "invalid-request"]
    refusals = [o for o in objections if o.reason != "invalid-request"]
    credential = [o.message for o in refusals if o.reason in _CREDENTIAL]
    others = [o for o in refusals if o.reason not in _CREDENTIAL]
    if operation is None or (objections and objections[-1].reason == "burst"):
        credential = [_UNSEEN["credential"]]
    elif not credential:
        credential = ["none is needed" if operation.scheme is None else "accepted"]
    return {
        "in_order": not objections,
        "summary": _summary(objections),
        "credential": credential[0],
        "violations": [{"at": o.place, "keyword": o.keyword, "message": o.message} for o in broken],
        "refused": {"reason": others[-1].reason, "message": others[-1].message} if others else None,
    }


def _summary(objections: tuple[Objection, ...]) -> str:
    if not objections:
        return "in order"
    first = objections[0]
    more = f"; and {len(objections) - 1} more" if len(objections) > 1 else ""
    return f"{first.place + ': ' if first.place else ''}{first.message}{more}"
