"""`hookproof load`: a sink and Locust as processes, and the report of what they saw."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import contracts.load
from contracts.execution.target import Target
from contracts.load.preparation import open_target, prepare
from contracts.load.report import LoadOutcome, early_end_of, load_report
from contracts.load.settings import SETTINGS_VARIABLE, LoadSettings
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.model.unique_values import new_run_id
from contracts.run import await_service
from hookproof.baseline import read
from hookproof.commands.run_reports import finish_run, prepare_report_dir
from hookproof.commands.target_policy import addresses_of, check_target
from hookproof.commands.verify_settings import set_hypothesis_directory, user_cache
from hookproof.contract_loading import (
    ContractFiles,
    check_given_credentials,
    check_webhook_secret,
    load_selected_contract,
    operation_selection,
    with_public_url,
)
from hookproof.contract_url import fetched
from hookproof.errors import CommandError
from hookproof.interrupts import record_interrupts
from hookproof.output import print_remark
from hookproof.serving.temporary_folder import temporary_folder
from openapi.contract import Contract
from openapi.parsing.document_source import DocumentText
from openapi.terminal import terminal_console
from webhook_sink.client import SinkClient, SinkError

LOCUSTFILE = Path(contracts.load.__file__).with_name("locustfile.py")
_SINK_START_S = 30.0
_PAUSE_S = 0.05
_END_S = 30.0


def run_load(options: SimpleNamespace) -> int:
    """Send the load; return the exit code."""
    if find_spec("locust") is None:
        raise CommandError("hookproof load needs Locust: pip install 'hookproof[load]'")
    settings = _settings(options)
    outcome = LoadOutcome()
    baseline = None if options.baseline is None else read(options.baseline)
    started = time.time()
    with record_interrupts() as interrupts:
        if options.worker:
            return _run_worker(options, settings, outcome)
        prepare_report_dir(settings.report_dir)
        interrupted = False
        try:
            with temporary_folder("hookproof-load-") as folder:
                _send(options, settings, folder, outcome)
        except (CommandError, CouldNotJudge) as error:
            outcome.not_judged = str(error)
        except KeyboardInterrupt:
            interrupted, outcome.not_judged = True, "the load was interrupted before its end"
        interrupts.run_is_over = True
    data = load_report(settings, outcome, started, time.time() - started)
    return finish_run(
        data,
        settings,
        baseline,
        whole=False,
        early_end=early_end_of(outcome),
        interrupted=interrupted,
    )


def _settings(options: SimpleNamespace) -> Settings:
    """Return the settings of the options; `CommandError` if the host is not allowed."""
    if options.url is None:
        raise CommandError("no URL of a service: pass URL, or set url in hookproof.toml")
    host = urlsplit(options.url).hostname or ""
    is_local = check_target(host, addresses_of(host), options.allow_host)
    listen_host, port = options.webhook_listen
    contract = options.contract
    return Settings(
        url=options.url,
        run_id=new_run_id(),
        seed=secrets.randbelow(2**31) if options.seed is None else options.seed,
        contract=contract if contract is None or isinstance(contract, Path) else contract.unread,
        overlays=tuple(options.overlay),
        token=options.token or "",
        credentials=tuple(options.credential),
        headers=options.header,
        webhooks=not options.no_webhooks,
        webhook_host=listen_host,
        webhook_port=port,
        callback_url=options.callback_url,
        webhook_secret=options.webhook_secret,
        sink_url=options.sink,
        sink_token=options.sink_token,
        webhook_deadline=options.webhook_deadline,
        operations=operation_selection(options),
        allow_destructive=options.allow_destructive,
        gentle=not is_local,
        cache_dir=user_cache() / "bodies",
        request_timeout=options.request_timeout,
        tls_verify=options.tls_verify,
        wait=options.wait,
        strict=options.strict,
        require_decided=options.require_decided,
        report_dir=options.report_dir,
    )


def _run_worker(options: SimpleNamespace, settings: Settings, outcome: LoadOutcome) -> int:
    """Run as a worker of another process, which has sink and report."""
    with temporary_folder("hookproof-load-") as folder:
        try:
            contract, file = _load_contract(options, settings, folder)
            load = _prepared(options, settings, contract, file, folder, outcome)
        except CouldNotJudge as error:
            raise CommandError(str(error)) from None
        return _run_locust(options, load, folder)


def _send(options: SimpleNamespace, settings: Settings, folder: Path, outcome: LoadOutcome) -> None:
    """Start the sink, prepare the requests, run Locust; fill `outcome`."""
    contract, file = _load_contract(options, settings, folder)
    outcome.contract = contract
    with _sink(options, settings, contract, file, folder) as (sink_url, sink_token):
        settings = replace(settings, sink_url=sink_url, sink_token=sink_token)
        load = _prepared(options, settings, contract, file, folder, outcome)
        if sink_url is not None:
            load = replace(load, first_delivery=_newest_id(sink_url, sink_token))
        _run_locust(options, load, folder)
    result = Path(load.result)
    outcome.result = json.loads(result.read_text("utf-8")) if result.is_file() else None


def _load_contract(
    options: SimpleNamespace, settings: Settings, folder: Path
) -> tuple[Contract, Path | None]:
    """Return the contract and its file; that of a URL is written to `folder`."""
    document = fetched(options.contract)
    contract = load_selected_contract(
        ContractFiles(document, settings.overlays), settings.operations
    )
    check_given_credentials(contract, settings.credentials)
    contract = with_public_url(contract, options.public_url)
    if not isinstance(document, DocumentText):
        return contract, document
    file = folder / "contract.yaml"
    file.write_text(document.text, encoding="utf-8")
    return contract, file


def _prepared(
    options: SimpleNamespace,
    settings: Settings,
    contract: Contract,
    file: Path | None,
    folder: Path,
    outcome: LoadOutcome,
) -> LoadSettings:
    """Find the operations that accept requests; return the settings of Locust's processes."""
    known = {operation.id for operation in contract.operations}
    for name, _ in options.weight:
        if name not in known:
            raise CommandError(f"--weight: no operation has the id {name}")
    set_hypothesis_directory()
    base = urlsplit(settings.url)
    url = settings.url if base.path else f"{settings.url}{contract.base_path}"
    settings = replace(settings, url=url)
    target: Target = open_target(settings)
    with target:
        await_service(target, settings.wait)
        prepared = prepare(contract, settings, target, _show)
    outcome.preparation = prepared
    if not prepared.operations:
        reasons = "; ".join(prepared.left_out.values())
        raise CouldNotJudge(f"no operation accepted a plain valid request: {reasons}")
    for name, reason in prepared.left_out.items():
        print_remark(f"no load for {name}: {reason}")
    return LoadSettings(
        url=url,
        seed=settings.seed,
        contract=None if file is None else str(file.resolve()),
        overlays=tuple(str(path.resolve()) for path in settings.overlays),
        public_url=options.public_url,
        operations=prepared.operations,
        weights=dict(options.weight),
        bodies=prepared.bodies,
        excused=prepared.marks,
        token=settings.token,
        credentials=settings.credentials,
        headers=settings.headers,
        request_timeout=settings.request_timeout,
        tls_verify=(
            str(settings.tls_verify.resolve())
            if isinstance(settings.tls_verify, Path)
            else settings.tls_verify
        ),
        allow_destructive=settings.allow_destructive,
        gentle=settings.gentle,
        callback_base=settings.callback_base,
        sink_url=settings.sink_url,
        sink_token=settings.sink_token,
        first_delivery=0,
        webhook_deadline=settings.webhook_deadline,
        result=str(folder / "result.json"),
    )


