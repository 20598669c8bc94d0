"""Token access to page and API of a sink that other machines can reach.

A script sends the token as a bearer credential. A browser sends it once, in the link that the sink
printed, and gets a cookie for all further requests, event stream and downloads included. A browser
sends that cookie only from the sink's own site and only to the host name of the link. A request
with the cookie may therefore use any host name.
"""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Collection
from html import escape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.http.json_api import ADMIN_PATH
from openapi.http.origin_guard import (
    CROSS_ORIGIN_MESSAGE,
    BearerToken,
    header_values,
    is_same_origin,
    with_security_headers,
)

HEALTH_PATH = f"{ADMIN_PATH}healthz"
_API_PREFIX = f"{ADMIN_PATH}api/"
_QUERY_PARAMETER = "token"


def create_token_if_exposed(listener: socket.socket) -> str | None:
    """Return a new token if other machines can reach `listener`, None on loopback."""
    address = ipaddress.ip_address(listener.getsockname()[0])
    return None if address.is_loopback else secrets.token_urlsafe(24)


def page_link(url: str, token: str) -> str:
    """Return the link that opens the page of the sink at `url`."""
    return f"{url}{ADMIN_PATH}?{_QUERY_PARAMETER}={quote(token, safe='')}"


class TokenGate:
    """ASGI middleware: rejects requests without the token."""

    def __init__(self, app: ASGIApp, token: str, public_paths: Collection[str]) -> None:
        """Guard `app`; `public_paths` need no token."""
        self._app = app
        self._token = token
        self._key = BearerToken(token, ADMIN_PATH)
        # Not the token itself, because browsers store cookies in more places than links.
        self._cookie_value = (
            hmac.new(token.encode(), b"page of the sink", "sha256").hexdigest().encode()
        )
        self._public_paths = public_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app, set the cookie, or return 401, or 403 to a page of another origin."""
        own_response = None if scope["path"] in self._public_paths else self._own_response(scope)
        await (own_response or self._app)(scope, receive, with_security_headers(send))

    def _own_response(self, scope: Scope) -> Response | None:
        headers, api = scope["headers"], scope["path"].startswith(_API_PREFIX)
        if not is_same_origin(scope):
            return JSONResponse({"message": CROSS_ORIGIN_MESSAGE}, 403)
        fields = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in fields if name == _QUERY_PARAMETER]
        if tokens and not api:
            is_valid = len(tokens) == 1 and hmac.compare_digest(
                tokens[0].encode(), self._token.encode()
            )
            rest = [field for field in fields if field[0] != _QUERY_PARAMETER]
            return (
                self._redirect_with_cookie(scope, rest) if is_valid else _unauthorized_page(scope)
            )
        if self._key.authorizes(headers) or self._has_cookie(scope):
            return None
        return _unauthorized_json() if api else _unauthorized_page(scope)

    def _has_cookie(self, scope: Scope) -> bool:
        name = _cookie_name(scope).encode()
        cookies = [
            cookie.strip().partition(b"=")
            for line in header_values(scope["headers"], b"cookie")
            for cookie in line.split(b";")
        ]
        # Another server on this host may have set a cookie of the same name.
        return any(
            hmac.compare_digest(cookie[2], self._cookie_value)
            for cookie in cookies
            if cookie[0] == name
        )

    def _redirect_with_cookie(self, scope: Scope, rest: list[tuple[str, str]]) -> Response:
        """Redirect to the same page without the token, which must not enter a browser history."""
        place = _path(scope) + (f"?{urlencode(rest)}" if rest else "")
        response = RedirectResponse(place, 303)
        response.set_cookie(
            _cookie_name(scope),
            self._cookie_value.decode(),
            path=ADMIN_PATH,
            httponly=True,
            samesite="strict",
        )
        return response


def _cookie_name(scope: Scope) -> str:
    """Return the cookie's name with the port, because cookies apply to all ports of a host."""
    host = next(iter(header_values(scope["headers"], b"host")), b"")
    try:
        port = urlsplit(f"//{host.decode('latin-1')}").port
    except ValueError:
        port = None
    return f"hookproof-sink-{port or 80}"


def _path(scope: Scope) -> str:
    return quote(scope["path"], safe="/")


def _unauthorized_page(scope: Scope) -> Response:
    # A browser that followed a link from another site sends the cookie only from the sink's page.
    return HTMLResponse(
        "<!doctype html><title>hookproof sink</title>"
        "<p>Open the link that the sink printed when it started: it contains the required token. "
        f'<p>If you have just done so, <a href="{escape(_path(scope))}">continue</a>.',
        401,
        {"WWW-Authenticate": "Bearer"},
    )


def _unauthorized_json() -> Response:
    message = (
        "send the token of this sink, which it printed when it started: Authorization: Bearer TOKEN"
    )
    return JSONResponse({"message": message}, 401, {"WWW-Authenticate": "Bearer"})
