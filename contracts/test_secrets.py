"""Tests of secrets. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_unique_values_are_unique(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("unique-value")


def test_secrets_are_kept(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("secret-leak")
