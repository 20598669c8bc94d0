"""Composition of the mock server: its middleware and steps, in the order of a request."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path

from starlette.types import ASGIApp

from mock_server.admin.api import AdminApi
from mock_server.admin.docs import short_paths
from mock_server.admin.routes import AdminPathsMiddleware, create_admin_app
from mock_server.admin.views import AdminViews
from mock_server.exchange import Hooks
from mock_server.faults.registry import expected_response, faults, hooks
from mock_server.fixed_credentials import accepted_credentials
from mock_server.middleware.access_log import AccessLogMiddleware
from mock_server.middleware.allowed_rejections import (
    AllowedRejectionsStep,
    select_allowed_rejections,
)
from mock_server.middleware.authentication import AuthenticationStep, TokenVerifier
from mock_server.middleware.base_path import BasePathMiddleware
from mock_server.middleware.connexion_adapter import assemble_app, routing, routing_document
from mock_server.middleware.cors import ContractCorsMiddleware
from mock_server.middleware.lifecycle import ExchangeMiddleware, ExchangeRecorder
from mock_server.middleware.operation import OperationApp, OperationStep, gather_requests
from mock_server.middleware.overrides import OverridesStep
from mock_server.middleware.prefer import PreferStep
from mock_server.middleware.rate_limit import MethodNotAllowedRateLimit, operation_rate_limits
from mock_server.middleware.request_validation import RequestValidationStep
from mock_server.reload import ReloadingApp
from mock_server.responses.errors import ErrorResponses
from mock_server.responses.handler import SuccessStep
from mock_server.responses.keepers import ResourceKeepers
from mock_server.runtime import Runtime, Worker, create_runtime
from mock_server.settings import Settings
from mock_server.tokens import mint
from mock_server.webhooks.dispatcher import Dispatcher
from mock_server.webhooks.emitter import WebhookEmitter
from openapi.contract import Contract, Operation
from openapi.http.json_api import json_api_app
from openapi.loading.builder import required_permissions
from openapi.parsing.document_source import DocumentText

_FAULTS_LOADED_AFTER_S = 1.0
"""Seconds after the start, because many mocks only live for one test and need no fault."""
_MAX_OPERATIONS_WITH_LOADED_FAULTS = 50
"""Operations of a contract whose faults take about a second; those of a large one take minutes."""


def create_app(
    contract: Contract,
    settings: Settings,
    worker: Worker | None = None,
    document: Path | DocumentText | None = None,
    overlays: Sequence[Path] = (),
) -> ASGIApp:
    """Return an ASGI application whose lifespan opens the state and sends webhooks.

    It serves the operations of `contract` that the settings select. `worker` identifies one of
    several processes. The application reloads the contract from `document` and `overlays` when one
    of these files changes.
    Raise `ValueError` for a setting that does not fit the contract.
    """
    contract = settings.operations.apply(contract)
    runtime = create_runtime(settings, worker or Worker())

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        runtime.store.open()
        runtime.store_seeds()
        runtime.journal.open()
        runtime.overrides.refresh_shared_flag()
        runtime.delivery_queues.start()
        signal_loop = runtime.signals.serve(
            {"write": runtime.journal.write, "forget": runtime.forget_local}
        )
        tasks = [asyncio.create_task(signal_loop)]
        if len(contract.operations) <= _MAX_OPERATIONS_WITH_LOADED_FAULTS:
            tasks.append(asyncio.create_task(_load_faults(contract)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await runtime.delivery_queues.stop()
            if runtime.is_persistent:
                runtime.unfinished.flush()
            if runtime.store.path is not None:
                await runtime.journal.write()
            runtime.store.close()

    app = ReloadingApp(
        lambda c: compose(c, settings, runtime),
        contract,
        lifespan,
        document,
        overlays,
        settings.operations,
    )
    return AccessLogMiddleware(app, runtime.redactor) if settings.log_requests else app


async def _load_faults(contract: Contract) -> None:
    """Load the faults after the start, so that the first fault that a client prefers is quick."""
    await asyncio.sleep(_FAULTS_LOADED_AFTER_S)
    await asyncio.to_thread(faults, contract)


def compose(contract: Contract, settings: Settings, runtime: Runtime) -> ASGIApp:
    """Return the application for one contract; raise `ValueError` if the settings do not fit it."""
    error_responses = ErrorResponses(contract, settings.seed or 0)
    secret, seed = settings.jwt_secret, settings.seed or 0
    signing = settings.webhook_secret
    base_hooks = hooks(contract, settings.faults)
    rate_limits = (
        operation_rate_limits(contract, settings.rate_limit, runtime.rate_limit_storage)
        if runtime.rate_limit_storage is not None
        else {}
    )
    rejections = select_allowed_rejections(contract, settings.rejections)
    # Middleware without work is omitted.
    method_not_allowed_limits = (
        [partial(MethodNotAllowedRateLimit, contract=contract, rate_limits=rate_limits)]
        if rate_limits
        else []
    )
    base_paths = (
        [partial(BasePathMiddleware, base_path=contract.base_path)] if contract.base_path else []
    )

    @lru_cache(maxsize=256)
    def with_faults(names: frozenset[str]) -> Hooks:
        return hooks(contract, settings.faults | names)

    @lru_cache(maxsize=256)
    def response_with_faults(names: frozenset[str], event_name: str) -> str:
        return expected_response(contract, settings.faults | names, event_name)

    dispatcher = Dispatcher(
        runtime.delivery_queues,
        runtime.journal,
        with_faults,
        response_with_faults,
        runtime.redactor,
        runtime.unfinished.finish if runtime.is_persistent else lambda _number: None,
    )
    webhooks = WebhookEmitter(
        contract, signing, dispatcher, seed, runtime.payload_values, settings.callback_hosts
    )
    views = AdminViews(contract, runtime.journal, runtime.store, runtime.redactor)
    development_token = partial(mint, secret, required_permissions(contract.operations), None)
    fixed = accepted_credentials(contract, settings.credentials)
    admin_api = AdminApi(contract, runtime, views, dispatcher, settings, development_token, fixed)
    admin_app = create_admin_app(
        contract, error_responses, json_api_app(admin_api.routes), settings.control_token
    )

    tokens = TokenVerifier(secret, settings.auth)
    keepers = ResourceKeepers(contract, seed, runtime.response_values, runtime.store)
    if settings.seed_data is not None:
        # Few mocks have seed data, and the model of resources takes time to load.
        from mock_server.responses.seed_data import read_seed_data  # noqa: PLC0415

        runtime.seeds[:] = read_seed_data(settings.seed_data, keepers)
    recorder = ExchangeRecorder(
        contract, runtime.journal, webhooks, runtime.redactor, runtime.unfinished
    )
    on_success = recorder.store if runtime.is_persistent else None
    overrides_step = OverridesStep(runtime.overrides, with_faults)

    def steps(operation: Operation) -> Iterator[OperationStep]:
        rate_limit = rate_limits.get(operation.id)
        yield overrides_step
        yield PreferStep(operation, contract, with_faults, rate_limit, settings.seed)
        if rate_limit is not None:
            yield rate_limit.enforce
        if operation.security:
            yield AuthenticationStep(operation, tokens, fixed)
        yield RequestValidationStep(operation, contract)
        if rejections:
            yield AllowedRejectionsStep(rejections[operation.id])
        yield gather_requests
        yield SuccessStep(
            contract,
            operation,
            secret,
            seed,
            runtime.response_values,
            runtime.store,
            keepers,
            on_success,
        )

    return assemble_app(
        document=routing_document(contract),
        middlewares=[
            partial(AdminPathsMiddleware, admin_app=admin_app, short_paths=short_paths(contract)),
            partial(ContractCorsMiddleware, contract=contract),
            partial(
                ExchangeMiddleware,
                contract=contract,
                hooks=base_hooks,
                error_responses=error_responses,
                on_end=recorder,
                overrides=runtime.overrides,
                queues=runtime.delivery_queues,
                latency=settings.latency,
            ),
            *base_paths,
            *method_not_allowed_limits,
            routing,
        ],
        operation_apps={o.id: OperationApp(o, [*steps(o)]) for o in contract.operations},
    )
