"""The page and the API are for the person at this machine, whatever other pages they have open.

A name that a stranger controls may resolve to a loopback address (DNS rebinding); the browser then
counts our pages as the stranger's. So the Host header must be a loopback name or address, or the
very address that the connection came in on.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer under /_hookproof/."""


class Guard:
    """An ASGI app around another: refuses foreign hosts, adds `HEADERS`."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign host, or let `app` answer."""

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        app = self._app
        if not is_own(scope["headers"], scope.get("server")):
            app = JSONResponse({"message": "this host name is not the sink's own"}, 403)
        await app(scope, receive, hardened)


def is_own(headers: Iterable[tuple[bytes, bytes]], server: tuple[str, int | None] | None) -> bool:
    """Say whether the one Host in `headers` means this machine; `server` is the local address."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return False
    try:
        name = urlsplit(f"//{hosts[0].decode('ascii')}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or (server and name == server[0]):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
