"""The mock, put together: a list of the stations that a request passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path

from starlette.types import ASGIApp

from mock_server.admin.api import Control, control
from mock_server.admin.docs import short_paths
from mock_server.admin.routes import OwnPaths, own_paths
from mock_server.admin.views import Insight
from mock_server.exchange import Behaviour
from mock_server.faults.registry import behaviour
from mock_server.middleware.access_log import Access
from mock_server.middleware.authentication import Gatekeeper, Tokens
from mock_server.middleware.connexion_adapter import EXCEPTIONS, assemble, lower, routing, stations
from mock_server.middleware.cors import CrossOrigin
from mock_server.middleware.freedoms import Strictness, chosen
from mock_server.middleware.lifecycle import Ending, Exchanges
from mock_server.middleware.overrides import Switched
from mock_server.middleware.prefer import OnDemand
from mock_server.middleware.rate_limit import Admission, OtherMethods, gates
from mock_server.middleware.request_validation import Intake
from mock_server.reload import Renewable
from mock_server.responses.errors import Problems
from mock_server.responses.handler import Endpoint
from mock_server.runtime import Parts, Worker, parts
from mock_server.settings import Settings
from mock_server.tokens import mint
from mock_server.webhooks.dispatcher import Dispatch
from mock_server.webhooks.emitter import Webhooks
from openapi.contract import Contract, Operation
from openapi.loading.builder import permissions


def create_app(
    contract: Contract,
    settings: Settings,
    worker: Worker | None = None,
    watched: Path | None = None,
) -> ASGIApp:
    """Return an ASGI application with lifespan: state is open, webhooks are sent in between.

    `worker` says which of several processes it is for. Changes of the contract's file `watched`
    are picked up. A `ValueError` says what of the settings it has nothing for.
    """
    made = parts(settings, worker or Worker())

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        made.store.open()
        made.journal.open()
        made.switches.look()
        made.sender.start()
        asked = made.bell.answer({"write": made.journal.write, "forget": made.drop})
        answering = asyncio.create_task(asked)
        try:
            yield
        finally:
            answering.cancel()
            await made.sender.stop()
            if made.store.path is not None:
                await made.journal.write()
            made.store.close()

    app = Renewable(lambda c: compose(c, settings, made), contract, lifespan, watched)
    return Access(app, made.mask) if settings.log_requests else app


def compose(contract: Contract, settings: Settings, made: Parts) -> ASGIApp:
    """Return what serves one contract; a `ValueError` says what of the settings does not fit it."""
    problems = Problems(contract, settings.seed or 0)
    secret, seed = settings.jwt_secret, settings.seed or 0
    signing = settings.webhook_secret
    faulty = behaviour(contract, settings.faults)
    limits = gates(contract, settings.rate_limit, made.hits) if made.hits is not None else {}
    rules = chosen(contract, settings.refused)
    # Nobody pays for a station that has nothing to do.
    counted = [partial(OtherMethods, contract=contract, limits=limits)] if limits else []
    strict = [partial(Strictness, rules=rules)] if rules else []

    @lru_cache(maxsize=256)
    def with_faults(names: frozenset[str]) -> Behaviour:
        return behaviour(contract, settings.faults | names)

    dispatch = Dispatch(made.sender, made.journal, with_faults, made.mask)
    webhooks = Webhooks(contract, signing, dispatch, seed, made.announced)
    insight = Insight(contract, made.journal, made.store, made.mask)
    api = control(Control(contract, made, insight, dispatch, signing))
    development_token = partial(mint, secret, permissions(contract.operations), None)
    own = own_paths(contract, problems, api, development_token, settings.control_token)

    def admission(next_app: ASGIApp, operation: Operation) -> ASGIApp:
        return Admission(next_app, operation, limits.get(operation.id))

    def on_demand(next_app: ASGIApp, operation: Operation) -> ASGIApp:
        gate = limits.get(operation.id)
        return OnDemand(next_app, operation, contract, with_faults, gate, settings.seed)

    return assemble(
        document=lower(contract),
        middlewares=[
            partial(OwnPaths, own=own, more=short_paths(contract)),
            partial(CrossOrigin, contract=contract),
            partial(
                Exchanges,
                contract=contract,
                behaviour=faulty,
                after=Ending(made.journal, webhooks, made.mask),
                switches=made.switches,
                latency=settings.latency,
            ),
            EXCEPTIONS,
            *counted,
            routing,
            stations(
                [
                    partial(Switched, switches=made.switches, with_faults=with_faults),
                    on_demand,
                    admission,
                    partial(Gatekeeper, tokens=Tokens(secret, settings.auth)),
                    partial(Intake, contract=contract),
                    *strict,
                ],
                contract,
            ),
        ],
        endpoint=Endpoint(contract, secret, seed, made.answered, made.store),
        problems=problems,
    )
