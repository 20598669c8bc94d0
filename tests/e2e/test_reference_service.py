"""Reference service: the harness accepts its legal variants and finds its deviations.

`tests/shared/reference_service/` uses the standard library only. Its `caught.yaml` names the check
that must find each deviation. These tests run every fifth deviation until its check finds it, in
one process like `hookproof selftest`, and run the legal variants in batches. With
`ALL_DEVIATIONS=1` (the tox environment `deviations`) they run each deviation and each variant alone
with the default profile.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from reference_service.deviations import DEVIATIONS
from reference_service.legal_variants import LEGAL
from support.reference_runs import (
    Trial,
    expected_checks,
    find_deviation,
    find_warning,
    run_trial,
    verify_service,
)
from support.sampling import ALL, some

pytestmark = pytest.mark.integration

LAYERS = {"responses", "validation", "credentials", "robustness", "webhooks"}
WARNED = [name for name, variant in LEGAL.items() if variant.warns]
TRIED = some(DEVIATIONS, 10)
BATCHES = {
    "dates without a fraction, compressed responses": """
        date-precision-0 extra-fields indented-json gzip sorted-unique-scopes lower-case-headers
        trim-name same-name-twice accept-bom media-type-400 webhooks-first accept-empty-expiry
        refuse-unknown-scopes-400 permission-after-body
    """,
    "milliseconds, chunked responses": """
        date-precision-3 nulls chunked webhooks-ascii charset error-extra-headers webhooks-late
        webhooks-chunked keep-lone-surrogates accept-nan accept-any-media-type other-methods-501
        refuse-past-expiry refuse-deep-nesting malformed-header-400 long-header-431
    """,
    "seven digits, responses that end with the connection": """
        date-precision-7 absent-optionals close-delimited webhooks-sorted-keys rate-limit-headers
        accept-leap-seconds webhooks-out-of-order webhooks-keep-alive refuse-foreign-scopes-400
        refuse-far-years refuse-control-characters refuse-duplicate-keys refuse-large-bodies
        hexadecimal-tokens unknown-query-400 cookie-without-csrf-403
    """,
    "local dates, opaque credentials": """
        date-offset connection-close slow-answers opaque-tokens refuse-unknown-scopes-403
        refuse-outer-white-space short-lifetimes-lengthened webhooks-in-order
        webhooks-honour-retry-after webhooks-short-timeout
    """,
    "other forms are rejected, common names are taken": """
        refuse-chunked refuse-expect localised-messages common-names-taken
    """,
    "a rate limit": "rate-limit refuse-foreign-scopes-403",
    "a clock ahead": """
        clock-ahead updated-by-another-host drop-past-expiry user-changes created-headers
        spaced-json one-check-at-a-time limit-of-guesses
    """,
    "a clock behind": "clock-behind drop-unknown-scopes error-names-a-place token-bucket",
    "a clock hours ahead": "clock-hours-ahead",
}
"""Legal variants that can be combined, by a description of the batch."""
ONLY_ALONE = {"retry-after-date"}
"""Variants that no batch contains: this one also waits for each window of the rate limit."""


def test_the_conforming_service_conforms(port: int, tmp_path: Path) -> None:
    run = verify_service(port, tmp_path, [])
    assert (run.code, run.report["findings"]) == (0, []), run.out


def test_many_legal_variants_at_once_conform(port: int, tmp_path: Path) -> None:
    names = ["extra-fields", "nulls", "date-offset", "sorted-unique-scopes", "gzip", "chunked"]
    names += ["webhooks-out-of-order", "webhooks-ascii", "same-name-twice", "charset"]
    options = [part for name in names for part in ("--legal", name)]
    run = verify_service(port, tmp_path, options)
    assert run.code == 0, run.out


@pytest.mark.parametrize("name", ["created-200", "name-null-accepted", "webhook-unsigned"])
def test_the_command_finds_a_deviation(name: str, port: int, tmp_path: Path) -> None:
    options = ["--webhook-deadline", "3", "--request-timeout", "3", "--profile", "quick"]
    run = verify_service(port, tmp_path, ["--deviate", name], *options)
    assert (run.code, run.report["verdict"]) == (1, "deviates"), run.out
    assert expected_checks()[name] in run.violated, run.out


@pytest.mark.parametrize("batch", BATCHES)
def test_a_batch_of_legal_variants_has_no_finding(batch: str, trials: ProcessPoolExecutor) -> None:
    result = trials.submit(run_trial, Trial(tuple(BATCHES[batch].split()))).result()
    assert result.findings == ()


def test_all_variants_with_a_warning_have_no_violation(trials: ProcessPoolExecutor) -> None:
    legal = tuple(name for name in WARNED if name != "retry-after-absent")
    result = trials.submit(run_trial, Trial(legal)).result()
    assert result.violated == frozenset(), result.findings
    assert result.warned


@pytest.mark.parametrize("name", WARNED)
def test_a_variant_with_a_warning_alone_has_no_violation(
    name: str, trials: ProcessPoolExecutor
) -> None:
    result = trials.submit(find_warning, name).result()
    assert result.violated == frozenset(), result.findings
    assert result.warned


def test_a_run_that_stops_does_not_miss_events_that_may_still_arrive(
    trials: ProcessPoolExecutor,
) -> None:
    legal = ("webhooks-late", "rate-limit-headers-broken")
    result = trials.submit(run_trial, Trial(legal, exit_first=True, strict=True)).result()
    assert {line.split(":")[0] for line in result.findings} == {"warning response-headers"}
    assert "request 2" not in str(result.findings)


@pytest.mark.skipif(not ALL, reason="each variant alone belongs to the environment deviations")
@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_variant_alone_has_no_violation(name: str, trials: ProcessPoolExecutor) -> None:
    result = trials.submit(run_trial, Trial((name,), profile="default")).result()
    assert result.violated == frozenset(), result.findings
    assert bool(result.warned) is LEGAL[name].warns, result.findings


@pytest.mark.parametrize("name", TRIED)
def test_a_deviation_is_found_by_its_check(name: str, trials: ProcessPoolExecutor) -> None:
    if ALL:
        result = trials.submit(run_trial, Trial((), name, "default")).result()
    else:
        result = trials.submit(find_deviation, name).result()
    assert expected_checks()[name] in result.violated, result.findings


def test_the_tables_are_complete_and_cover_each_layer() -> None:
    batched = [name for batch in BATCHES.values() for name in batch.split()]
    assert sorted([*batched, *WARNED, *ONLY_ALONE]) == sorted(LEGAL)
    layers = {name: deviation.layer for name, deviation in DEVIATIONS.items()}
    assert set(expected_checks()) == set(layers)
    assert set(layers.values()) == LAYERS
    assert len(layers) >= 60
    assert all(len([n for n in TRIED if layers[n] == layer]) >= 5 for layer in LAYERS)
