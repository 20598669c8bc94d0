"""Keyboard operation of the sink's page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.sink_deliveries import CONTRACT, SECRET, example, post

from webhook_sink.server import Sink

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink(CONTRACT, SECRET) as running:
        for number in (1, 2, 3, 2):
            post(running.url, example(number))
        yield running


@pytest.fixture
def page(browser: Browser, sink: Sink) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto(f"{sink.url}/_hookproof/")
    expect(opened.locator("#rows tr")).to_have_count(3)
    yield opened
    opened.close()


def focused(page: Page, number: int) -> None:
    expect(page.locator(f"#delivery-{number} .open")).to_be_focused()


def test_moves_opens_and_closes_by_keyboard(page: Page) -> None:
    press, detail = page.keyboard.press, page.locator("#detail h2")
    press("j")
    focused(page, 4)
    press("ArrowRight")
    expect(page.locator("#rows tr")).to_have_count(4)
    press("ArrowDown")
    focused(page, 2)
    press("ArrowLeft")
    focused(page, 4)
    press("j")
    focused(page, 3)
    press("Enter")
    expect(detail).to_have_text("Delivery 3")
    expect(detail).to_be_focused()
    press("j")
    expect(detail).to_have_text("Delivery 1")
    press("k")
    expect(detail).to_have_text("Delivery 3")
    press("Escape")
    expect(page.locator("#side")).to_be_hidden()
    focused(page, 3)
    press("/")
    page.keyboard.type("jkce?")
    expect(page.get_by_label("Text", exact=True)).to_have_value("jkce?")
    expect(page.locator("#nothing")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_compares_two_deliveries_by_keyboard(page: Page, sink: Sink) -> None:
    for key in ("j", "j", "c"):
        page.keyboard.press(key)
    expect(page.locator("#marked")).to_contain_text("Delivery 3 is selected")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#detail h2")).to_have_text("Deliveries 1 and 3")
    assert page.url.endswith("#1,3")
    page.reload()
    expect(page.locator("#detail h2")).to_have_text("Deliveries 1 and 3")
    expect(page.get_by_label("Compare delivery 3")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_label("Compare delivery 3")).not_to_be_checked()


def test_dialogs_open_and_close_by_keyboard(page: Page) -> None:
    for key, title in (("?", "Keys"), ("e", "Export")):
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=title)
        expect(dialog).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    expect(page.locator("#rows .open:focus")).to_have_count(0)


def test_tab_reaches_every_control(page: Page) -> None:
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    controls = page.locator("button:visible, a:visible, select:visible, input:visible")
    wanted = controls.evaluate_all("all => all.map(one => one.id || one.className)")
    assert set(wanted) - {""} <= reached
