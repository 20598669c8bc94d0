"""Sink's page during restarts of the sink, and with thousands of deliveries."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.sink_deliveries import CONTRACT, SECRET, example, post

from openapi.http.free_port import free_port
from webhook_sink.delivery import Delivery
from webhook_sink.destination import ForwardPolicy, parse_destination
from webhook_sink.server import Sink
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration


def opened(browser: Browser, sink: Sink) -> Page:
    page = browser.new_page()
    page.goto(f"{sink.url}/_hookproof/")
    expect(page.locator("#state")).to_have_text("live")
    return page


def look(page: Page, *, is_hidden: bool) -> None:
    """Simulate a hidden or a visible tab."""
    value = f"{{ value: {str(is_hidden).lower()}, configurable: true }}"
    page.evaluate(f"Object.defineProperty(document, 'hidden', {value})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_page_reconnects_after_a_restart(browser: Browser, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "deliveries.sqlite"
    with Sink(CONTRACT, SECRET, port=port, store=file) as sink:
        page = opened(browser, sink)
        post(sink.url, example(1))
        expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#state")).to_have_text("sink unreachable; reconnecting")
    with Sink(CONTRACT, SECRET, port=port, store=file) as sink:
        post(sink.url, example(2))
        expect(page.locator("#state")).to_have_text("live")
        post(sink.url, example(3))
        expect(page.locator("#rows .number")).to_have_text(["3", "2", "1"])
    page.close()


def test_a_restart_with_another_store_replaces_the_list(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with Sink(CONTRACT, SECRET, port=port) as sink:
        page = opened(browser, sink)
        post(sink.url, example(), "/before")
        expect(page.locator("#rows .target")).to_have_text(["/before"])
    with Sink(CONTRACT, SECRET, port=port, store=filled(tmp_path / "other.sqlite", 150)):
        expect(page.locator("#rows tr")).to_have_count(100)
        expect(page.locator("#rows tr").last).to_have_attribute("data-id", "51")
    page.close()


def filled(file: Path, count: int) -> Path:
    """Store `count` deliveries of different events."""
    store = SqliteStore(file)
    one = Delivery(0, time.time(), "POST", "/hooks", (), b"{}", False, "127.0.0.1:1", 200)
    store.append([replace(one, body=f'{{"number": {number}}}'.encode()) for number in range(count)])
    store.close()
    return file


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """Yield a sink with 5,000 deliveries."""
    file = filled(tmp_path_factory.mktemp("full") / "deliveries.sqlite", 5000)
    with Sink(CONTRACT, SECRET, store=file) as sink:
        yield sink


def test_thousands_of_deliveries_are_paginated(browser: Browser, full: Sink) -> None:
    page = opened(browser, full)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(100)
    expect(page.locator("#count")).to_have_text("5,000 in total")
    page.get_by_role("button", name="Older", exact=True).press("Enter")
    expect(page.locator("#delivery-4900 .open")).to_be_focused()
    for _ in range(5):
        last = rows.last.get_attribute("data-id")
        page.get_by_role("button", name="Older", exact=True).click()
        expect(rows.last).not_to_have_attribute("data-id", str(last))
    expect(rows).to_have_count(500)
    expect(rows.last).to_have_attribute("data-id", "4301")
    post(full.url, example())
    newer = page.get_by_role("button", name="Back to the newest: 1 new")
    newer.click()
    expect(rows.first).to_have_attribute("data-id", "5001")
    expect(rows).to_have_count(100)
    expect(newer).to_be_hidden()
    page.close()


def test_a_search_continues_until_a_match(browser: Browser, full: Sink) -> None:
    page = opened(browser, full)
    page.get_by_label("Text", exact=True).fill('"number": 3}')
    expect(page.locator("#rows .number")).to_have_text(["4"])
    expect(page.locator("#count")).to_contain_text("1 of 5,00")
    expect(page.get_by_role("button", name="Search further back")).to_be_hidden()
    page.close()


def test_a_search_can_be_stopped(browser: Browser, full: Sink) -> None:
    page = opened(browser, full)
    page.route("**/deliveries?*before=*", lambda route: None)  # never respond
    page.get_by_label("Text", exact=True).fill("nowhere to be found")
    expect(page.locator("#progress")).to_contain_text("Searching; back to delivery 4,00")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#nothing")).to_contain_text("back to delivery 4,00")
    page.unroute_all()
    page.get_by_role("button", name="Search further back").click()
    expect(page.locator("#nothing")).to_contain_text("None of the 5,00")
    expect(page.get_by_role("button", name="Search further back")).to_be_hidden()
    page.close()


def test_the_response_to_a_forward_appears(browser: Browser) -> None:
    with Sink(CONTRACT, SECRET, replies=(503,)) as receiver:
        passing = ForwardPolicy(forward_to=parse_destination(receiver.url))
        with Sink(CONTRACT, SECRET, forward_policy=passing) as sink:
            page = opened(browser, sink)
            post(sink.url, example())
            expect(page.locator("#delivery-1 .answer")).to_have_text("200\u2192 503")
            page.close()


def test_a_hidden_tab_closes_its_stream(browser: Browser) -> None:
    """Check that a hidden tab frees its connection: all tabs share six to one sink."""
    with Sink(CONTRACT, SECRET) as sink:
        page = browser.new_page()
        page.clock.install()
        page.goto(f"{sink.url}/_hookproof/")
        expect(page.locator("#state")).to_have_text("live")
        look(page, is_hidden=True)
        with page.expect_event("requestfailed", lambda request: "/stream?" in request.url):
            page.clock.fast_forward(11_000)
        post(sink.url, example())
        page.clock.fast_forward(6000)
        expect(page).to_have_title("(1) hookproof sink")
        with page.expect_request("**/stream?*"):
            look(page, is_hidden=False)
        expect(page.locator("#rows .number")).to_have_text(["1"])
        expect(page).to_have_title("hookproof sink")
        page.close()
