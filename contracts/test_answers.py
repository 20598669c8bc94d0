"""Tests of responses. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_request_gets_a_response(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("no-response")


def test_no_request_gets_a_5xx(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("server-error")


def test_responses_have_a_documented_media_type(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-media-type")


def test_responses_match_their_schema(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-schema")


def test_response_headers_match_their_schema(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-headers")


def test_errors_show_no_internal_details(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("error-detail")
