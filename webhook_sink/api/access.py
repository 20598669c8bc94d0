"""The way in where others can reach the sink: its page and API are for who has its token.

A script sends it as its bearer credential. In a browser it comes once, in the link that the sink
printed, and becomes a cookie: a page that was left open asks with it, event stream and downloads
included. No site but the sink's own makes a browser send that cookie, and no name but the one that
the link was opened under has it; so whoever sends it may have come under any name.
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
from openapi.http.origin_guard import ANOTHER_ORIGIN, Key, hardened, is_from_here, values

HEALTH = f"{ADMIN_PATH}healthz"
_API = f"{ADMIN_PATH}api/"
_PARAMETER = "token"


def token_for(listener: socket.socket) -> str | None:
    """Return a new token if others may reach what listens there, None on loopback."""
    address = ipaddress.ip_address(listener.getsockname()[0])
    return None if address.is_loopback else secrets.token_urlsafe(24)


def link(url: str, token: str) -> str:
    """Return the link that opens the page of the sink at `url`."""
    return f"{url}{ADMIN_PATH}?{_PARAMETER}={quote(token, safe='')}"


class Entrance:
    """An ASGI app around another, for who has the token."""

    def __init__(self, app: ASGIApp, token: str, for_all: Collection[str]) -> None:
        """Guard `app`; the paths of `for_all` answer anybody."""
        self._app = app
        self._token = token
        self._key = Key(token, ADMIN_PATH)
        # Not the token itself: a cookie is kept in more places than a link that was left.
        self._pass = hmac.new(token.encode(), b"page of the sink", "sha256").hexdigest().encode()
        self._for_all = for_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, hand out the cookie, or refuse with 401, a foreign page with 403."""
        other = None if scope["path"] in self._for_all else self._other_answer(scope)
        await (other or self._app)(scope, receive, hardened(send))

    def _other_answer(self, scope: Scope) -> Response | None:
        headers, api = scope["headers"], scope["path"].startswith(_API)
        if not is_from_here(headers, scope["scheme"]):
            return JSONResponse({"message": ANOTHER_ORIGIN}, 403)
        fields = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in fields if name == _PARAMETER]
        if tokens and not api:
            right = len(tokens) == 1 and hmac.compare_digest(
                tokens[0].encode(), self._token.encode()
            )
            rest = [field for field in fields if field[0] != _PARAMETER]
            return self._entered(scope, rest) if right else _closed(scope)
        if self._key.opens(headers) or self._has_pass(scope):
            return None
        return _closed_api() if api else _closed(scope)

    def _has_pass(self, scope: Scope) -> bool:
        name = _cookie(scope).encode()
        crumbs = [
            crumb.strip().partition(b"=")
            for line in values(scope["headers"], b"cookie")
            for crumb in line.split(b";")
        ]
        # Another server of this host may have set one of the same name.
        return any(
            hmac.compare_digest(crumb[2], self._pass) for crumb in crumbs if crumb[0] == name
        )

    def _entered(self, scope: Scope, rest: list[tuple[str, str]]) -> Response:
        """Return what leads to the same page without the token, which has no place in a history."""
        place = _path(scope) + (f"?{urlencode(rest)}" if rest else "")
        answer = RedirectResponse(place, 303)
        answer.set_cookie(
            _cookie(scope), self._pass.decode(), path=ADMIN_PATH, httponly=True, samesite="strict"
        )
        return answer


def _cookie(scope: Scope) -> str:
    """Return the cookie's name: with the port in it as the browser sees it; cookies have none."""
    host = next(iter(values(scope["headers"], b"host")), b"")
    try:
        port = urlsplit(f"//{host.decode('latin-1')}").port
    except ValueError:
        port = None
    return f"hookproof-sink-{port or 80}"


def _path(scope: Scope) -> str:
    return quote(scope["path"], safe="/")


def _closed(scope: Scope) -> Response:
    # A browser that another site led here holds the cookie back until the sink's own page asks.
    return HTMLResponse(
        "<!doctype html><title>hookproof sink</title>"
        "<p>Open the link that the sink printed when it started: its page needs the token in it. "
        f'<p>If you have just done so, <a href="{escape(_path(scope))}">go on</a>.',
        401,
        {"WWW-Authenticate": "Bearer"},
    )


def _closed_api() -> Response:
    sentence = "send the token of this sink, which it printed when it started: "
    return JSONResponse(
        {"message": f"{sentence}Authorization: Bearer TOKEN"}, 401, {"WWW-Authenticate": "Bearer"}
    )
