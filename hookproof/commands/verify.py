"""`hookproof verify`: run the suite with pytest in this process, and write the reports."""

import gc
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import contracts
from contracts.checks import CHECKS
from contracts.checks.secrets import redaction
from contracts.execution import saved_cases
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.outcome import CONTRACT, OUTCOME, SETTINGS, RunOutcome
from contracts.reporting.report import early_end_of, report
from contracts.reporting.run_data import EXIT_CONFORMS
from contracts.run import run
from hookproof.baseline import Baseline, read
from hookproof.commands.run_reports import finish_run, prepare_report_dir
from hookproof.commands.verify_settings import (
    apply_target_policy,
    set_hypothesis_directory,
    settings_from_options,
)
from hookproof.contract_loading import (
    ContractFiles,
    check_given_credentials,
    load_selected_contract,
    with_public_url,
)
from hookproof.contract_url import fetched
from hookproof.errors import CommandError
from hookproof.interrupts import record_interrupts
from openapi.contract import Contract
from openapi.redaction import Redaction
from openapi.safe_text import escape_ci_command, escape_hidden

SUITE_DIR = Path(contracts.__file__).parent


class _SettingsPlugin:
    """Plugin for pytest that passes settings and contract to the suite and gets its outcome."""

    def __init__(self, settings: Settings, contract: Contract, outcome: RunOutcome) -> None:
        self._settings = settings
        self._contract = contract
        self._outcome = outcome
        self._redact = Redaction(settings.secrets)
        self._broken = False

    def pytest_configure(self, config: pytest.Config) -> None:
        """Store settings, contract and outcome for the fixtures of the suite."""
        config.stash[SETTINGS] = self._settings
        config.stash[CONTRACT] = self._contract
        config.stash[OUTCOME] = self._outcome
        config.option.tbstyle = "short"  # longer styles print arguments, which contain tokens

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the first error of the suite itself; the summary reports findings."""
        reported = self._outcome.not_judged is not None or self._broken
        if report.failed and not reported and not report.longreprtext.startswith("VIOLATION"):
            self._broken = True
            lines = map(escape_hidden, self._redact(report.longreprtext).splitlines())
            print("\n".join(map(escape_ci_command, lines)), file=sys.stderr)


def run_verify(options: SimpleNamespace) -> int:
    """Test the service, print the verdict, write the reports; return the exit code."""
    settings = settings_from_options(options)
    if settings.dry_run:
        return _print_cost(settings, options)
    outcome = RunOutcome()
    started = time.time()
    baseline = None
    with record_interrupts() as interrupts:
        prepare_report_dir(settings.report_dir)
        try:
            settings = replace(settings, contract=fetched(options.contract))
            contract = load_selected_contract(
                ContractFiles(settings.contract, settings.overlays), settings.operations
            )
            check_given_credentials(contract, settings.credentials)
            contract = with_public_url(contract, options.public_url)
            settings = apply_target_policy(settings, options, contract)
            baseline = None if options.baseline is None else read(options.baseline)
            judge(settings, contract, outcome)
        except CommandError as error:
            outcome.not_judged, baseline = str(error), None
        except KeyboardInterrupt:
            pass  # pytest handles those within the suite; `interrupts` has all of them
        interrupts.run_is_over = True
        return _finish(settings, outcome, baseline, started, interrupts.happened)


def _print_cost(settings: Settings, options: SimpleNamespace) -> int:
    """Print the number of requests and tokens; send nothing."""
    settings = replace(settings, contract=fetched(options.contract))
    contract = load_selected_contract(
        ContractFiles(settings.contract, settings.overlays), settings.operations
    )
    check_given_credentials(contract, settings.credentials)
    contract = with_public_url(contract, options.public_url)
    settings = apply_target_policy(settings, options, contract)
    try:
        run(settings, contract, print)
    except CouldNotJudge as error:
        raise CommandError(str(error)) from None
    return EXIT_CONFORMS


def judge(settings: Settings, contract: Contract, outcome: RunOutcome) -> None:
    """Run the suite in this process and fill `outcome`."""
    arguments = [
        str(SUITE_DIR),
        "-c", os.devnull,
        f"--rootdir={SUITE_DIR}",
        f"--confcutdir={SUITE_DIR}",
        "-p", "no:cacheprovider",
        "-p", "no:terminal",
        "-p", "no:unraisableexception",  # it collects garbage at the end, for a third of a second
        "--assert=plain",  # the suite has no assertions to rewrite
        "-s",
    ]  # fmt: skip
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    set_hypothesis_directory()
    gc.freeze()  # the modules loaded by now are no garbage, and collections need not visit them
    gc.set_threshold(20_000)
    pytest.main(arguments, plugins=[_SettingsPlugin(settings, contract, outcome)])
    if outcome.results.keys() != set(CHECKS) and outcome.not_judged is None:
        outcome.not_judged = "the suite itself failed: please report this with the output above"


def save_failing_cases(settings: Settings, outcome: RunOutcome) -> None:
    """Save the failing cases, if there is a directory for them and the service was judged."""
    ledger, directory = outcome.ledger, settings.cases_dir
    if ledger is None or directory is None or outcome.not_judged is not None:
        return
    try:
        # A partial run proves nothing about the cases that it does not send or judge.
        unsent = {operation.id for operation in ledger.contract.excluded}
        unsent |= {operation.id for operation in ledger.incomplete}
        earlier = [
            saved
            for saved in saved_cases.load_cases(settings)
            if settings.selection.is_partial or saved["operation"] in unsent
        ]
        redact = redaction(ledger)
        digest = ledger.contract.digest
        saved_cases.save_cases(directory, outcome.findings, redact, earlier, digest)
    except saved_cases.UnreadableCases as error:
        print(f"hookproof: {error}", file=sys.stderr)
    except OSError as error:
        print(
            f"hookproof: {directory}: cannot save failing cases: {error.strerror}", file=sys.stderr
        )


def _finish(
    settings: Settings,
    outcome: RunOutcome,
    baseline: Baseline | None,
    started: float,
    interrupted: bool,
) -> int:
    if interrupted:
        outcome.not_judged = "the run was interrupted"
    save_failing_cases(settings, outcome)
    data = report(settings, outcome, started, time.time() - started)
    whole = _is_whole(settings, outcome)
    early_end = early_end_of(outcome.ledger)
    return finish_run(
        data, settings, baseline, whole=whole, early_end=early_end, interrupted=interrupted
    )


def _is_whole(settings: Settings, outcome: RunOutcome) -> bool:
    """Return whether nothing limited the run, so that a finding which it lacks is resolved."""
    is_limited = settings.max_requests is not None or settings.max_time is not None
    is_partial = settings.selection.is_partial or settings.operations.is_partial
    incomplete = outcome.ledger.incomplete if outcome.ledger else ()
    return not (is_limited or is_partial or settings.exit_first or incomplete)