@contextmanager
def _sink(
    options: SimpleNamespace,
    settings: Settings,
    contract: Contract,
    file: Path | None,
    folder: Path,
) -> Iterator[tuple[str | None, str | None]]:
    """Yield URL and token of the sink: none, the given one, or one that ends with the context."""
    if not settings.webhooks:
        yield None, None
        return
    signs = any(event.signature for event in contract.events)
    if signs and not settings.webhook_secret and settings.sink_url is None:
        raise CommandError(
            "no webhook secret was given: pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET, "
            "or disable the webhooks with --no-webhooks"
        )
    if settings.sink_url is not None:
        yield settings.sink_url, settings.sink_token
        return
    secret = check_webhook_secret(contract, settings.webhook_secret or "")
    token = secrets.token_urlsafe(24)
    empty, ready = folder / "empty.toml", folder / "sink.json"
    empty.touch()
    command = [sys.executable, "-m", "hookproof", "sink", "--config", str(empty)]
    command += ["--host", settings.webhook_host, "--port", str(settings.webhook_port)]
    command += ["--ready-file", str(ready), "--store", str(folder / "deliveries.sqlite3")]
    command += ["--contract", str(file)] if file is not None else []
    command += [part for path in settings.overlays for part in ("--overlay", str(path))]
    command += ["--public-url", options.public_url] if options.public_url else []
    environment = {
        **{name: text for name, text in os.environ.items() if name != "HOOKPROOF_OVERLAY"},
        "HOOKPROOF_WEBHOOK_SECRET": secret,
        "HOOKPROOF_SINK_TOKEN": token,
    }
    with (folder / "sink.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            process_group=0,  # Ctrl-C ends the load first
        )
    try:
        yield _await_sink(process, ready, folder / "sink.log"), token
    finally:
        _end(process, signal.SIGTERM)


