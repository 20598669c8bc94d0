"""Messages of documented errors: on demand they are those of the same real error."""

from typing import Any

import pytest
from support.mock import RunningMock

pytestmark = pytest.mark.integration

UNREADABLE = {"expiresAt": "tomorrow"}
CAUSES: dict[str, dict[str, Any]] = {
    "bad-request": {"name": ""},
    "name-too-long": {"name": "n" * 257},
    "expiry-unreadable": UNREADABLE,
    "several-mistakes": {"name": "", **UNREADABLE},
}
"""Members of a body that cause what an example of the shipped contract is about."""


@pytest.mark.parametrize("name", CAUSES)
def test_an_example_has_the_message_of_the_real_error(mock: RunningMock, name: str) -> None:
    headers = {"Authorization": f"Bearer {mock.token}", "Prefer": f"code=400, example={name}"}
    chosen = mock.client.post(mock.url, json=mock.body(), headers=headers)
    real = mock.post(**CAUSES[name])
    assert (chosen.status_code, real.status_code) == (400, 400)
    assert chosen.json() == real.json()
