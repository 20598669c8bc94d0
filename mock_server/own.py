"""The mock's own paths, below `/_hookproof/`. No fault and no rate limit touches them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_server.problems import Problems
from mock_server.reception import OWN


def own_paths(problems: Problems) -> ASGIApp:
    """Return the application; its errors look like all others."""

    async def refused(request: Request, exception: Exception) -> Response:
        answer = problems.answer(exception, request.url.path)
        headers = {key.decode(): value.decode() for key, value in answer.headers}
        return Response(answer.body, answer.status, headers)

    routes = [Route(f"{OWN}healthz", _healthz)]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused})
    app.router.redirect_slashes = False
    return app


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
