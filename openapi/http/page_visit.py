"""Recognition of a browser on this machine that opens the first URL which a server prints."""

from starlette.types import Scope

from openapi.http.loopback import is_loopback_host

ROOT_PATH = "/"
"""Path that a browser opens with a URL without a path."""
ICON_PATH = "/favicon.ico"
"""Path that a browser also requests for a page without an icon."""


def is_page_visit(scope: Scope, accepted: str = "text/html") -> bool:
    """Return whether a browser of this machine opens a page: GET, no body.

    `accepted` is a part of its `Accept`.
    """
    client = scope.get("client")
    headers = dict(scope["headers"])
    return (
        scope["method"] == "GET"
        and client is not None
        and is_loopback_host(client[0])
        and accepted.encode() in headers.get(b"accept", b"").lower()
        and b"transfer-encoding" not in headers
        and headers.get(b"content-length", b"0") == b"0"
    )
