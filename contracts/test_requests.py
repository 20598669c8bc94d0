"""How each request must be answered. Each test reads the closed books and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_valid_requests_are_accepted(judge: Callable[[str], None]) -> None:
    judge("valid-request")


def test_invalid_requests_are_refused(judge: Callable[[str], None]) -> None:
    judge("invalid-request")


def test_freedoms_are_used_as_allowed(judge: Callable[[str], None]) -> None:
    judge("freedom")


def test_bad_credentials_are_refused(judge: Callable[[str], None]) -> None:
    judge("credential-refused")


def test_the_permission_is_required(judge: Callable[[str], None]) -> None:
    judge("permission-required")


def test_issued_credentials_are_good_for_what_was_asked(judge: Callable[[str], None]) -> None:
    judge("issued-credential")


def test_repeated_requests_are_refused_or_allowed(judge: Callable[[str], None]) -> None:
    judge("repeated-request")


def test_bursts_are_limited(judge: Callable[[str], None]) -> None:
    judge("rate-limit")


def test_repeated_requests_at_once_are_refused_but_one(judge: Callable[[str], None]) -> None:
    judge("repeated-at-once")
