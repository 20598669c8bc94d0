"""Tests of secrets. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_unique_values_are_unique(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("unique-value")


def test_secrets_do_not_leak(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("secret-leak")
