"""`hookproof verify`: builds its own pytest command line, runs the suite, writes the reports."""

import argparse
import json
import os
import random
import string
import sys
import time
from pathlib import Path

import pytest

import contracts
from contracts import kept
from contracts.checks import CHECKS
from contracts.checks.secrets import known_secrets
from contracts.masking import Mask
from contracts.outcome import OUTCOME, SETTINGS, Outcome
from contracts.report import report
from contracts.settings import Settings
from hookproof.contract_option import contract_of
from hookproof.exits import INTERRUPTED, CommandError
from hookproof.terminal import summary
from hookproof.values import from_environment, token

SUITE = Path(contracts.__file__).parent


class _Roof:
    """The plugin that hands the settings to the suite; what comes of it is read afterwards."""

    def __init__(self, settings: Settings, outcome: Outcome) -> None:
        self._settings = settings
        self._outcome = outcome
        self._broken = False

    def pytest_configure(self, config: pytest.Config) -> None:
        """Put the settings and the empty outcome where the fixtures look for them."""
        config.stash[SETTINGS] = self._settings
        config.stash[OUTCOME] = self._outcome

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show what broke the suite itself, once; findings are told by the summary."""
        told = self._outcome.not_judged is not None or self._broken
        if report.failed and not told and not report.longreprtext.startswith("VIOLATION"):
            self._broken = True
            print(report.longreprtext, file=sys.stderr)


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that the options and the environment ask for."""
    host, port = options.webhook_listen
    letters = random.SystemRandom().choices(string.ascii_lowercase + string.digits, k=6)
    return Settings(
        url=options.url,
        run_id="".join(letters),
        seed=random.SystemRandom().randrange(2**31) if options.seed is None else options.seed,
        contract=options.contract,
        token=token(options.token, "HOOKPROOF_TOKEN") or "",
        token_without_permission=token(
            options.token_without_permission, "HOOKPROOF_TOKEN_WITHOUT_PERMISSION"
        ),
        token_expired=token(options.token_expired, "HOOKPROOF_TOKEN_EXPIRED"),
        token_not_yet_valid=token(options.token_not_yet_valid, "HOOKPROOF_TOKEN_NOT_YET_VALID"),
        headers=tuple(options.header),
        webhooks=not options.no_webhooks,
        webhook_host=host,
        webhook_port=port,
        webhook_secret=from_environment(options.webhook_secret, "HOOKPROOF_WEBHOOK_SECRET"),
        sink_url=options.sink,
        webhook_deadline=options.webhook_deadline,
        provoke=frozenset(options.provoke),
        rate_limit=options.rate_limit,
        request_timeout=options.request_timeout,
        wait=options.wait,
        strict=options.strict,
        require_decided=options.require_decided,
        report_dir=options.report_dir,
    )


def run_verify(options: argparse.Namespace) -> int:
    """Judge the service, print the verdict, write the reports; return the exit code."""
    settings = settings_of(options)
    outcome = Outcome()
    started = time.time()
    try:
        settings.report_dir.mkdir(parents=True, exist_ok=True)
        (settings.report_dir / "junit.xml").unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{settings.report_dir}: no reports there: {error.strerror}") from None
    try:
        contract_of(settings.contract)
        interrupted = judge(settings, outcome)
    except CommandError as error:
        outcome.not_judged, interrupted = str(error), False
    return _finish(settings, outcome, started, interrupted)


def judge(settings: Settings, outcome: Outcome) -> bool:
    """Run the suite in this process, filling `outcome`; say whether it was interrupted."""
    arguments = [
        str(SUITE),
        "-c", os.devnull,
        f"--rootdir={SUITE}",
        f"--confcutdir={SUITE}",
        "-p", "no:cacheprovider",
        "-p", "no:terminal",
        "-s",
        f"--junitxml={settings.report_dir / 'junit.xml'}",
        "-o", "junit_suite_name=hookproof",
    ]  # fmt: skip
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    # hypothesis keeps tables of Unicode, which take a second to make: not in the caller's folder.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "hookproof")
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache))
    code = pytest.main(arguments, plugins=[_Roof(settings, outcome)])
    if code == pytest.ExitCode.INTERRUPTED:
        return outcome.not_judged is None
    if outcome.applied != set(CHECKS) and outcome.not_judged is None:
        outcome.not_judged = "the suite itself failed; please report this, with what stands above"
    return False


def _keep_cases(settings: Settings, outcome: Outcome) -> None:
    books, directory = outcome.books, settings.cases_dir
    if books is None or directory is None or outcome.not_judged is not None:
        return
    try:
        kept.save(directory, outcome.findings, Mask(known_secrets(books)), ())
    except OSError as error:
        print(f"hookproof: {directory}: failing cases not kept: {error.strerror}", file=sys.stderr)


def _finish(settings: Settings, outcome: Outcome, started: float, interrupted: bool) -> int:
    if interrupted:
        outcome.not_judged = "the run was interrupted"
    _keep_cases(settings, outcome)
    took = time.time() - started
    data = report(settings, outcome, started, took)
    if interrupted:
        data["exit_code"] = INTERRUPTED
    path = settings.report_dir / "report.json"
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    print("\n".join(summary(data, took, path)), flush=True)
    return int(data["exit_code"])
