"""The mock's control API, below `/_hookproof/api/`: what happened, and what is to happen next.

JSON in, JSON out; an error is `{"message": "..."}`. docs/mock.md lists what there is.
"""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_server.admin.curl import curl_line
from mock_server.admin.inputs import SWITCH, body, number, switch_of
from mock_server.admin.views import Insight
from mock_server.fault import Fault
from mock_server.faults.registry import faults as faults_of
from mock_server.runtime import Parts
from mock_server.storage.database import StateError
from mock_server.webhooks.dispatcher import CannotRedeliver, Dispatch
from openapi.contract import Contract
from openapi.http.json_api import answer, explained

_TOKEN = "$TOKEN"  # noqa: S105 - the name of a variable of the shell
_MOST = 1000
"""How many of a kind one answer lists."""


class Control:
    """The endpoints of one worker; what the others know is theirs as well."""

    def __init__(
        self, contract: Contract, made: Parts, insight: Insight, dispatch: Dispatch, secret: str
    ) -> None:
        """`secret` is the one that webhooks are signed with."""
        self._contract = contract
        self._made = made
        self._insight = insight
        self._dispatch = dispatch
        self._secret = secret

    @property
    def routes(self) -> Sequence[Route]:
        """Every endpoint, with its place below `api/`."""
        return [
            Route("/requests", self.requests),
            Route("/requests/{id:int}", self.request),
            Route("/tokens", self.tokens),
            Route("/deliveries", self.deliveries),
            Route("/deliveries/{id:int}", self.delivery),
            Route("/deliveries/{id:int}/redeliver", self.redeliver, methods=["POST"]),
            Route("/switches", self.switches, methods=["GET", "POST", "DELETE"]),
            Route("/faults", self.faults),
            Route("/calls", self.calls),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def requests(self, request: Request) -> Response:
        """Answer with requests, the newest first."""
        return answer({"requests": await self._insight.requests(*_page(request))})

    async def request(self, request: Request) -> Response:
        """Answer with one request and the numbers of its deliveries."""
        found = await self._insight.request(request.path_params["id"])
        return answer(_there(found, "request", request))

    async def tokens(self, request: Request) -> Response:
        """Answer with the credentials that were issued, without them."""
        return answer({"tokens": self._insight.tokens(*_page(request))})

    async def deliveries(self, request: Request) -> Response:
        """Answer with deliveries and their attempts, the newest first, and with the receivers."""
        found = await self._insight.deliveries(*_page(request))
        return answer(
            {"deliveries": found, "receivers": self._insight.receivers(self._dispatch.receivers)}
        )

    async def delivery(self, request: Request) -> Response:
        """Answer with one delivery."""
        found = await self._insight.delivery(request.path_params["id"])
        return answer(_there(found, "delivery", request))

    async def redeliver(self, request: Request) -> Response:
        """Send a delivery once more."""
        await body(request, ())
        record = await self._insight.record_of_delivery(request.path_params["id"])
        known: dict[str, Any] = _there(record, "delivery", request)
        try:
            self._dispatch.redeliver(known, self._contract.events, self._secret)
        except CannotRedeliver as error:
            raise HTTPException(409, str(error)) from None
        return answer({"delivery": known["id"]}, 202)

    async def switches(self, request: Request) -> Response:
        """Answer with the switches that are on; add one before, or switch all off."""
        switches = self._made.switches
        if request.method == "POST":
            switches.add(*switch_of(await body(request, SWITCH), await self._known()))
        elif request.method == "DELETE":
            switches.clear()
        shown = [{"id": s.id, s.what: s.value, "requests": s.requests} for s in switches.all()]
        return answer({"switches": shown}, 201 if request.method == "POST" else 200)

    async def faults(self, _: Request) -> Response:
        """Answer with the faults that this mock can have."""
        known = (await self._known()).values()
        shown = [{"name": f.name, "layer": f.layer, "sentence": f.sentence} for f in known]
        return answer({"faults": shown})

    async def calls(self, request: Request) -> Response:
        """Answer with a line for the shell for each operation; they need a `$TOKEN`."""
        url = f"{request.url.scheme}://{request.url.netloc}"
        lines = (
            (o.id, curl_line(self._contract, o, url, _TOKEN)) for o in self._contract.operations
        )
        # Within single quotes the shell would not look for the variable.
        plain, wanted = f"'Authorization: Bearer {_TOKEN}'", f'"Authorization: Bearer {_TOKEN}"'
        calls = [{"operation": i, "curl": line.replace(plain, wanted)} for i, line in lines]
        return answer({"calls": calls})

    async def _known(self) -> Mapping[str, Fault]:
        # Deriving them takes a while the first time: requests are answered meanwhile.
        return await asyncio.to_thread(faults_of, self._contract)

    async def reset(self, request: Request) -> Response:
        """Forget everything, as if the mock had just been started without a state."""
        await body(request, ())
        await self._made.forget()
        return answer({"at": time.time()})


def control(endpoints: Control) -> ASGIApp:
    """Return the application of the API."""
    failures = (StateError, sqlite3.Error)
    return explained(endpoints.routes, failures, "the state cannot be read or written: ")


def _page(request: Request) -> tuple[int | None, int]:
    return number(request, "before", None), number(request, "limit", 100, _MOST) or 100


def _there(found: dict[str, Any] | None, what: str, request: Request) -> dict[str, Any]:
    if found is None:
        raise HTTPException(404, f"there is no {what} {request.path_params['id']}")
    return found