def _await_sink(process: "subprocess.Popen[bytes]", ready: Path, log: Path) -> str:
    end = time.monotonic() + _SINK_START_S
    while not ready.is_file():
        if process.poll() is not None or time.monotonic() > end:
            lines = log.read_text("utf-8", errors="replace").splitlines()
            reason = lines[-1].removeprefix("hookproof: ") if lines else "it said nothing"
            raise CommandError(f"the sink did not start: {reason}")
        time.sleep(_PAUSE_S)
    return str(json.loads(ready.read_text("utf-8"))["url"])


def _newest_id(url: str, token: str | None) -> int:
    try:
        with SinkClient(url, token) as sink:
            newest, _ = sink.newest({}, 1)
    except SinkError as error:
        raise CommandError(str(error)) from None
    return max((int(item["id"]) for item in newest), default=0)


def _run_locust(options: SimpleNamespace, load: LoadSettings, folder: Path) -> int:
    """Run Locust until its end; the first Ctrl-C ends the load, a second one this command."""
    path = folder / "settings.json"
    load.write(path)
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *locust_arguments(options)]
    process = subprocess.Popen(
        command,
        env={**os.environ, SETTINGS_VARIABLE: str(path)},
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        try:
            return process.wait()
        except KeyboardInterrupt:
            print_remark("the load ends; waiting for the last webhooks (Ctrl-C: do not wait)")
            process.terminate()  # Locust ends the load; a background process may ignore SIGINT
            return process.wait()
    finally:
        _end(process, signal.SIGKILL)


def _end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """End a process with its children, if it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, number)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def locust_arguments(options: SimpleNamespace) -> list[str]:
    """Return the options of Locust that `options` state."""
    stop_timeout = options.stop_timeout or options.request_timeout
    if options.worker:
        found = ["--worker", "--master-host", options.master_host]
        return [
            *found,
            "--master-port",
            str(options.master_port),
            *_stated("--processes", options.processes),
        ]
    found = ["--users", str(options.users), "--spawn-rate", f"{options.spawn_rate:g}"]
    found += ["--stop-timeout", f"{stop_timeout:g}", "--exit-code-on-error", "0"]
    if options.headless:
        found.append("--headless")
    else:
        found += ["--web-host", "127.0.0.1", "--web-port", str(options.web_port)]
    if options.run_time:
        found += ["--run-time", options.run_time]
    if options.master:
        found += ["--master", "--expect-workers", str(options.expect_workers)]
        found += _stated("--expect-workers-max-wait", options.expect_workers_max_wait)
        found += ["--master-bind-host", options.master_bind_host]
        found += ["--master-bind-port", str(options.master_bind_port)]
    elif options.processes:
        found += ["--master-bind-host", "127.0.0.1"]
        found += ["--master-bind-port", str(options.master_bind_port)]
        found += [
            "--master-port",
            str(options.master_bind_port),
            *_stated("--processes", options.processes),
        ]
    found += [*_stated("--csv", options.csv), *_stated("--html", options.html)]
    found += ["--only-summary"] if options.only_summary else []
    return found


def _stated(name: str, value: object) -> list[str]:
    return [] if value is None else [name, str(value)]


def _show(line: str) -> None:
    """Show on a terminal what the preparation does."""
    if terminal_console(sys.stderr) is not None:
        print(line, file=sys.stderr, flush=True)
