"""Tests of webhooks. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_success_brings_its_event(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-sent")


def test_a_success_brings_one_event(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-single-event")


def test_nothing_else_brings_an_event(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-unexpected")


def test_deliveries_are_posted(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-method")


def test_deliveries_are_signed(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-signature")


def test_deliveries_have_the_media_type(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-media-type")


def test_deliveries_are_json(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-json")


def test_deliveries_name_their_event(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-event-name")


def test_deliveries_satisfy_their_schema(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-schema")


def test_deliveries_echo_their_request(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-echo")


def test_equal_places_are_equal(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-equal")


def test_identities_are_unique(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-unique")


def test_events_come_in_time(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-late")


def test_received_events_are_not_sent_again(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-redelivery")


def test_refused_deliveries_come_again(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("webhook-retry")
