"""`hookproof verify-receiver`: send deliveries to a receiver, print the verdict, write reports."""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from contracts.model.errors import CouldNotJudge
from contracts.model.selection import Selection
from contracts.model.unique_values import new_run_id
from contracts.receivers.report import early_end_of, receiver_report
from contracts.receivers.run import ReceiverOutcome, run_trial
from contracts.receivers.trials.settings import ReceiverSettings
from hookproof.baseline import read
from hookproof.commands.run_reports import finish_run, prepare_report_dir
from hookproof.commands.target_policy import addresses_of, decide_target_policy
from hookproof.contract_loading import (
    check_webhook_secret,
    contract_files,
    load_webhook_contract,
)
from hookproof.contract_url import ContractUrl
from hookproof.errors import CommandError
from hookproof.interrupts import record_interrupts
from openapi.contract import Contract
from openapi.parsing.document_source import DocumentText
from openapi.signatures.registry import SCHEMES
from openapi.terminal import terminal_console


def run_verify_receiver(options: SimpleNamespace) -> int:
    """Test the receiver; return the exit code."""
    files = contract_files(options).fetched
    settings, outcome = _settings(options), ReceiverOutcome()
    started, baseline = time.time(), None
    with record_interrupts() as interrupts:
        prepare_report_dir(settings.report_dir)
        try:
            contract = load_webhook_contract(files)
            if options.scheme:
                contract = contract.with_signature(SCHEMES[options.scheme])
            _check_secret(contract, settings)
            baseline = None if options.baseline is None else read(options.baseline)
            run_trial(settings, contract, outcome, _progress())
        except (CommandError, CouldNotJudge) as error:
            outcome.not_judged, baseline = str(error), None
        except KeyboardInterrupt:
            pass  # `interrupts` has it
        interrupts.run_is_over = True
        if interrupts.happened:
            outcome.not_judged = "the run was interrupted"
        data = receiver_report(settings, outcome, started, time.time() - started)
        whole = not (settings.selection.is_partial or outcome.stop_reason)
        return finish_run(
            data,
            settings,
            baseline,
            whole=whole,
            early_end=early_end_of(outcome),
            interrupted=interrupts.happened,
        )


def _settings(options: SimpleNamespace) -> ReceiverSettings:
    url = options.url
    if not url:
        raise CommandError("no receiver: give its URL, such as http://127.0.0.1:3000/webhooks")
    host = urlsplit(url).hostname or ""
    policy = decide_target_policy(host, addresses_of(host), options.allow_host, (), None, ())
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    return ReceiverSettings(
        url=url,
        seed=seed,
        run_id=new_run_id(),
        secret=options.webhook_secret or None,
        contract=_path(options.contract),
        overlays=tuple(options.overlay),
        headers=options.header,
        profile=options.profile,
        deadline=options.deadline,
        observe=options.observe,
        effect_wait=options.effect_wait,
        selection=Selection(options.only, options.skip),
        max_deliveries=options.max_deliveries,
        max_time=options.max_time,
        tls_verify=options.tls_verify,
        exit_first=options.exit_first,
        strict=options.strict,
        require_decided=options.require_decided,
        is_local=not policy.gentle,
        stated_options=_stated_options(options),
        report_dir=Path(options.report_dir),
    )


def _stated_options(options: SimpleNamespace) -> tuple[str, ...]:
    """Return the options that say what is sent, as the command line has them."""
    found = [("--contract", options.contract)]
    found += [("--overlay", file) for file in options.overlay]
    found += [("--signature", options.scheme), ("--observe", options.observe)]
    return tuple(str(word) for pair in found if pair[1] for word in pair)


def _path(contract: Path | ContractUrl | None) -> Path | DocumentText | None:
    """Return the path of a contract, of a URL the one for reports."""
    return contract.unread if isinstance(contract, ContractUrl) else contract


def _check_secret(contract: Contract, settings: ReceiverSettings) -> None:
    if settings.secret is not None:
        check_webhook_secret(contract, settings.secret, signs=True)


def _progress() -> Callable[[str], None]:
    """Return the function that shows on a terminal what the run does."""
    console = terminal_console(sys.stderr)
    if console is None:
        return lambda _line: None
    return lambda line: print(line, file=sys.stderr, flush=True)
