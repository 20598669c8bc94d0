"""Many deliveries at once, with bodies and findings: what a load reads."""

import json

import pytest
from support.sink import StartSink

pytestmark = pytest.mark.integration


def test_judged_deliveries_have_bodies_and_findings_in_pages(start: StartSink) -> None:
    with start(secret="a secret") as client:
        for number in range(5):
            client.post(b'{"event": "personalAccessToken.created"}', path=f"/{number}?q")
        first = client.api("api/deliveries/judged?after=1&limit=2").json()
        rest = client.api(f"api/deliveries/judged?after={first['next']}").json()
        end = client.api("api/deliveries/judged?after=5").json()
        summary = client.api("api/deliveries/2").json()
    assert [one["id"] for one in first["deliveries"]] == [2, 3]
    assert ([one["id"] for one in rest["deliveries"]], rest["next"]) == ([4, 5], None)
    assert (end["deliveries"], end["next"]) == ([], None)
    one = first["deliveries"][0]
    assert (one["target"], one["status"], one["size"]) == ("/1?q", 200, 40)
    assert json.loads(one["body"]) == {"event": "personalAccessToken.created"}
    for name in ("event", "signature", "violations", "verdict", "received_at"):
        assert one[name] == summary[name]
    assert {found["check"] for found in one["findings"]} == {
        found["check"] for found in summary["findings"]
    }


def test_a_page_of_large_bodies_ends_early_and_loses_none(start: StartSink) -> None:
    with start() as client:
        for _ in range(7):
            client.post(b"\xff" + b"x" * 1_000_000)
        seen, after = [], 0
        while after is not None:
            page = client.api(f"api/deliveries/judged?after={after}").json()
            assert len(page["deliveries"]) <= 5
            seen += [one["id"] for one in page["deliveries"]]
            after = page["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", "after=x"])
def test_a_wrong_parameter_is_refused(query: str, start: StartSink) -> None:
    with start() as client:
        refused = client.api(f"api/deliveries/judged?{query}")
    assert refused.status_code == 400
    assert refused.json()["message"].startswith(query.partition("=")[0])
