"""Recovery of a state file at the start: unfinished records become records of the journal."""

from pathlib import Path

from mock_server.runtime import create_redactor
from mock_server.settings import Settings
from mock_server.storage.database import Store
from mock_server.storage.journal import Journal
from mock_server.storage.records import restored_request
from mock_server.storage.secret_properties import SecretProperties
from mock_server.storage.worker_signals import SLOT_COUNT, WorkerSignals
from mock_server.unique_values import SINGLE_WORKER
from mock_server.webhooks.records import restored_delivery
from openapi.contract import Contract
from openapi.files.sqlite_file import StoreError


def prepare_state(contract: Contract, settings: Settings) -> None:
    """Create or check the state file of the settings, and recover what a killed mock left in it.

    Call it before any worker opens the file. Raise `StoreError` if a mock cannot use the file.
    """
    if settings.state is None:
        return
    store = Store(settings.state)
    store.open()
    try:
        _check_pages(store, settings.state)
        redactor = create_redactor(settings)
        rows = store.rows("SELECT id, kind, record FROM unfinished ORDER BY id")
        secrets = SecretProperties(contract)
        requests = (
            (number, restored_request(number, record, contract.operations, redactor, secrets))
            for number, kind, record in rows
            if kind == "request"
        )
        deliveries = (
            (number, restored_delivery(record, redactor))
            for number, kind, record in rows
            if kind == "delivery"
        )
        Journal(store, WorkerSignals([0] * SLOT_COUNT, *SINGLE_WORKER)).recover(
            ((number, None, data) for number, data in requests),
            ((number, data["request"], data) for number, data in deliveries),
        )
    finally:
        store.close()


def _check_pages(store: Store, path: Path) -> None:
    """Raise `StoreError` if a page of the file is damaged, also one that is read much later."""
    ((found,),) = store.rows("PRAGMA quick_check(1)")
    if found != "ok":
        raise StoreError(f"the state {path} is damaged: restore a copy, or name another file")
