"""Base path: the path of the contract's first server, which precedes the path of each operation."""

from collections.abc import Awaitable
from urllib.parse import quote, unquote

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send


class BasePathMiddleware:
    """Middleware that removes the base path; it raises a 404 for a request without it."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        """Take a path that begins with a slash and does not end with one."""
        self._app = app
        self._base_path = unquote(base_path)
        self._raw_base_path = base_path.encode("latin-1", "replace")

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on with the path of the operation."""
        if scope["type"] == "http":
            path: str = scope["path"]
            below = path.removeprefix(self._base_path)
            if len(below) == len(path) or not below.startswith("/"):
                raise HTTPException(404)
            raw: bytes = scope.get("raw_path") or b""
            is_same = raw.startswith(self._raw_base_path + b"/")
            raw = raw[len(self._raw_base_path) :] if is_same else quote(below).encode()
            scope = {**scope, "path": below, "raw_path": raw}
        return self._app(scope, receive, send)
