"""Tests of webhooks. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_success_triggers_its_event(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-sent")


def test_a_success_triggers_one_event(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-single-event")


def test_only_a_success_triggers_an_event(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-unexpected")


def test_deliveries_are_posted(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-method")


def test_deliveries_are_signed(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-signature")


def test_deliveries_have_the_media_type(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-media-type")


def test_deliveries_are_json(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-json")


def test_deliveries_name_their_event(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-event-name")


def test_deliveries_match_their_schema(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-schema")


def test_deliveries_echo_their_request(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-echo")


def test_equal_values_are_equal(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-equal")


def test_identities_are_unique(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-unique")


def test_dates_of_events_are_possible(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-time")


def test_events_arrive_in_time(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-late")


def test_received_events_are_not_sent_again(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-redelivery")


def test_rejected_deliveries_are_retried(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("webhook-retry")
