"""Runs of the harness against the reference service, as processes or in threads."""

import logging
import random
import string
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from reference_service.behaviour import Caller, Secrets
from reference_service.service import compose, running_service
from reference_service.token_store import Grant
from reference_service.tokens import PERMISSION, claims_for, mint

from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.run import find_faults, run
from hookproof.commands.target_policy import DEFAULT_EXTRA_PHASES
from openapi.contract import Contract
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from support.forked import fork_context
from support.processes import JWT_SECRET, SHARED, WEBHOOK_SECRET, Run, started, verify

USER = "7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11"
OPAQUE, OPAQUE_WITHOUT_PERMISSION = "opaque-token-of-the-tests", "opaque-token-without-permission"
TIMEOUT_S = 3.0
"""Deadline of events and responses when the service has a deviation."""


@cache
def shipped_contract() -> Contract:
    return load_contract()


def known_permissions() -> tuple[str, ...]:
    return tuple(shipped_contract().at("/components/schemas/KnownPermission")["enum"])


@cache
def expected_checks() -> dict[str, str]:
    """Return the check that must find each deviation."""
    text = (SHARED / "reference_service" / "caught.yaml").read_text(encoding="utf-8")
    table: dict[str, str] = yaml.safe_load(text)
    return table


def token(
    permissions: Sequence[str] = (PERMISSION,), expires_in: float = 3600, not_before: float = 0
) -> str:
    """Return a credential of the service; both times are in seconds from now."""
    now = time.time()
    starts = now + not_before if not_before else None
    return mint(claims_for(list(permissions), USER, now + expires_in, starts), JWT_SECRET)


def grants() -> dict[str, Grant]:
    """Return the opaque credentials of the variant `opaque-tokens`."""
    return {
        OPAQUE: Grant(Caller(USER, OPAQUE, known_permissions())),
        OPAQUE_WITHOUT_PERMISSION: Grant(
            Caller(USER, OPAQUE_WITHOUT_PERMISSION, ("license:read",))
        ),
    }


@contextmanager
def service(port: int, *options: str) -> Iterator[str]:
    """Run the service as a process that sends webhooks to `port`; yield its URL."""
    command = ["-m", "reference_service.service", "--jwt-secret", JWT_SECRET]
    command += ["--webhook-secret", WEBHOOK_SECRET]
    command += ["--webhook-url", f"http://127.0.0.1:{port}/hooks", *options]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        yield url


def verify_service(port: int, directory: Path, options: Sequence[str], *arguments: str) -> Run:
    """Run the service with `options` and `hookproof verify` as two processes."""
    environment = {
        "HOOKPROOF_TOKEN": token(known_permissions()),
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": token(["license:read"]),
        "HOOKPROOF_TOKEN_EXPIRED": token(expires_in=-1000),
        "HOOKPROOF_TOKEN_NOT_YET_VALID": token(not_before=1000),
    }
    with service(port, *options) as url:
        return verify(url, port, directory, *arguments, **environment)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run against the service with legal variants or one deviation."""

    legal: tuple[str, ...] = ()
    deviation: str | None = None
    profile: str = "quick"
    exit_first: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class TrialResult:
    """Checks with findings, by severity, and one line for each finding."""

    violated: frozenset[str]
    warned: frozenset[str]
    findings: tuple[str, ...]


def run_trial(trial: Trial) -> TrialResult:
    """Run service and harness in threads of this process, over real ports."""
    contract, port = shipped_contract(), free_port()
    behaviour = compose(trial.legal, trial.deviation)
    secrets = Secrets(JWT_SECRET, WEBHOOK_SECRET)
    url = f"http://127.0.0.1:{port}/hooks"
    with running_service(behaviour, secrets, url, grants()) as service_url:
        try:
            ledger = run(_settings(trial, service_url, port), contract, lambda _: None)
        except CouldNotJudge as error:
            return TrialResult(frozenset(), frozenset(), (f"not judged: {error}",))
        found = [one.finding for one in find_faults(ledger)]
    return TrialResult(
        frozenset(f.check for f in found if f.severity == "violation"),
        frozenset(f.check for f in found if f.severity == "warning"),
        tuple(f"{f.severity} {f.check}: {f.message} (seed {run_seed()})" for f in found),
    )


@cache
def run_seed() -> int:
    """Return the seed of all trials of this process, which thus draw their bodies once."""
    return random.SystemRandom().randrange(2**31)


def _settings(trial: Trial, url: str, port: int) -> Settings:
    opaque = "opaque-tokens" in trial.legal
    wrong = trial.deviation is not None
    draw = random.SystemRandom()
    return Settings(
        url=url,
        run_id="".join(draw.choices(string.ascii_lowercase + string.digits, k=6)),
        seed=run_seed(),
        token=OPAQUE if opaque else token(known_permissions()),
        token_without_permission=(OPAQUE_WITHOUT_PERMISSION if opaque else token(["license:read"])),
        token_expired=None if opaque else token(expires_in=-1000),
        token_not_yet_valid=None if opaque else token(not_before=1000),
        webhook_port=port,
        webhook_secret=WEBHOOK_SECRET,
        webhook_deadline=TIMEOUT_S if wrong else None,
        request_timeout=TIMEOUT_S if wrong else 10.0,
        extra_phases=DEFAULT_EXTRA_PHASES,
        profile=trial.profile,
        allow_destructive=True,
        exit_first=trial.exit_first,
        strict=trial.strict,
    )


def find_deviation(name: str) -> TrialResult:
    """Run a deviation until its check finds it; each profile is longer than the last one."""
    result = TrialResult(frozenset(), frozenset(), ())
    for profile, exit_first in (("quick", True), ("quick", False), ("default", False)):
        result = run_trial(Trial((), name, profile, exit_first))
        if expected_checks()[name] in result.violated:
            break
    return result


def find_warning(name: str) -> TrialResult:
    """Run a legal variant until it has a finding; the quick profile may lack the case for it."""
    result = TrialResult(frozenset(), frozenset(), ())
    for profile in ("quick", "default"):
        result = run_trial(Trial((name,), None, profile, exit_first=True, strict=True))
        if result.findings:
            break
    return result


@contextmanager
def trial_process() -> Iterator[ProcessPoolExecutor]:
    """Yield a process that runs trials in sequence, as `hookproof selftest` does.

    A process apart, because trials start threads and a deviation may leave some running.
    """
    with ProcessPoolExecutor(1, fork_context(), logging.disable, (logging.CRITICAL,)) as pool:
        yield pool
