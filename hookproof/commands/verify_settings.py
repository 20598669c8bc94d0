"""Settings of a run from the options of `hookproof verify`."""

import os
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from contracts.checks import CHECKS
from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.model.unique_values import new_run_id
from hookproof import CONFIG_FILE_NAME
from hookproof.commands.target_policy import addresses_of, decide_target_policy
from hookproof.contract_loading import operation_selection
from hookproof.contract_url import ContractUrl
from hookproof.errors import CommandError
from openapi.contract import Contract

CASES_DIR_NAME = ".hookproof"
"""Directory of the saved cases, beside the configuration file or in the working directory."""


def settings_from_options(options: SimpleNamespace) -> Settings:
    """Return the settings of the options, without the target policy.

    The contract of a URL is not read yet, so that the reports can say why it cannot be.
    """
    if options.url is None:
        raise CommandError("no URL of a service: pass URL, or set url in hookproof.toml")
    host, port = options.webhook_listen
    contract: Path | ContractUrl | None = options.contract
    return Settings(
        url=options.url,
        run_id=new_run_id(),
        seed=random.SystemRandom().randrange(2**31) if options.seed is None else options.seed,
        contract=contract.unread if isinstance(contract, ContractUrl) else contract,
        overlays=tuple(options.overlay),
        token=options.token or "",
        token_without_permission=options.token_without_permission,
        other_tenant_token=options.other_tenant_token,
        token_expired=options.token_expired,
        token_not_yet_valid=options.token_not_yet_valid,
        credentials=tuple(options.credential),
        headers=options.header,
        webhooks=not options.no_webhooks,
        webhook_host=host,
        webhook_port=port,
        webhook_path=options.webhook_path,
        callback_url=options.callback_url,
        webhook_secret=options.webhook_secret,
        sink_url=options.sink,
        sink_token=options.sink_token,
        webhook_deadline=options.webhook_deadline,
        profile=options.profile,
        selection=_selection(options),
        operations=operation_selection(options),
        max_requests=options.max_requests,
        max_time=options.max_time,
        dry_run=options.dry_run,
        allow_destructive=options.allow_destructive,
        exit_first=options.exit_first,
        cache_dir=None if options.no_cache else user_cache() / "bodies",
        cases_dir=_cases_dir(options),
        request_timeout=options.request_timeout,
        tls_verify=options.tls_verify,
        wait=options.wait,
        strict=options.strict,
        require_decided=options.require_decided,
        report_dir=options.report_dir,
    )


def _selection(options: SimpleNamespace) -> Selection:
    """Return the chosen checks and phases; `CommandError` if no check is left."""
    chosen = Selection(tuple(options.only), tuple(options.skip))
    if not any(chosen.judges(check) for check in CHECKS):
        raise CommandError(f"{chosen.sentence}: no check is left that could judge the service")
    return chosen


def _cases_dir(options: SimpleNamespace) -> Path | None:
    """Return the directory of saved cases; None if the run uses none."""
    if options.seed is not None or options.no_saved_cases:
        return None
    beside = options.config is not None and options.config.name == CONFIG_FILE_NAME
    return (options.config.parent if beside else Path.cwd()) / CASES_DIR_NAME


def apply_target_policy(
    settings: Settings, options: SimpleNamespace, contract: Contract
) -> Settings:
    """Return `settings` limited by the target policy; `CommandError` if the host is not allowed.

    A URL without a path gets that of the contract's first server.
    """
    url = urlsplit(settings.url)
    host = url.hostname or ""
    limits = [o.rate_limit for o in contract.operations if o.rate_limit is not None]
    policy = decide_target_policy(
        host,
        addresses_of(host),
        options.allow_host,
        options.extra_phase,
        options.rate_limit,
        limits,
    )
    return replace(
        settings,
        url=settings.url if url.path else f"{settings.url}{contract.base_path}",
        gentle=policy.gentle,
        extra_phases=policy.extra_phases,
        rate_limit=policy.rate_limit,
    )


def set_hypothesis_directory() -> None:
    """Set the directory where Hypothesis caches its Unicode tables: the user's cache."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(user_cache()))


def user_cache() -> Path:
    """Return the folder of hookproof in the user's cache (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "hookproof")
