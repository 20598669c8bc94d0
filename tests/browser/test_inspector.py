"""List of the sink's page: live updates, attempts, removal, and hostile text."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.processes import started
from support.sink_deliveries import CONTRACT, SECRET, example, post

from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink(CONTRACT, SECRET) as running:
        yield running


@pytest.fixture
def page(browser: Browser, sink: Sink) -> Iterator[Page]:
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(f"{sink.url}/_hookproof/")
    yield opened
    opened.close()
    assert asked
    assert all(url.startswith(sink.url) for url in asked)


def test_an_empty_sink_shows_a_working_curl_command(page: Page, sink: Sink) -> None:
    expect(page.locator("#empty")).to_be_visible()
    command = page.locator("#curl").inner_text()
    said = subprocess.check_output(["sh", "-c", command], text=True, timeout=30)
    assert " 200 " in said.splitlines()[0]
    row = page.locator("#rows tr")
    expect(row).to_contain_text("POST /webhook")
    expect(row).to_contain_text(CONTRACT.events[0].name)
    expect(page.locator("#empty")).to_be_hidden()


def test_a_new_delivery_appears_without_reload(page: Page, sink: Sink) -> None:
    payload = example()
    post(sink.url, payload)
    expect(page.locator("#rows")).to_contain_text("conforms")
    del payload["data"]["id"]
    post(sink.url, payload)
    row = page.locator("#rows tr", has_text="1 violation")
    expect(row).to_contain_text("valid")
    row.get_by_role("link").click()
    expect(page.locator("#detail")).to_contain_text("'id' is missing")
    assert page.url.endswith("#2")
    expect(row).to_have_attribute("aria-current", "true")


def test_hostile_deliveries_are_shown_as_text(page: Page, sink: Sink) -> None:
    title = page.title()
    payload = example()
    payload["event"] = payload["data"]["name"] = HOSTILE
    post(sink.url, payload, "/%3Cscript%3E")
    page.locator("#rows tr").get_by_role("link").click()
    expect(page.locator("body")).to_contain_text(HOSTILE)
    assert page.title() == title
    assert page.locator("img[src=x]").count() == 0


def test_attempts_of_one_event_are_grouped(page: Page, sink: Sink) -> None:
    for number in (1, 2, 1, 1):
        post(sink.url, example(number))
    rows = page.locator("#rows tr")
    fold = rows.first.get_by_role("button", name="3 attempts, first #1")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(rows).to_have_count(2)
    expect(rows.first.locator(".answer")).to_have_text("200, 200, 200")
    fold.click()
    expect(rows.first.locator(".answer")).to_have_text("200")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(rows.locator(".number")).to_have_text(["4", "3", "1", "2"])
    expect(rows.nth(1)).to_contain_text("attempt 2, first #1")


def test_the_detail_is_updated_by_the_next_attempt(page: Page, sink: Sink) -> None:
    post(sink.url, example())
    page.locator("#rows a").click()
    expect(page.locator("#detail h2")).to_have_text("Delivery 1")
    page.locator("#filter-text").focus()  # the focus must be outside of the detail
    post(sink.url, example())
    expect(page.locator("#detail .attempts tbody tr")).to_have_count(2)
    expect(page.locator("#delivery-1")).to_have_attribute("aria-current", "true")


def test_a_delivery_out_of_order_is_marked(page: Page, sink: Sink) -> None:
    for number, second in ((1, 30), (2, 10)):
        payload = example(number)
        payload["triggeredAt"] = f"2026-01-01T00:00:{second}Z"
        post(sink.url, payload)
    expect(page.locator("#delivery-2")).to_contain_text("late, after #1")
    expect(page.locator("#delivery-1")).not_to_contain_text("late")


def test_the_title_counts_deliveries_while_the_tab_is_hidden(page: Page, sink: Sink) -> None:
    expect(page.locator("#state")).to_have_text("live")
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
    told = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true" + told)
    post(sink.url, example(1))
    post(sink.url, example(2))
    expect(page).to_have_title("(2) hookproof sink")
    page.evaluate(hide % "false" + told)
    expect(page).to_have_title("hookproof sink")


def test_clear_asks_for_confirmation(page: Page, sink: Sink) -> None:
    post(sink.url, example())
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.locator("#rows a").click()
    expect(page.locator("#detail h2")).to_have_text("Delivery 1")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(sink.deliveries()) == 1
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Delete all").click()
    expect(page.locator("#empty")).to_be_visible()
    expect(rows).to_have_count(0)
    expect(page.locator("#side")).to_be_hidden()
    assert sink.deliveries() == ()


def test_shows_the_number_of_removed_deliveries(browser: Browser) -> None:
    command = ["-m", "hookproof", "sink", "--port", "0", "--keep-count", "2"]
    with started(command) as url:
        page = browser.new_page()
        page.goto(f"{url}/_hookproof/")
        for number in range(5):
            post(url, example(number))
        expect(page.locator("#removed")).to_contain_text("removed 3 older deliveries")
        expect(page.locator("#rows .number")).to_have_text(["5", "4"])
        page.close()


def test_an_empty_sink_sends_a_sample_that_conforms(page: Page, sink: Sink) -> None:
    page.get_by_role("button", name="Send a sample delivery").click()
    row = page.locator("#rows tr")
    expect(row).to_contain_text("conforms")
    expect(page.locator("#empty")).to_be_hidden()


def test_the_detail_has_the_verdict_and_findings_before_the_payload(page: Page, sink: Sink) -> None:
    payload = example()
    del payload["data"]["id"]
    payload["data"]["name"] = 1
    post(sink.url, payload)
    page.locator("#rows a.open").first.click()
    detail = page.locator("#detail")
    heads = detail.locator("h2, h3")
    expect(heads.nth(1)).to_have_text("Findings")
    assert heads.all_text_contents()[2:4] == ["Payload", "Headers"]
    places = detail.locator(".findings .place-of")
    assert places.all_text_contents() == ["/data/id", "/data/name"]
    expect(detail.get_by_text("From", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Resend", exact=True).first.click()
    expect(detail.get_by_label("Resend to")).to_be_focused()
