"""Legal reactions to other forms of a request and to lookalike values: for legal_variants.py."""

from __future__ import annotations

from typing import Any, Final

from reference_service.behaviour import (
    Change,
    Document,
    RejectionError,
    Request,
    adding,
    around,
    guard,
)

_TAKEN: Final = {"null", "none", "true", "false", "nan", "infinity", "undefined", "0"}


def _refusing(key: str, header: str, value: str, status: int) -> Change:
    """Reject a request whose header is `value`; an absent header counts as empty."""

    def check(request: Request) -> None:
        if request.one(header).lower() == value:
            raise RejectionError(status, "notSupported", "This request is not supported.")

    return guard(key, lambda: check)


def _localised(request: Request, status: int, document: Document) -> Document:
    languages = request.one("Accept-Language")
    if status < 400 or not languages.startswith("tr"):
        return document
    return {**document, "message": f"Ge\u00e7ersiz istek: {document['message']}"}


def _taken_names(old: Any) -> Any:
    return lambda store, name: name.lower() not in _TAKEN and old(store, name)


UNJUDGED: Final[dict[str, tuple[str, Change]]] = {
    "refuse-chunked": (
        "A request without Content-Length is a 411 (RFC 9112, 6.3).",
        _refusing("chunked", "Transfer-Encoding", "chunked", 411),
    ),
    "refuse-expect": (
        "An expectation is a 417 (RFC 9110, 10.1.1).",
        _refusing("expect", "Expect", "100-continue", 417),
    ),
    "localised-messages": (
        "Messages are in the language of Accept-Language.",
        adding("edits", _localised),
    ),
    "common-names-taken": (
        "Tokens named true, null and the like exist before the run.",
        around("claim", _taken_names),
    ),
}

WARNED: Final[dict[str, tuple[str, Change]]] = {
    "refuse-missing-user-agent": (
        "A request without User-Agent is a 403.",
        _refusing("agent", "User-Agent", "", 403),
    ),
}
