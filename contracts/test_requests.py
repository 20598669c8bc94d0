"""Tests of requests. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_valid_requests_are_accepted(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("valid-request")


def test_invalid_requests_are_refused(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("invalid-request")


def test_freedoms_are_used_as_allowed(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("allowed-rejection")


def test_bad_credentials_are_refused(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("invalid-credential")


def test_the_permission_is_required(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("insufficient-permission")


def test_issued_credentials_are_good_for_what_was_asked(
    hookproof_check: Callable[[str], None],
) -> None:
    hookproof_check("issued-credential")


def test_the_unknown_is_told_to_be_unknown(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("unknown-resource")


def test_repeated_requests_are_refused_or_allowed(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("duplicate-request")


def test_bursts_are_limited(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("rate-limit")


def test_repeated_requests_at_once_are_refused_but_one(
    hookproof_check: Callable[[str], None],
) -> None:
    hookproof_check("concurrent-duplicates")
