"""JSON API of mock server and sink: responses, and errors as `{"message": "..."}`."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from openapi.files.sqlite_file import StoreError

ADMIN_PATH = "/_hookproof/"
"""Path prefix of the pages and APIs of mock server and sink; no contract may use it."""

_FILE_METHODS = ("GET", "HEAD")


def api_response(value: object, status: int = 200) -> Response:
    """Return a JSON response in ASCII."""
    return Response(json.dumps(value), status, media_type="application/json")


def json_api_app(routes: Sequence[BaseRoute]) -> Starlette:
    """Return an application of `routes` with JSON errors; a `StoreError` becomes a 503."""
    app = Starlette(routes=routes)
    app.add_exception_handler(StoreError, _store_error_response)
    app.add_exception_handler(HTTPException, _http_error_response)
    app.add_exception_handler(Exception, _internal_error_response)
    app.router.redirect_slashes = False
    return app


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request; raise a 413 above `max_bytes`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise HTTPException(413, f"the request has more than {max_bytes} bytes")
    return body


def _store_error_response(_: Request, error: Exception) -> Response:
    return api_response({"message": str(error)}, 503)


def _internal_error_response(_: Request, _error: Exception) -> Response:
    return api_response({"message": "the server failed; its log says why"}, 500)


def _http_error_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_route_methods(request.scope) or _FILE_METHODS)
    messages = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not allowed here; use {headers.get('Allow')}",
    }
    plain = error.detail == HTTPStatus(error.status_code).phrase
    message = messages.get(error.status_code, error.detail) if plain else error.detail
    response = api_response({"message": message}, error.status_code)
    response.headers.update(headers)
    return response


def _route_methods(scope: Scope) -> list[str]:
    """Return the methods of all routes of the path; Starlette states those of the first alone."""
    found = (route for route in scope["app"].routes if isinstance(route, Route))
    matching = (route for route in found if route.matches(scope)[0] is not Match.NONE)
    return sorted({method for route in matching for method in route.methods or ()})


class PageFiles(StaticFiles):
    """Files of a page. A path without a file gets 404 by every method."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the response; raise `HTTPException`."""
        if _route_methods(scope):  # the routes of the path lack the method
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
        if scope["method"] not in _FILE_METHODS:
            await super().get_response(path, {**scope, "method": "HEAD"})
        return await super().get_response(path, scope)
