"""Token of a sink in a browser: the printed link gives access."""

import httpx
import pytest
from playwright.sync_api import Browser, expect
from support.other_origins import EmptyPage, own_address
from support.processes import handled

from openapi.loading.loader import load_contract
from webhook_sink.api.access import page_link
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

TOKEN = "a token of the tests"
MARK = "a-delivery-of-the-tests"


def test_only_the_printed_link_opens_the_live_page(browser: Browser) -> None:
    address = own_address()
    with Sink(load_contract(), host="0.0.0.0") as sink, browser.new_context() as context:
        assert sink.token is not None
        url = f"http://{address}:{sink.port}"
        page = context.new_page()
        for path in ("/_hookproof/", "/_hookproof/?token=another"):
            answer = page.goto(url + path)
            assert answer is not None
            assert answer.status == 401
            expect(page.locator("body")).to_contain_text("Open the link that the sink printed")
        failed: list[str] = []
        page.on("response", lambda told: failed.extend([told.url] * (told.status >= 400)))
        page.goto(page_link(url, sink.token))
        assert page.url == f"{url}/_hookproof/"
        httpx.post(f"{url}/{MARK}", content=b"{}")
        expect(page.locator("body")).to_contain_text(MARK)
        assert failed == []
        assert sink.token not in page.content()
        (cookie,) = context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert page.evaluate("document.cookie") == ""
        another = browser.new_page()
        answer = another.goto(f"{url}/_hookproof/")
        assert answer is not None
        assert answer.status == 401
        another.close()


def test_the_link_on_another_site_opens_the_page(browser: Browser) -> None:
    with (
        Sink(load_contract(), token=TOKEN) as sink,
        browser.new_context() as context,
        handled(EmptyPage, "0.0.0.0") as elsewhere,
    ):
        page = context.new_page()
        page.goto(f"http://evil.example:{elsewhere.rpartition(':')[2]}/")
        page.evaluate("(url) => { location.href = url; }", page_link(sink.url, TOKEN))
        page.wait_for_url(f"{sink.url}/_hookproof/")
        page.get_by_role("link", name="continue").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("hookproof sink")
