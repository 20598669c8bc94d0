"""Tests of responses. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_request_is_answered(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("no-response")


def test_no_request_is_answered_5xx(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("server-error")


def test_answers_have_a_documented_media_type(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-media-type")


def test_answers_satisfy_their_schema(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-schema")


def test_answer_headers_have_their_format(hookproof_check: Callable[[str], None]) -> None:
    hookproof_check("response-headers")
