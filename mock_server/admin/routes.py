"""Routes of the mock itself: admin API, pages, health. No fault and no rate limit affects them."""

from collections.abc import Awaitable, Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.admin.docs import documentation_routes
from mock_server.admin.document import api_document
from mock_server.responses.errors import ErrorResponses
from openapi.contract import Contract
from openapi.http.json_api import ADMIN_PATH, api_response
from openapi.http.origin_guard import BearerToken, OriginGuard
from openapi.http.page_visit import ICON_PATH, ROOT_PATH, is_page_visit

ADMIN_API_PREFIX = f"{ADMIN_PATH}api/"
"""Prefix of the endpoints that require the control token, if there is one."""
_HEALTH_PATH = f"{ADMIN_PATH}healthz"
_STATIC_PACKAGES: list[str | tuple[str, str]] = [
    ("mock_server.admin", "static"),
    ("openapi.http", "static"),
]
"""Static files of the page, and those that mock and sink share."""


def create_admin_app(
    contract: Contract,
    error_responses: ErrorResponses,
    api: ASGIApp,
    token: str | None = None,
) -> ASGIApp:
    """Return the application; its errors have the admin error format, except those of `api`.

    If `token` is set, every request below `ADMIN_API_PREFIX` must send it.
    """

    async def handle_error(request: Request, exception: Exception) -> Response:
        if request.scope["path"].startswith(ADMIN_API_PREFIX):
            # A Mount matches no path with a line break.
            return api_response({"message": f"there is nothing at {request.url.path}"}, 404)
        response = error_responses.response(exception, request.url.path)
        headers = {key.decode(): value.decode() for key, value in response.headers}
        return Response(response.body, response.status, headers)

    async def describe_api(_request: Request) -> Response:
        return JSONResponse(api_document(has_control_token=token is not None))

    static_files = StaticFiles(packages=_STATIC_PACKAGES, html=True)

    async def show_icon(request: Request) -> Response:
        return await static_files.get_response("icon.svg", request.scope)

    app = Starlette(
        routes=[
            Route(ROOT_PATH, _open_page),
            Route(ICON_PATH, show_icon),
            Route(_HEALTH_PATH, _healthz),
            Route(f"{ADMIN_PATH}openapi.json", describe_api),
            Mount(ADMIN_API_PREFIX.rstrip("/"), api),
            *documentation_routes(contract),
            Mount(ADMIN_PATH.rstrip("/"), static_files),
        ],
        exception_handlers={HTTPException: handle_error},
    )
    app.router.redirect_slashes = False
    # Container health checks use the container's host name.
    return OriginGuard(
        app, BearerToken(token, ADMIN_API_PREFIX) if token else None, public_paths={_HEALTH_PATH}
    )


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _open_page(_request: Request) -> Response:
    return RedirectResponse(ADMIN_PATH)


class AdminPathsMiddleware:
    """Middleware that sends requests for the mock's own paths to the admin app."""

    def __init__(self, app: ASGIApp, admin_app: ASGIApp, short_paths: Collection[str]) -> None:
        """Send requests for `ADMIN_PATH` and `short_paths` to `admin_app`, others to `app`.

        Of those for `ROOT_PATH`, `admin_app` gets the ones of a browser.
        """
        self._app = app
        self._admin_app = admin_app
        self._short_paths = short_paths

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "websocket":
            return send({"type": "websocket.close", "code": 1000})
        if scope["type"] == "http" and (
            scope["path"].startswith(ADMIN_PATH)
            or (
                scope["path"] in self._short_paths
                and (scope["path"] != ROOT_PATH or is_page_visit(scope))
            )
        ):
            return self._admin_app(scope, receive, send)
        return self._app(scope, receive, send)
