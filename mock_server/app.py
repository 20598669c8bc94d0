"""The mock, put together: a list of the stations that a request passes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from mock_server.access import Access
from mock_server.admission import Admission
from mock_server.behaviour import Behaviour
from mock_server.control import Control, control
from mock_server.cross_origin import CrossOrigin
from mock_server.dispatch import Dispatch
from mock_server.documentation import short_paths
from mock_server.ending import Ending
from mock_server.faults import behaviour
from mock_server.freedoms import chosen
from mock_server.insight import Insight
from mock_server.intake import Intake
from mock_server.on_demand import OnDemand
from mock_server.operations import Endpoint
from mock_server.other_methods import OtherMethods
from mock_server.own import own_paths
from mock_server.parts import Parts, Worker, parts
from mock_server.problems import Problems
from mock_server.reception import Exchanges, OwnPaths
from mock_server.renewal import Renewable
from mock_server.security import Gatekeeper, Tokens
from mock_server.settings import Settings
from mock_server.stack import EXCEPTIONS, assemble, routing, stations
from mock_server.strictness import Strictness
from mock_server.switched import Switched
from mock_server.tokens import mint
from mock_server.webhooks import Webhooks
from openapi.document import Contract, Operation
from openapi.lowering import lower
from openapi.operations import permissions

if TYPE_CHECKING:
    from mock_server.gates import Gate


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
    limits = _gates(contract, settings, made)
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


def _gates(contract: Contract, settings: Settings, made: Parts) -> Mapping[str, "Gate"]:
    if made.hits is None:
        return {}
    # The library that counts takes long to load, and most mocks have no limit.
    from mock_server.gates import gates  # noqa: PLC0415

    return gates(contract, settings.rate_limit, made.hits)
