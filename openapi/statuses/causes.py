"""Cause of a documented response that does not state one, by its status.

The statuses are those of RFC 9110, section 15, and RFC 6585, section 4.
"""

from collections.abc import Collection, Mapping
from typing import Any

from openapi.security import credential_cause

_CAUSES = {
    "400": "invalid-request",
    "422": "invalid-request",
    "404": "unknown-resource",
    "429": "rate-limit-exceeded",
}


def default_cause(status: str, documented: Collection[str]) -> Mapping[str, Any]:
    """Return the cause of the response with the key `status`; empty if the status says nothing.

    `documented` are the keys of all responses of the operation. `4XX` and `default` have the cause
    of an invalid request where no nearer response has it. Without a success, a redirection is the
    response to a valid request, and without both, `default` is.
    """
    kind = _CAUSES.get(status) or credential_cause(status, documented)
    if status[0] == _success_character(documented):
        kind = "valid-request"
    elif status.startswith("5"):
        kind = "server-error"
    elif status in ("4XX", "default") and not _is_nearer_documented(status, documented):
        kind = "invalid-request"
    return {"kind": kind} if kind else {}


def _success_character(documented: Collection[str]) -> str:
    """Return the first character of the keys of responses to a valid request."""
    return next((first for first in "23" if any(key[0] == first for key in documented)), "d")


def _is_nearer_documented(status: str, documented: Collection[str]) -> bool:
    nearer = ["400", "422", *(["4XX"] if status == "default" else [])]
    return any(key in documented for key in nearer)
