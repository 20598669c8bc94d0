"""What every answer must be. Each test reads the closed books and applies one check."""

from collections.abc import Callable

pytest_plugins = ["contracts.fixtures"]


def test_every_request_is_answered(judge: Callable[[str], None]) -> None:
    judge("no-answer")


def test_no_request_is_answered_5xx(judge: Callable[[str], None]) -> None:
    judge("server-failure")


def test_answers_have_a_documented_media_type(judge: Callable[[str], None]) -> None:
    judge("answer-media-type")


def test_answers_satisfy_their_schema(judge: Callable[[str], None]) -> None:
    judge("answer-schema")


def test_answer_headers_have_their_format(judge: Callable[[str], None]) -> None:
    judge("answer-headers")
