"""File that Locust loads: one user class made from the contract, and what workers report.

Only Locust imports this module. `hookproof load` names it.
"""

import logging
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events
from locust.env import Environment
from locust.exception import StopUser
from locust.html import get_html_report
from locust.rpc import Message
from locust.runners import STATE_MISSING, MasterRunner, Runner, WorkerRunner
from locust.stats import CSV_STATS_INTERVAL_SEC

from contracts.load.locust_target import LocustTarget
from contracts.load.master import LoadMaster
from contracts.load.settings import SETTINGS_VARIABLE, LoadSettings
from contracts.load.worker import LoadWorker, UserSessions
from openapi.http.tls import ssl_context
from openapi.loading.loader import load_contract
from openapi.operation_selection import OperationSelection

_READ_PERIOD_S, _PAUSE_S, _LAST_REPORT_S = 1.0, 0.1, 30.0
_REPORT, _LAST_REPORT, _END = "hookproof", "hookproof-last-report", "hookproof-end"
"""Part of Locust's report of a worker, and our own messages from and to workers."""
SETTINGS = LoadSettings.read(Path(os.environ[SETTINGS_VARIABLE]))
_WHOLE_CONTRACT = load_contract(
    None if SETTINGS.contract is None else Path(SETTINGS.contract),
    tuple(map(Path, SETTINGS.overlays)),
).with_public_url(SETTINGS.public_url or "")
CONTRACT = OperationSelection(SETTINGS.operations).apply(_WHOLE_CONTRACT)
_worker: LoadWorker | None = None
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request to the sink


def worker() -> LoadWorker:
    """Return the worker of this process; Locust has forked by now."""
    global _worker  # noqa: PLW0603 - Locust makes the users, and passes them nothing
    if _worker is None:
        _worker = LoadWorker(CONTRACT, SETTINGS)
    return _worker


def _task(operation_id: str) -> Callable[["ContractUser"], None]:
    def send(user: "ContractUser") -> None:
        try:
            user.sessions.send(operation_id, random.choice)
        except Exception as error:  # another one would follow for each request
            worker().stop_for(error)
            logging.getLogger(__name__).exception("a user of the load stops")
            raise StopUser from None

    send.__name__ = operation_id
    return send


class ContractUser(FastHttpUser):
    """User that sends valid requests to the operations of the contract, one after the other."""

    host = SETTINGS.url
    tasks: Any = {  # noqa: RUF012 - Locust reads the weights from this attribute
        _task(operation.id): SETTINGS.weights.get(operation.id, 1)
        for operation in CONTRACT.operations
    }
    connection_timeout = network_timeout = SETTINGS.request_timeout

    def __init__(self, environment: Environment) -> None:
        if SETTINGS.url.startswith("https:"):
            trusted = SETTINGS.tls_verify
            verify = Path(trusted) if isinstance(trusted, str) else trusted
            self.ssl_context_factory = lambda: ssl_context(SETTINGS.url, verify)
        super().__init__(environment)
        self.sessions = UserSessions(worker(), LocustTarget(self.client, worker()))


@events.init.add_listener
def _connect(environment: Environment, **_: object) -> None:
    """Let workers report, and the master compare."""
    # gevent reads its clock when it runs: a timer would end early by the time of the loading.
    time.sleep(_PAUSE_S)
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        _connect_worker(runner)
    elif runner is not None:
        _connect_master(runner, environment)


def _connect_worker(runner: WorkerRunner) -> None:
    """Report with Locust's own reports, and once more when the master ends the load."""

    def report(data: dict[str, Any], **_: object) -> None:
        data[_REPORT] = worker().take_report()

    def end(**_: object) -> None:
        runner.stop()
        runner.send_message(_LAST_REPORT, {_REPORT: worker().take_report()})

    events.report_to_master.add_listener(report)
    runner.register_message(_END, end)


def _connect_master(runner: Runner, environment: Environment) -> None:
    def count(name: str, delay_s: float, size: int, complaint: str) -> None:
        environment.events.request.fire(
            request_type="EVENT",
            name=name,
            response_time=delay_s * 1000,
            response_length=size,
            exception=Exception(complaint) if complaint else None,
            context={},
        )

    master = LoadMaster(_WHOLE_CONTRACT, SETTINGS, count)

    def absorb(data: dict[str, Any], **_: object) -> None:
        if _REPORT in data:
            master.absorb(data[_REPORT])

    def absorb_last(msg: Message, **_: object) -> None:
        master.absorb(msg.data[_REPORT], is_last=True)
        reported.add(msg.node_id)

    def take_own() -> None:
        if not isinstance(runner, MasterRunner):
            master.absorb(worker().take_report())

    def read() -> None:
        while True:
            time.sleep(_READ_PERIOD_S)
            take_own()
            master.read_arrivals()

    def await_last_reports(**_: object) -> None:
        # Locust waits half a second for the last reports, however long the last requests take.
        if not isinstance(runner, MasterRunner):
            return
        ending = {client.id for client in runner.clients.all if client.state != STATE_MISSING}
        runner.send_message(_END)
        until = time.monotonic() + SETTINGS.request_timeout + _LAST_REPORT_S
        while ending - reported and time.monotonic() < until:
            time.sleep(_PAUSE_S)

    def finish(**_: object) -> None:
        runner.stop()
        reading.kill()
        if not isinstance(runner, MasterRunner):
            master.absorb(worker().take_report(), is_last=True)
        master.drain()
        environment.process_exit_code = master.finish()
        if environment.parsed_options is not None and environment.parsed_options.csv_prefix:
            time.sleep(2 * CSV_STATS_INTERVAL_SEC)  # Locust writes its files at this interval
        options = environment.parsed_options
        if options is not None and options.html_file:
            # Locust has written it before the last events arrived.
            page = get_html_report(environment, show_download_link=False)
            Path(options.html_file).write_text(page, encoding="utf-8")

    reported: set[str] = set()
    if isinstance(runner, MasterRunner):
        runner.register_message(_LAST_REPORT, absorb_last)
    events.worker_report.add_listener(absorb)
    events.test_stopping.add_listener(await_last_reports)
    events.quitting.add_listener(finish)
    reading = runner.greenlet.spawn(read)
