"""Comparison of two deliveries in the sink's page."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

CONTRACT = load_contract()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink(CONTRACT) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def compared(page: Page, sink: Sink, *sent: tuple[bytes, list[tuple[str, str]]]) -> Locator:
    """Deliver two requests; return the section that compares them."""
    for body, headers in sent:
        assert httpx.post(sink.url, content=body, headers=headers).status_code == 200
    one, other = [delivery.id for delivery in sink.deliveries()[-2:]]
    page.goto(f"{sink.url}/_hookproof/#{one},{other}")
    section = page.locator("#detail")
    heading = section.get_by_role("heading", level=2)
    expect(heading).to_have_text(f"Deliveries {one} and {other}")
    return section


def rows(section: Locator, name: str) -> list[list[str]]:
    table = section.get_by_role("table", name=f"{name}: both deliveries")
    found = table.locator("tbody tr").all()
    return [line.locator("th, td").all_text_contents() for line in found]


def test_compares_payloads_by_place(page: Page, sink: Sink) -> None:
    payload: Any = copy.deepcopy(CONTRACT.events[0].examples[0])
    before = json.dumps(payload).encode()
    del payload["triggeredAt"]
    payload["data"]["name"] = "weekly report"
    payload["data"]["scopes"].append("<b>")
    payload["data"] = dict(reversed(payload["data"].items()))
    section = compared(page, sink, (before, []), (json.dumps(payload, indent=1).encode(), []))
    one, other = [delivery.id for delivery in sink.deliveries()[-2:]]
    assert rows(section, "Place") == [
        ["/data/name", '"nightly report"', '"weekly report"', "changed"],
        ["/data/scopes/2", "none", '"<b>"', f"only in delivery {other}"],
        ["/triggeredAt", '"2026-04-20T13:11:35.0012345Z"', "none", f"only in delivery {one}"],
    ]
    changed = section.get_by_role("row", name="/data/name")
    assert changed.locator("mark").all_text_contents() == ["night", "week"]
    section.get_by_role("button", name="Everything").click()
    everything = rows(section, "Place")
    assert ["/data/user/metadata/0/key", '"costCentre"', '"costCentre"', "same"] in everything
    assert len(everything) > 50


def test_compares_headers_and_their_order(page: Page, sink: Sink) -> None:
    one = [("X-A", "1"), ("X-B", "b"), ("X-Twice", "1"), ("X-Twice", "2"), ("X-One", "x")]
    other = [("X-B", "b"), ("x-a", "1"), ("X-Twice", "1"), ("X-Twice", "3"), ("X-Other", "y")]
    section = compared(page, sink, (b"{}", one), (b"{}", other))
    ids = [delivery.id for delivery in sink.deliveries()[-2:]]
    assert rows(section, "Header") == [
        ["X-A / x-a", "1", "1", "written differently"],
        ["X-Twice", "2", "3", "changed"],
        ["X-One", "x", "none", f"only in delivery {ids[0]}"],
        ["X-Other", "none", "y", f"only in delivery {ids[1]}"],
    ]
    expect(section).to_contain_text("The common headers have a different order.")
    expect(section).to_contain_text("The bodies are identical.")


def test_compares_other_bodies_by_lines_or_bytes(page: Page, sink: Sink) -> None:
    section = compared(page, sink, (b"a\nb\nc\nd", []), (b"a\nx\nc\nd\ne", []))
    assert [row[:3] for row in rows(section, "Line")] == [
        ["2", "b", "none"],
        ["2", "none", "x"],
        ["5", "none", "e"],
    ]
    section = compared(page, sink, (b"\xff" * 16 + b"\x01", []), (b"\xff" * 16 + b"\x02", []))
    assert [row[0] for row in rows(section, "From byte")] == ["16", "16"]


def test_reports_equal_values_in_another_layout(page: Page, sink: Sink) -> None:
    section = compared(page, sink, (b'{"a":1,"b":[]}', []), (b'{ "b": [], "a": 1 }', []))
    expect(section).to_contain_text("only the layout or the order of members differs")
    section = compared(page, sink, (b'{"a":"\\u0041","n":1}', []), (b'{"a":"A","n":1.0}', []))
    assert [row[3] for row in rows(section, "Place")] == ["written differently", "changed"]


def test_shows_a_long_comparison_in_steps(page: Page, sink: Sink) -> None:
    one, other = (json.dumps([number] * 100_000).encode() for number in (1, 2))
    section = compared(page, sink, (one, []), (other, []))
    table = section.get_by_role("table", name="Place: both deliveries")
    expect(table.locator("tbody tr")).to_have_count(200)
    section.get_by_role("button", name="show more").click()
    expect(table.locator("tbody tr")).to_have_count(400)
