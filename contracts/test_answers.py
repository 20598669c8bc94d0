"""What every answer must be. Each test reads the closed books and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_request_is_answered(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("no-answer")


def test_no_request_is_answered_5xx(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("server-failure")


def test_answers_have_a_documented_media_type(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("answer-media-type")


def test_answers_satisfy_their_schema(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("answer-schema")


def test_answer_headers_have_their_format(hookproof_judge: Callable[[str], None]) -> None:
    hookproof_judge("answer-headers")
