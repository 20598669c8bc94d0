"""Tests of requests. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_valid_requests_are_accepted(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("valid-request")


def test_invalid_requests_are_rejected(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("invalid-request")


def test_allowed_rejections_have_an_allowed_status(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("allowed-rejection")


def test_invalid_credentials_are_rejected(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("invalid-credential")


def test_the_permission_is_required(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("insufficient-permission")


def test_issued_credentials_grant_the_requested_permission(
    hookproof_check: Callable[[str], None],
) -> None:
    hookproof_check("issued-credential")


def test_unknown_resources_get_the_documented_status(
    hookproof_check: Callable[[str], None],
) -> None:
    hookproof_check("unknown-resource")


def test_duplicate_requests_are_rejected_or_allowed(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("duplicate-request")


def test_bursts_are_limited(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("rate-limit")


def test_one_of_several_concurrent_duplicates_is_accepted(
    hookproof_check: Callable[[str], None],
) -> None:
    hookproof_check("concurrent-duplicates")
