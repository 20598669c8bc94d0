"""Reload of the contract while the mock serves."""

import asyncio
import logging
import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.complaint import ContractError, summarize_errors
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.parsing.document_source import DocumentText

_LOG = logging.getLogger("hookproof.mock")
_POLL_INTERVAL_S = 0.5

FileStamp = tuple[int, int, int] | None


class ReloadingApp:
    """Application of the latest valid contract; open requests finish with the previous one."""

    def __init__(
        self,
        compose: Callable[[Contract], ASGIApp],
        contract: Contract,
        lifespan: Callable[[], AbstractAsyncContextManager[None]],
        document: Path | DocumentText | None = None,
        overlays: Sequence[Path] = (),
        operations: OperationSelection = EVERY_OPERATION,
    ) -> None:
        """Serve `compose(contract)` within `lifespan`; watch the files of document and overlays.

        Of a changed document, only `operations` are served.
        """
        self._compose = compose
        self._app = compose(contract)
        self._document = document
        self._overlays = overlays
        self._operations = operations
        self._lifespan = lifespan
        self._lifespan_app = Router(lifespan=self._lifespan_with_watch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan_app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @asynccontextmanager
    async def _lifespan_with_watch(self, _: object) -> AsyncIterator[None]:
        async with self._lifespan():
            watch = (
                asyncio.create_task(self._watch(self._document))
                if self._document is not None
                else None
            )
            try:
                yield
            finally:
                if watch is not None:
                    watch.cancel()

    async def _watch(self, document: Path | DocumentText) -> None:
        files = [file for file in (document, *self._overlays) if isinstance(file, Path)]
        served = latest = [*map(_file_stamp, files)]
        while True:
            await asyncio.sleep(_POLL_INTERVAL_S)
            previous, latest = latest, [*map(_file_stamp, files)]
            # Wait until the files are stable: editors write them in several steps.
            if latest != served and latest == previous:
                served = latest
                await self._reload(document)

    async def _reload(self, document: Path | DocumentText) -> None:
        try:
            contract = await asyncio.to_thread(load_contract, document, self._overlays)
            self._app = await asyncio.to_thread(
                lambda: self._compose(self._operations.apply(contract))
            )
        except (ContractError, ValueError) as error:
            _LOG.error(
                "the changed contract is invalid, the mock keeps the previous one: %s", error
            )
        except Exception:
            _LOG.exception("the changed contract cannot be served, the mock keeps the previous one")
        else:
            errors = summarize_errors(contract.complaints)
            options = [part for overlay in self._overlays for part in ("--overlay", str(overlay))]
            command = shlex.join(["hookproof", "lint", str(document), *options])
            hint = f": {errors}; run {command}" if errors else ""
            level = logging.WARNING if errors else logging.INFO
            _LOG.log(level, "the contract was reloaded from %s%s", document, hint)


def _file_stamp(path: Path) -> FileStamp:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
