"""Tests of requests. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_valid_requests_are_accepted(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("valid-request")


def test_invalid_requests_are_refused(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("invalid-request")


def test_freedoms_are_used_as_allowed(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("allowed-rejection")


def test_bad_credentials_are_refused(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("invalid-credential")


def test_the_permission_is_required(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("insufficient-permission")


def test_issued_credentials_are_good_for_what_was_asked(
    hookproof_judge: Callable[[str], None],
) -> None:
    hookproof_judge("issued-credential")


def test_the_unknown_is_told_to_be_unknown(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("unknown-resource")


def test_repeated_requests_are_refused_or_allowed(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("duplicate-request")


def test_bursts_are_limited(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("rate-limit")


def test_repeated_requests_at_once_are_refused_but_one(
    hookproof_judge: Callable[[str], None],
) -> None:
    hookproof_judge("concurrent-duplicates")
