"""What is shown once. Each test reads the closed books and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_unique_values_are_unique(judge: Callable[[str], None]) -> None:
    judge("unique-value")


def test_secrets_are_kept(judge: Callable[[str], None]) -> None:
    judge("secret-kept")
