"""Documentation page `/docs` and the contract's document, shown by Swagger UI."""

import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from openapi.contract import Contract
from openapi.http.json_api import ADMIN_PATH
from openapi.http.page_visit import ICON_PATH, ROOT_PATH
from openapi.operation_selection import selected_document
from openapi.parameters import match_path

SHORT_PATHS: Mapping[str, str] = MappingProxyType(
    {"/docs": "docs", "/openapi.yaml": "contract.yaml", "/openapi.json": "contract.json"}
)
"""Paths where users look first, and the paths of the same content below `ADMIN_PATH`."""

# Swagger UI uses style attributes, and data URLs for the images of its style sheet.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def short_paths(contract: Contract) -> frozenset[str]:
    """Return the paths that the contract does not use: its operations have priority.

    They are `SHORT_PATHS`, and those that a browser opens first.
    """
    return frozenset(
        path
        for path in (*SHORT_PATHS, ROOT_PATH, ICON_PATH)
        if all(
            match_path(f"{contract.base_path}{o.path}", path) is None for o in contract.operations
        )
    )


def documentation_routes(contract: Contract) -> list[Route]:
    """Return the routes of the page, of its static files, and of the contract's document."""
    page_directory = Path(str(files("mock_server.admin").joinpath("documentation")))
    swagger_ui_directory = _swagger_ui()
    script, style = "text/javascript", "text/css"
    response_factories: dict[str, Callable[[], Response]] = {
        "docs": lambda: FileResponse(
            page_directory / "index.html",
            200,
            {"Content-Security-Policy": _CONTENT_SECURITY_POLICY},
            "text/html",
        ),
        "docs/docs.js": lambda: FileResponse(page_directory / "docs.js", media_type=script),
        "docs/docs.css": lambda: FileResponse(page_directory / "docs.css", media_type=style),
        "docs/swagger-ui.js": lambda: FileResponse(
            swagger_ui_directory / "swagger-ui-bundle.js", media_type=script
        ),
        "docs/swagger-ui.css": lambda: FileResponse(
            swagger_ui_directory / "swagger-ui.css", media_type=style
        ),
        "contract.yaml": lambda: Response(contract.text, media_type="application/yaml"),
        # Escaped to ASCII: a lone surrogate is legal in JSON text but has no UTF-8 encoding.
        "contract.json": lambda: Response(
            json.dumps(selected_document(contract)), media_type="application/json"
        ),
    }
    routes = [
        Route(ADMIN_PATH + name, _route_handler(create_response))
        for name, create_response in response_factories.items()
    ]
    return routes + [
        Route(path, _route_handler(response_factories[name])) for path, name in SHORT_PATHS.items()
    ]


def _swagger_ui() -> Path:
    # Not imported: only its files are needed, not Flask.
    spec = find_spec("flask_swagger_ui")
    assert spec is not None, "flask-swagger-ui is a dependency"
    return Path(str(spec.origin)).parent / "dist"


def _route_handler(
    create_response: Callable[[], Response],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_request: Request) -> Response:
        return create_response()

    return endpoint
