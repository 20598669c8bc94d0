"""The mock, put together: a list of the stations that a request passes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from mock_server.admission import Admission, Limiter
from mock_server.faults import behaviour
from mock_server.intake import Intake
from mock_server.operations import Endpoint
from mock_server.own import own_paths
from mock_server.problems import Problems
from mock_server.reception import Exchanges, OwnPaths
from mock_server.security import Gatekeeper
from mock_server.sender import Sender
from mock_server.settings import Settings
from mock_server.stack import EXCEPTIONS, LIFESPAN, SECURITY, assemble, routing, station
from mock_server.webhooks import Webhooks
from openapi.document import Contract
from openapi.lowering import lower


def create_app(contract: Contract, settings: Settings) -> ASGIApp:
    """Return an ASGI application with lifespan: webhooks are sent between startup and shutdown.

    A `ValueError` names a fault that the contract has nothing for.
    """
    problems = Problems(contract, settings.seed or 0)
    sender = Sender(settings.webhook_urls)
    webhooks = Webhooks(contract, settings.webhook_secret, sender, settings.seed)
    faulty = behaviour(contract, settings.faults)
    limiter = Limiter(settings.rate_limit) if settings.rate_limit else None

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        sender.start()
        try:
            yield
        finally:
            await sender.stop()

    return assemble(
        document=lower(contract),
        middlewares=[
            LIFESPAN,
            partial(OwnPaths, own=own_paths(problems)),
            partial(Exchanges, contract=contract, behaviour=faulty, after=webhooks.after),
            EXCEPTIONS,
            routing,
            station(partial(Admission, limiter=limiter), contract),
            SECURITY,
            station(partial(Intake, contract=contract), contract),
        ],
        endpoint=Endpoint(contract, settings.jwt_secret, settings.seed),
        gatekeeper=Gatekeeper(settings.jwt_secret),
        problems=problems,
        lifespan=lifespan,
    )
