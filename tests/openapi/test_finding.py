"""Place of a finding: every message has it, once."""

import pytest

from openapi.finding import locate


@pytest.mark.parametrize(
    ("message", "instance", "located"),
    [
        ("null, not boolean", "/data/revoked", "/data/revoked: null, not boolean"),
        ("'data' is missing", "", "the body: 'data' is missing"),
        ("the body lacks 'message'", "", "the body lacks 'message'"),
        ("the secret at /data/id repeats", "/data/id", "the secret at /data/id repeats"),
        ("the 429 has no Retry-After", "/retry-after", "the 429 has no Retry-After"),
        ("the name is cut", "/name", "/name: the name is cut"),
        ("the method is PUT", None, "the method is PUT"),
    ],
)
def test_a_message_has_the_place_once(message: str, instance: str | None, located: str) -> None:
    assert locate(message, instance) == located
