"""Tests of responses. Each reads the closed ledger and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_request_is_answered(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("no-response")


def test_no_request_is_answered_5xx(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("server-error")


def test_answers_have_a_documented_media_type(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("response-media-type")


def test_answers_satisfy_their_schema(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("response-schema")


def test_answer_headers_have_their_format(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("response-headers")
