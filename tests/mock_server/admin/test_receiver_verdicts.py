"""Verdicts of the admin API on a receiver: its responses to forged and to valid deliveries."""

import time
from typing import Any

import pytest
from support.mock import RunningMock, StartMock

pytestmark = pytest.mark.integration

DEADLINE_S = 20.0


def attempted(world: RunningMock, attempts: int = 1) -> dict[str, Any]:
    """Wait until the newest delivery has that number of attempts; return it."""
    end = time.monotonic() + DEADLINE_S
    while True:
        shown: list[dict[str, Any]] = world.api("deliveries?limit=1").json()["deliveries"]
        if shown and len(shown[0]["attempts"]) >= attempts:
            return shown[0]
        assert time.monotonic() < end, f"not so within {DEADLINE_S} s: {shown}"


WAIT = {"Retry-After": "60"}


@pytest.mark.parametrize(
    ("fault", "status", "expected", "verdict"),
    [
        (None, 200, "2xx", None),
        (None, 401, "2xx", "refused"),
        (None, 429, "2xx", None),
        (None, 500, "2xx", None),
        ("unsigned", 200, "4xx", "accepted although forged"),
        ("unsigned", 204, "4xx", "accepted although forged"),
        ("unsigned", 401, "4xx", "forged, and refused"),
        ("unsigned", 408, "4xx", None),
        ("unsigned", 500, "4xx", None),
        ("unsigned", 301, "4xx", None),
        ("reserialised", 200, "4xx", "accepted although forged"),
        ("payload-lacks-data-id", 200, "2xx or 4xx", None),
        ("payload-lacks-data-id", 400, "2xx or 4xx", None),
        ("webhook-sent-twice", 400, "2xx", "refused"),
        ("error-as-html", 200, "2xx", None),
    ],
)
def test_a_response_that_is_not_expected_has_a_verdict(
    world: RunningMock, fault: str | None, status: int, expected: str, verdict: str | None
) -> None:
    world.receiver.answers = [(status, WAIT)] * 2
    if fault:
        world.api("switches", "POST", json={"fault": fault}).raise_for_status()
    world.event()
    shown = attempted(world)
    assert (shown["expected_response"], shown["verdict"]) == (expected, verdict)
    assert shown["attempts"][0]["expected_response"] == expected
    assert world.api(f"deliveries/{shown['id']}").json()["verdict"] == verdict


def test_a_verdict_follows_from_the_faults_of_the_mock_too(start: StartMock) -> None:
    with start(faults=frozenset({"name-truncated", "delivery-wrong-secret"})) as world:
        world.event()
        shown = attempted(world)
    assert (shown["faults"], shown["expected_response"]) == ([], "4xx")
    assert shown["verdict"] == "accepted although forged"


def test_a_redelivery_has_the_verdict_on_its_response(world: RunningMock) -> None:
    world.receiver.answers = [(401, WAIT)]
    world.api("switches", "POST", json={"fault": "unsigned"}).raise_for_status()
    world.event()
    first = attempted(world)
    assert first["verdict"] == "forged, and refused"
    world.api(f"deliveries/{first['id']}/redeliver", "POST").raise_for_status()
    assert attempted(world, 2)["verdict"] == "accepted although forged"
