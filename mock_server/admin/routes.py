"""The mock's own paths: a list of what answers where. No fault and no rate limit touches them."""

from collections.abc import Callable, Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.admin.docs import documentation
from mock_server.responses.errors import Problems
from openapi.contract import Contract
from openapi.http.json_api import ADMIN_PATH
from openapi.http.origin_guard import Guard, Key

API = f"{ADMIN_PATH}api/"
"""What tells or changes something; with a token, for those alone who send it."""
_HEALTH = f"{ADMIN_PATH}healthz"
_PAGE: list[str | tuple[str, str]] = [
    ("mock_server.admin", "static"),
    ("openapi.http", "static"),
]
"""The page, and what pages of mock and sink have in common."""


def own_paths(
    contract: Contract,
    problems: Problems,
    api: ASGIApp,
    development_token: Callable[[], str],
    token: str | None = None,
) -> ASGIApp:
    """Return the application; its errors look like all others, but for those of `api`.

    `development_token` mints a credential for the contract's operations. `token`, if there is one,
    must be sent with every request below `API`.
    """

    async def refused(request: Request, exception: Exception) -> Response:
        answer = problems.answer(exception, request.url.path)
        headers = {key.decode(): value.decode() for key, value in answer.headers}
        return Response(answer.body, answer.status, headers)

    async def issued(_request: Request) -> Response:
        return JSONResponse({"token": development_token()})

    app = Starlette(
        routes=[
            Route(_HEALTH, _healthz),
            Route(f"{API}token", issued),
            Mount(API.rstrip("/"), api),
            *documentation(contract),
            Mount(ADMIN_PATH.rstrip("/"), StaticFiles(packages=_PAGE, html=True)),
        ],
        exception_handlers={HTTPException: refused},
    )
    app.router.redirect_slashes = False
    # Whoever looks after a container asks under a name of its own whether it is well.
    return Guard(app, Key(token, API) if token else None, for_all={_HEALTH})


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


class OwnPaths:
    """Sends requests below `ADMIN_PATH`, and for a few paths more, to another application."""

    def __init__(self, app: ASGIApp, own: ASGIApp, more: Collection[str]) -> None:
        """Take the next app, the admin app, and the paths outside `ADMIN_PATH` that it has."""
        self._app = app
        self._own = own
        self._more = more

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose between the two."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http" and (
            scope["path"].startswith(ADMIN_PATH) or scope["path"] in self._more
        ):
            await self._own(scope, receive, send)
        else:
            await self._app(scope, receive, send)
