"""Adapter for connexion, which routes requests.

No other module imports connexion, because it is untyped. connexion supports only OpenAPI 3.0 and
validates bodies with JSON Schema Draft 4, so its document has only paths and methods.
docs/internals.md lists the classes that connexion does not document.
"""

import re
import sys
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract, Json

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def routing_document(contract: Contract) -> dict[str, Json]:
    """Return an OpenAPI 3.0 document with the routes of `contract`.

    A concrete path precedes a template that matches it too (OpenAPI 3.1.1, section 4.8.8.1). The
    router would let a GET answer HEAD, so a HEAD operation precedes it.
    """
    document = contract.document
    paths: dict[str, Json] = {}
    ordered = sorted(contract.operations, key=lambda o: (_specificity(o.path), o.method != "HEAD"))
    for operation in ordered:
        # Without parameters, which connexion then routes as strings, and with a single response:
        # connexion checks its document, which takes most of the start of a large mock.
        route = {"operationId": operation.id, "responses": {"default": {"description": ""}}}
        # Of two templates that match the same paths, the first one counts.
        item = paths.setdefault(_routed_path(operation.path), {})
        item.setdefault(operation.method.lower(), route)
    return {
        "openapi": "3.0.3",
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": paths,
    }


def _specificity(path: str) -> list[tuple[int, int]]:
    """Return a key that sorts concrete segments before partly concrete ones and parameters."""
    keys = []
    for segment in path.split("/"):
        literal = _PLACEHOLDER.sub("", segment)
        is_concrete = literal == segment
        keys.append((0, 0) if is_concrete else (1 if literal else 2, -len(literal)))
    return keys


def _routed_path(path: str) -> str:
    """Return `path` as the router reads it, with a name for each parameter.

    A name of the contract may be no identifier, or be twice in one path; a server decodes the rest.
    """
    first, *others = map(unquote, _PLACEHOLDER.split(path))
    return first + "".join(f"{{p{number}}}{text}" for number, text in enumerate(others))


with warnings.catch_warnings():
    # connexion imports deprecated parts of jsonschema and starlette.
    warnings.simplefilter("ignore")
    # It also imports Flask where that is installed: 1.6 MiB and some 0.1 s for unused classes.
    flask_is_hidden = "flask" not in sys.modules
    if flask_is_hidden:
        sys.modules["flask"] = cast(Any, None)
    from connexion.middleware import ConnexionMiddleware  # type: ignore[import-untyped]
    from connexion.middleware.abstract import (  # type: ignore[import-untyped]
        ROUTING_CONTEXT,
        RoutedAPI,
        RoutedMiddleware,
    )
    from connexion.middleware.routing import RoutingMiddleware  # type: ignore[import-untyped]

    if flask_is_hidden:
        del sys.modules["flask"]

Middleware = Callable[[ASGIApp], ASGIApp]


def routing(app: ASGIApp) -> ASGIApp:
    """Return connexion's routing in front of `app`."""
    return cast(ASGIApp, _CachedRouting(app))


def assemble_app(
    document: dict[str, Json],
    middlewares: Sequence[Middleware],
    operation_apps: Mapping[str, ASGIApp],
) -> ASGIApp:
    """Return the application: `middlewares` from the outside in, then one of `operation_apps`.

    These have the ids of their operations as keys, and one of `middlewares` is the routing. The
    application raises `HTTPException` for a path or a method without an operation.
    """
    app = ConnexionMiddleware(
        _not_found,
        middlewares=[*middlewares, partial(_OperationRouter, operation_apps=operation_apps)],
        resolver=lambda _operation_id: _not_found,
    )
    app.add_api(document)
    return cast(ASGIApp, app)


class _CachedRouting(RoutingMiddleware):  # type: ignore[misc]
    """connexion's routing with a cache of the paths without parameters."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(_RouteCacheWriter(app, self))
        self._app = app
        self.route_cache: dict[tuple[str, str], dict[str, Any]] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        # A path with an extra slash is another path and gets no redirect.
        for router in (self.router, *(route.app for route in self.router.routes)):
            router.redirect_slashes = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        cached = (
            self.route_cache.get((scope["method"], scope["path"])) if "method" in scope else None
        )
        if cached is None:
            found: Awaitable[None] = super().__call__(_with_encoded_slashes(scope), receive, send)
            return found
        scope["path_params"] = {}
        scope["extensions"] = {**scope.get("extensions", {}), ROUTING_CONTEXT: cached}
        return self._app(scope, receive, send)


def _with_encoded_slashes(scope: Scope) -> Scope:
    """Return `scope` with each slash that the client encoded as `%2F`: it separates no segments."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2F" not in raw.upper():
        return scope
    segments = (
        unquote(segment).replace("/", "%2F") for segment in raw.decode("latin-1").split("/")
    )
    return {**scope, "path": "/".join(segments)}


class _RouteCacheWriter:
    """Writer of the route cache; it stores a decision that depends on method and path only."""

    def __init__(self, app: ASGIApp, routing: _CachedRouting) -> None:
        self._app = app
        self._routing = routing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        decision = scope.get("extensions", {}).get(ROUTING_CONTEXT)
        # Unknown paths and paths with parameters are not cached: their number is unlimited.
        if decision and decision.get("operation_id") and not scope.get("path_params"):
            self._routing.route_cache[scope["method"], scope["path"]] = dict(decision)
        await self._app(scope, receive, send)


async def _not_found(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)


class _OperationApi(RoutedAPI):  # type: ignore[misc]
    def __init__(self, *args: Any, operation_apps: Mapping[str, ASGIApp], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._operation_apps = operation_apps
        self.add_paths()

    def make_operation(self, operation: Any) -> ASGIApp:
        return self._operation_apps[operation.operation_id]


class _OperationRouter(RoutedMiddleware):  # type: ignore[misc]
    def __init__(self, app: ASGIApp, *, operation_apps: Mapping[str, ASGIApp]) -> None:
        super().__init__(app)
        self.api_cls = partial(_OperationApi, operation_apps=operation_apps)
