"""The sink's page while the sink stops and starts again, and with a great many deliveries."""

import time
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from posting import CONTRACT, SECRET, example, post
from processes import free_port

from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink
from webhook_sink.store import open_store


def opened(browser: Browser, sink: Sink) -> Page:
    page = browser.new_page()
    page.goto(f"{sink.url}/_hookproof/")
    expect(page.locator("#state")).to_have_text("live")
    return page


def test_the_page_catches_up_once_the_sink_is_back(browser: Browser, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "deliveries.sqlite"
    with Sink(CONTRACT, SECRET, port=port, store=file) as sink:
        page = opened(browser, sink)
        post(sink.url, example(1))
        expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#state")).to_have_text("the sink does not answer; trying again")
    with Sink(CONTRACT, SECRET, port=port, store=file) as sink:
        post(sink.url, example(2))
        expect(page.locator("#state")).to_have_text("live")
        post(sink.url, example(3))
        expect(page.locator("#rows .number")).to_have_text(["3", "2", "1"])
    page.close()


def test_another_store_behind_the_same_address_is_another_list(browser: Browser) -> None:
    port = free_port()
    with Sink(CONTRACT, SECRET, port=port) as sink:
        page = opened(browser, sink)
        for number in range(3):
            post(sink.url, example(number), "/before")
        expect(page.locator("#rows tr")).to_have_count(3)
    with Sink(CONTRACT, SECRET, port=port) as sink:
        post(sink.url, example(9), "/after")
        expect(page.locator("#rows .target")).to_have_text(["/after"])
    page.close()


def test_a_great_many_deliveries_leave_the_page_small(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "deliveries.sqlite"
    store = open_store(file)
    one = Delivery(0, time.time(), "POST", "/hooks", (), b"{}", False, "127.0.0.1:1", 200)
    store.append([replace(one, body=f'{{"number": {number}}}'.encode()) for number in range(5000)])
    store.close()
    with Sink(CONTRACT, SECRET, store=file) as sink:
        page = opened(browser, sink)
        rows = page.locator("#rows tr")
        expect(rows).to_have_count(100)
        expect(page.locator("#count")).to_have_text("5,000 in all")
        for _ in range(6):
            last = rows.last.get_attribute("data-id")
            page.get_by_role("button", name="Older", exact=True).click()
            expect(rows.last).not_to_have_attribute("data-id", str(last))
        expect(rows).to_have_count(500)
        expect(rows.last).to_have_attribute("data-id", "4301")
        post(sink.url, example())
        newer = page.get_by_role("button", name="Back to the newest: 1 came")
        newer.click()
        expect(rows.first).to_have_attribute("data-id", "5001")
        expect(rows).to_have_count(100)
        expect(newer).to_be_hidden()
        page.close()
