"""What the webhooks must be. Each test reads the closed books and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_success_brings_its_event(judge: Callable[[str], None]) -> None:
    judge("webhook-sent")


def test_a_success_brings_one_event(judge: Callable[[str], None]) -> None:
    judge("webhook-once")


def test_nothing_else_brings_an_event(judge: Callable[[str], None]) -> None:
    judge("webhook-uncalled")


def test_deliveries_are_posted(judge: Callable[[str], None]) -> None:
    judge("webhook-method")


def test_deliveries_are_signed(judge: Callable[[str], None]) -> None:
    judge("webhook-signature")


def test_deliveries_have_the_media_type(judge: Callable[[str], None]) -> None:
    judge("webhook-media-type")


def test_deliveries_are_json(judge: Callable[[str], None]) -> None:
    judge("webhook-json")


def test_deliveries_name_their_event(judge: Callable[[str], None]) -> None:
    judge("webhook-event")


def test_deliveries_satisfy_their_schema(judge: Callable[[str], None]) -> None:
    judge("webhook-schema")


def test_deliveries_echo_their_request(judge: Callable[[str], None]) -> None:
    judge("webhook-echo")


def test_equal_places_are_equal(judge: Callable[[str], None]) -> None:
    judge("webhook-equal")


def test_identities_are_unique(judge: Callable[[str], None]) -> None:
    judge("webhook-unique")


def test_events_come_in_time(judge: Callable[[str], None]) -> None:
    judge("webhook-late")


def test_received_events_are_not_sent_again(judge: Callable[[str], None]) -> None:
    judge("webhook-repeated")


def test_refused_deliveries_come_again(judge: Callable[[str], None]) -> None:
    judge("webhook-retry")
