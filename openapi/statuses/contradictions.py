"""Statuses that contradict a document without extensions. Pure.

Its schemas say which requests are valid, and no more. So a service may reject a valid request for a
rule that a schema cannot state, and rejects an invalid one with any status that means so. What
contradicts such a document: a 5xx, a response that breaks its schema, a success that is not
documented, and the acceptance of an invalid request or a wrong credential.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

REJECTIONS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "invalid-request": frozenset([400, 413, 414, 415, 422, 431]),
        "invalid-credential": frozenset([401, 403, 407]),
        "insufficient-permission": frozenset([401, 403]),
        "unknown-resource": frozenset([400, 404, 410, 422]),
    }
)
"""Cause -> statuses that mean it, whether or not the document has them."""
_CONTRADICTIONS = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
"""Rejections that contradict the document: it has the method and the media type."""
_FIRST_REDIRECT, _FIRST_REJECTION = 300, 400


def undecided_reason(cause: str, status: int, *, documents_success: bool) -> str:
    """Return why an undocumented `status` decides nothing about `cause`; empty if it does.

    Pass whether the operation documents a response to a valid request.
    """
    if cause == "valid-request" and status < _FIRST_REDIRECT and not documents_success:
        return "the document states no response to a valid request"
    if cause == "valid-request":
        if status < _FIRST_REDIRECT or status in _CONTRADICTIONS:
            return ""
        return f"a service may answer {status} for a rule that the document does not state"
    if cause == "unknown-resource" and status < _FIRST_REJECTION:
        return "the document does not say which resources exist"
    if status < _FIRST_REDIRECT:
        return ""
    return f"status {status} may have another cause"
