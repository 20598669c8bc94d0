"""Tests of resources. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_reads_show_what_was_written(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("read-after-write")


def test_deleted_resources_are_gone(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("deleted-resource")


def test_lists_have_each_resource_once(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("list-items")


def test_filters_select_by_their_value(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("list-filter")


def test_pages_lose_and_repeat_nothing(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("list-paging")


def test_a_repeated_idempotency_key_creates_nothing(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("idempotency-key")


def test_other_tenants_see_nothing(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("tenant-isolation")
