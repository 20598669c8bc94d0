"""Adapter for connexion, which routes requests.

No other module imports connexion, because it is untyped. connexion supports only OpenAPI 3.0 and
validates bodies with JSON Schema Draft 4, so its document has paths, methods and path parameters,
and no body schema. docs/internals.md lists the classes that connexion does not document.
"""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract, Json


def routing_document(contract: Contract) -> dict[str, Json]:
    """Return an OpenAPI 3.0 document with the routes of `contract`."""
    document = contract.document
    paths: dict[str, Json] = {}
    for operation in contract.operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.id,
            # Routed as strings: the contract's own schemas validate them later.
            "parameters": [
                {"name": p.name, "in": "path", "required": True, "schema": {"type": "string"}}
                for p in operation.parameters
                if p.location == "path"
            ],
            "responses": {status: {"description": status} for status in operation.responses},
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": paths,
    }


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cached = (
            self.route_cache.get((scope["method"], scope["path"])) if "method" in scope else None
        )
        if cached is None:
            await super().__call__(scope, receive, send)
        else:
            scope["path_params"] = {}
            scope["extensions"] = {**scope.get("extensions", {}), ROUTING_CONTEXT: cached}
            await self._app(scope, receive, send)


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
