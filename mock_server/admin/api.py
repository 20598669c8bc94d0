"""Admin API under `/_hookproof/api/`: requests, tokens, deliveries, overrides, faults, reset.

Bodies are JSON; an error is `{"message": "..."}`. `openapi.yaml` describes the endpoints.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.admin.curl import call_view
from mock_server.admin.inputs import (
    OVERRIDE_KEYS,
    integer_parameter,
    parse_override,
    path_id,
    read_json_body,
    unknown_record,
)
from mock_server.admin.running import running_view
from mock_server.admin.views import AdminViews
from mock_server.fault import Fault
from mock_server.faults.registry import faults as faults_of
from mock_server.runtime import Runtime
from mock_server.settings import Settings
from mock_server.webhooks.dispatcher import Dispatcher, RedeliveryError
from openapi.contract import Contract
from openapi.http.json_api import api_response
from openapi.security import SecurityScheme

_MAX_PAGE_SIZE = 1000


class AdminApi:
    """Endpoints of one worker, which show the records of all workers."""

    def __init__(
        self,
        contract: Contract,
        runtime: Runtime,
        views: AdminViews,
        dispatcher: Dispatcher,
        settings: Settings,
        development_token: Callable[[], str],
        fixed: Mapping[SecurityScheme, str],
    ) -> None:
        """Use the webhook secret of `settings` to sign webhooks again.

        `development_token` creates a token for the contract's operations, `fixed` has the accepted
        API keys and pairs of HTTP Basic.
        """
        self._contract = contract
        self._runtime = runtime
        self._views = views
        self._dispatcher = dispatcher
        self._settings = settings
        self._development_token = development_token
        self._fixed = fixed

    @property
    def routes(self) -> Sequence[Route]:
        """Routes of all endpoints, relative to `api/`."""
        return [
            Route("/requests", self.requests),
            Route("/requests/{id}", self.request),
            Route("/tokens", self.tokens),
            Route("/deliveries", self.deliveries),
            Route("/deliveries/{id}", self.delivery),
            Route("/deliveries/{id}/redeliver", self.redeliver, methods=["POST"]),
            Route("/switches", self.overrides, methods=["GET", "POST", "DELETE"]),
            Route("/faults", self.faults),
            Route("/calls", self.calls),
            Route("/token", self.token),
            Route("/settings", self.settings),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def requests(self, request: Request) -> Response:
        """Return requests, newest first."""
        return api_response({"requests": await self._views.requests(*_page_parameters(request))})

    async def request(self, request: Request) -> Response:
        """Return one request and the ids of its deliveries."""
        found = await self._views.request(path_id(request, "request"))
        return api_response(_require_found(found, "request", request))

    async def tokens(self, request: Request) -> Response:
        """Return the credentials that were requested, without the credentials themselves."""
        return api_response({"tokens": self._views.tokens(*_page_parameters(request))})

    async def deliveries(self, request: Request) -> Response:
        """Return deliveries with their attempts, newest first, and the receivers."""
        found = await self._views.deliveries(*_page_parameters(request))
        return api_response(
            {"deliveries": found, "receivers": self._views.receivers(self._dispatcher.receivers)}
        )

    async def delivery(self, request: Request) -> Response:
        """Return one delivery."""
        found = await self._views.delivery(path_id(request, "delivery"))
        return api_response(_require_found(found, "delivery", request))

    async def redeliver(self, request: Request) -> Response:
        """Queue a delivery again."""
        await read_json_body(request, ())
        record = await self._views.record_of_delivery(path_id(request, "delivery"))
        known: dict[str, Any] = _require_found(record, "delivery", request)
        try:
            self._dispatcher.redeliver(known, self._contract.events, self._settings.webhook_secret)
        except RedeliveryError as error:
            raise HTTPException(409, str(error)) from None
        return api_response({"delivery": known["id"]}, 202)

    async def overrides(self, request: Request) -> Response:
        """Return the active overrides; POST adds one first, DELETE removes all."""
        overrides = self._runtime.overrides
        if request.method == "POST":
            overrides.add(
                *parse_override(
                    await read_json_body(request, OVERRIDE_KEYS), await self._faults_by_name()
                )
            )
        elif request.method == "DELETE":
            overrides.clear()
        shown = [{"id": s.id, s.kind: s.value, "requests": s.requests} for s in overrides.all()]
        return api_response({"overrides": shown}, 201 if request.method == "POST" else 200)

    async def faults(self, _: Request) -> Response:
        """Return the faults of the contract."""
        return api_response({"faults": await asyncio.to_thread(_fault_views, self._contract)})

    async def calls(self, request: Request) -> Response:
        """Return a call of each operation, which uses `$TOKEN` or `$CREDENTIAL_SCHEME`."""
        url = f"{request.url.scheme}://{request.url.netloc}"
        calls = [call_view(self._contract, o, url) for o in self._contract.operations]
        return api_response({"calls": calls})

    async def settings(self, _: Request) -> Response:
        """Return the contract and the settings of this mock."""
        return api_response(running_view(self._contract, self._settings))

    async def token(self, _: Request) -> Response:
        """Return a development token, and the accepted credentials by security scheme."""
        credentials = {scheme.name: value for scheme, value in self._fixed.items()}
        return api_response({"token": self._development_token(), "credentials": credentials})

    async def _faults_by_name(self) -> Mapping[str, Fault]:
        # Deriving the faults takes a while the first time and must not block the event loop.
        return await asyncio.to_thread(faults_of, self._contract)

    async def reset(self, request: Request) -> Response:
        """Delete the state of all workers."""
        await read_json_body(request, ())
        await self._runtime.forget()
        return api_response({"at": time.time()})


def _fault_views(contract: Contract) -> list[dict[str, Any]]:
    return [
        {
            "name": fault.name,
            "category": fault.category,
            "description": fault.description,
            "expected_response": fault.expected_response(contract),
        }
        for fault in faults_of(contract).values()
    ]


def _page_parameters(request: Request) -> tuple[int | None, int]:
    return integer_parameter(request, "before", None), integer_parameter(
        request, "limit", 100, _MAX_PAGE_SIZE
    ) or 100


def _require_found(found: dict[str, Any] | None, kind: str, request: Request) -> dict[str, Any]:
    if found is None:
        raise unknown_record(kind, request)
    return found
