"""Accessibility of the sink's page by axe-core, in light and dark mode."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.accessibility import complaints

from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

CONTRACT = load_contract()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Yield a sink with a repeated event, an event with violations and a body that is no JSON."""
    with Sink(CONTRACT, "a secret of the tests", replies=(500, 200)) as running:
        payload: Any = copy.deepcopy(CONTRACT.events[0].examples[0])
        good = json.dumps(payload).encode()
        del payload["data"]["id"]
        payload["data"]["name"] = 1
        payload["data"]["scopes"] = ["license:read"] * 120
        payload["data"]["user"]["email"] = "x" * 5000
        for body in (good, good, json.dumps(payload).encode(), b"<p>\xff"):
            httpx.post(f"{running.url}/hooks", content=body)
        yield running


@pytest.fixture(params=["light", "dark"])
def page(request: Any, browser: Browser, sink: Sink) -> Iterator[Page]:
    scheme: Literal["light", "dark"] = request.param
    opened = browser.new_page(color_scheme=scheme, viewport={"width": 1400, "height": 900})
    yield opened
    opened.close()


def test_the_checker_finds_a_missing_label(browser: Browser, sink: Sink) -> None:
    page = browser.new_page()
    page.goto(f"{sink.url}/_hookproof/#1")
    expect(page.locator("#detail h2")).to_have_text("Delivery 1")
    page.evaluate("document.querySelector('input[type=password]').labels[0].firstChild.remove()")
    (complaint,) = complaints(page)
    assert "critical label" in complaint
    page.close()


@pytest.mark.parametrize("number", [2, 3, 4])
def test_list_and_delivery_are_accessible(page: Page, sink: Sink, number: int) -> None:
    page.goto(f"{sink.url}/_hookproof/#{number}")
    expect(page.locator("#detail h2")).to_have_text(f"Delivery {number}")
    assert complaints(page) == []


def test_a_comparison_is_accessible(page: Page, sink: Sink) -> None:
    page.goto(f"{sink.url}/_hookproof/#1,3")
    expect(page.locator("#detail h2")).to_have_text("Deliveries 1 and 3")
    page.get_by_role("button", name="Everything").click()
    assert complaints(page) == []


def test_dialogs_are_accessible(page: Page, sink: Sink) -> None:
    page.goto(f"{sink.url}/_hookproof/")
    for name in ("Keys", "Export", "Clear"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert complaints(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
