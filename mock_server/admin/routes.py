"""The mock's own paths: a list of what answers where. No fault and no rate limit touches them."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from mock_server.admin.docs import documentation
from mock_server.middleware.lifecycle import OWN
from mock_server.responses.errors import Problems
from openapi.contract import Contract
from openapi.http.origin_guard import Guard, Key

API = f"{OWN}api/"
"""What tells or changes something; with a token, for those alone who send it."""
_HEALTH = f"{OWN}healthz"
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
            Mount(OWN.rstrip("/"), StaticFiles(packages=_PAGE, html=True)),
        ],
        exception_handlers={HTTPException: refused},
    )
    app.router.redirect_slashes = False
    # Whoever looks after a container asks under a name of its own whether it is well.
    return Guard(app, Key(token, API) if token else None, for_all={_HEALTH})


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
