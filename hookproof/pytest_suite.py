"""Suite within a user's pytest run: settings from its options, reports at its end.

With pytest-xdist all tests of the suite run in one process.
"""

import re
import shlex
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

import contracts
from contracts.checks import CHECKS
from contracts.model.settings import Settings
from contracts.outcome import CONTRACT, OUTCOME, SETTINGS, RunOutcome
from contracts.reporting.report import report
from hookproof.commands.verify import save_failing_cases
from hookproof.commands.verify_settings import apply_target_policy, settings_from_options
from hookproof.contract_loading import (
    ContractFiles,
    check_given_credentials,
    load_selected_contract,
    with_public_url,
)
from hookproof.contract_url import fetched
from hookproof.errors import CommandError
from hookproof.options.command import parse_options
from hookproof.options.verify import verify
from hookproof.reports.contract_source import read_contract_source, with_places
from hookproof.reports.writer import remove_reports, write_reports
from hookproof.shadowing import shadowed_packages
from openapi.parsing.document_source import DocumentText

GROUP_NAME = "hookproof"
_SUITE = Path(contracts.__file__).parent
_TESTS = frozenset(
    f"{path.name}::{name}"
    for path in _SUITE.glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
)


def configure(config: pytest.Config) -> None:
    """Store the settings for the fixtures of the suite; `UsageError` for invalid options."""
    if config.getoption("dist", "no") not in ("no", "loadgroup"):
        raise pytest.UsageError(
            "hookproof: several processes cannot share the ledger of one run: pass --dist "
            "loadgroup with -n"
        )
    try:
        shadowed = shadowed_packages()
        if shadowed:
            raise CommandError(shadowed[0])
        options = _options(config)
        settings = replace(
            settings_from_options(options),
            contract=_contract_from_controller(config) or fetched(options.contract),
        )
        contract = load_selected_contract(
            ContractFiles(settings.contract, settings.overlays),
            settings.operations,
            silently=hasattr(config, "workerinput"),
        )
        check_given_credentials(contract, settings.credentials)
        contract = with_public_url(contract, options.public_url)
        settings = apply_target_policy(settings, options, contract)
        settings = replace(settings, **_settings_from_controller(config))
    except CommandError as error:
        raise pytest.UsageError(f"hookproof: {error}") from None
    outcome = RunOutcome()
    config.stash[SETTINGS] = settings
    config.stash[CONTRACT] = contract
    config.stash[OUTCOME] = outcome
    wanted = config.getoption("--hookproof-report-dir") is not None
    if wanted and not hasattr(config, "workerinput"):  # one process removes, before any test
        try:
            remove_reports(settings.report_dir)
        except OSError as error:
            raise pytest.UsageError(
                f"hookproof: {settings.report_dir}: cannot remove the earlier reports: "
                f"{error.strerror}"
            ) from None
    config.pluginmanager.register(SuitePlugin(settings, outcome, wanted), "hookproof-suite")


def _options(config: pytest.Config) -> SimpleNamespace:
    arguments = [config.getoption("--hookproof-url")]
    for name in ("profile", "seed", "report-dir"):
        value = config.getoption(f"--hookproof-{name}")
        if value is not None:
            arguments += [f"--{name}", value]
    try:
        arguments += shlex.split(config.getoption("--hookproof-args"))
        options = parse_options(verify, arguments, config.invocation_params.dir)
    except ValueError as error:
        raise CommandError(f"--hookproof-args: {error}") from None
    except click.exceptions.Exit:  # --help would end the pytest run with exit code 0
        raise CommandError("--hookproof-args: --help is not allowed here") from None
    if options.dry_run:
        raise CommandError(
            "--dry-run is not allowed here, because it tests nothing: use hookproof verify"
        )
    return options


def _settings_from_controller(config: pytest.Config) -> dict[str, Any]:
    """Return seed and run id from the xdist controller; nothing without one."""
    return dict(getattr(config, "workerinput", {}).get("hookproof", {}))


def _contract_from_controller(config: pytest.Config) -> DocumentText | None:
    """Return the document that the xdist controller fetched, so that all processes have one."""
    handed_on = getattr(config, "workerinput", {}).get("hookproof_contract")
    return DocumentText(*handed_on) if handed_on else None


class SuitePlugin:
    """Pytest hooks of a run against a service."""

    def __init__(self, settings: Settings, outcome: RunOutcome, report_is_wanted: bool) -> None:
        self._settings = settings
        self._outcome = outcome
        self._report_is_wanted = report_is_wanted
        self._started = time.time()

    def pytest_report_header(self) -> str:
        """Return the seed and the run id, which reproduce the cases."""
        settings = self._settings
        return f"hookproof: {settings.url} (seed {settings.seed}, run {settings.run_id})"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass seed, run id and a fetched contract to an xdist worker."""
        settings = self._settings
        node.workerinput["hookproof"] = {"seed": settings.seed, "run_id": settings.run_id}
        if isinstance(settings.contract, DocumentText):
            contract = settings.contract
            node.workerinput["hookproof_contract"] = (contract.name, contract.text)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """Schedule all tests of the suite in one process: they read the ledger of one run.

        A mark cannot do this: xdist 3.8 passes marks in test ids, and pytest 9.2 no longer lets it
        change these (https://github.com/pytest-dev/pytest-xdist/issues/1386).
        """
        # Only this hook imports xdist, because most runs do not use it.
        from xdist.scheduler.loadgroup import LoadGroupScheduling  # noqa: PLC0415

        class SingleGroupScheduling(LoadGroupScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                test = nodeid.rpartition("/")[2].partition("[")[0].partition("@")[0]
                return GROUP_NAME if test in _TESTS else str(super()._split_scope(nodeid))

        return SingleGroupScheduling(config, log)

    def pytest_sessionfinish(self) -> None:
        """Save failing cases and write the reports, if the checks ran in this process."""
        outcome = self._outcome
        if not (outcome.results or outcome.not_judged):
            return
        if outcome.not_judged is None and outcome.results.keys() != set(CHECKS):
            some = f"pytest ran only {len(outcome.results)} of {len(CHECKS)} checks"
            outcome.not_judged = some
        save_failing_cases(self._settings, outcome)
        if not self._report_is_wanted:
            return
        took = time.time() - self._started
        data = report(self._settings, outcome, self._started, took)
        # Without environment: annotations and summary are only for runs of the command.
        file = read_contract_source(self._settings.contract, Path.cwd(), self._settings.overlays)
        write_reports(with_places(data, file), self._settings.report_dir, {}, file)
