"""Filters of the sink's page, in form and URL, for old and new deliveries."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.sink_deliveries import CONTRACT, SECRET, example, post

from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

NAME = CONTRACT.events[0].name


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Yield a sink with a valid, an invalid, an unknown and a wrongly signed event."""
    with Sink(CONTRACT, SECRET) as running:
        post(running.url, example(1), "/hooks/first")
        broken = example(2)
        del broken["data"]["id"]
        post(running.url, broken, "/hooks/second")
        post(running.url, {"event": "of.others", "note": "Needle in the hay"}, "/elsewhere")
        post(running.url, example(4), "/hooks/fourth", secret="another one")
        yield running


@pytest.fixture
def page(browser: Browser, sink: Sink) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto(f"{sink.url}/_hookproof/")
    yield opened
    opened.close()


def shows(page: Page, *ids: int) -> None:
    expect(page.locator("#rows .number")).to_have_text([str(number) for number in ids])


def test_select_filters_apply_and_survive_a_reload(page: Page) -> None:
    shows(page, 4, 3, 2, 1)
    for label, value, ids in (
        ("Event", NAME, (4, 2, 1)),
        ("Event", "-", (3,)),
        ("Verdict", "conforms", (1,)),
        ("Verdict", "violation", (4, 3, 2)),
        ("Signature", "invalid", (4,)),
    ):
        page.get_by_label(label, exact=True).select_option(value)
        shows(page, *ids)
        if label == "Verdict":
            page.reload()
            shows(page, *ids)
        page.get_by_role("button", name="Clear filters").click()
        shows(page, 4, 3, 2, 1)


def test_path_and_text_filters_combine_and_are_in_the_url(page: Page, sink: Sink) -> None:
    shows(page, 4, 3, 2, 1)
    offered = page.locator("#paths option").evaluate_all("all => all.map(one => one.value)")
    assert {"/elsewhere", "/hooks/first"} <= set(offered)
    page.get_by_label("Path", exact=True).fill("/hooks*")
    shows(page, 4, 2, 1)
    page.get_by_label("Text", exact=True).fill("000004")
    shows(page, 4)
    assert page.url == f"{sink.url}/_hookproof/?text=000004&path=%2Fhooks*"


def test_new_deliveries_are_filtered(page: Page, sink: Sink) -> None:
    page.goto(f"{sink.url}/_hookproof/?text=only-this")
    expect(page.locator("#nothing")).to_contain_text("matches the filters: text: only-this")
    expect(page.locator("#state")).to_have_text("live")
    post(sink.url, {"note": "that"}, "/later")
    post(sink.url, {"note": "Only-This"}, "/later")
    shows(page, 6)
    expect(page.locator("#nothing")).to_be_hidden()


def test_filters_without_a_match_can_be_cleared(page: Page) -> None:
    page.get_by_label("Text", exact=True).fill("nowhere to be found")
    nothing = page.locator("#nothing")
    expect(nothing).to_be_visible()
    nothing.get_by_role("button").click()
    expect(page.locator("#rows tr").first).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value("")


def test_an_invalid_filter_is_an_error_message(page: Page, sink: Sink) -> None:
    page.goto(f"{sink.url}/_hookproof/?event=of.nobody")
    expect(page.get_by_role("alert")).to_contain_text("of.nobody")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#said")).to_be_hidden()


def test_the_export_contains_the_filtered_deliveries(page: Page) -> None:
    page.get_by_label("Event", exact=True).select_option(NAME)
    shows(page, 4, 2, 1)
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"event: {NAME}")
    with page.expect_download() as lines:
        page.get_by_role("link", name="JSON Lines").click()
    exported = [json.loads(line) for line in lines.value.path().read_text().splitlines()]
    assert [one["id"] for one in exported] == [1, 2, 4]
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as archive:
        page.get_by_role("link", name="HAR").click()
    assert len(json.loads(archive.value.path().read_text())["log"]["entries"]) == 3
