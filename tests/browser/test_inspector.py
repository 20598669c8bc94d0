"""The sink's page in a real browser: deliveries appear as they come, and hostile ones stay text."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from openapi.loading import load
from openapi.signature import sign
from webhook_sink.server import Sink

SECRET = "a secret of the tests"
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink(load(), SECRET) as running:
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


def deliver(sink: Sink, payload: Any, path: str = "/hooks") -> None:
    body = json.dumps(payload).encode()
    scheme = load().events[0].signature
    assert scheme is not None
    headers = {"content-type": "application/json", scheme.header: sign(scheme, body, SECRET)}
    assert httpx.post(sink.url + path, content=body, headers=headers).status_code == 200


def test_an_empty_sink_says_what_to_do(page: Page, sink: Sink) -> None:
    expect(page.locator("body")).to_contain_text("curl")
    expect(page.locator("body")).to_contain_text(sink.url)


def test_a_delivery_appears_without_reload_with_its_verdict(page: Page, sink: Sink) -> None:
    payload = json.loads(json.dumps(load().events[0].examples[0]))
    deliver(sink, payload)
    expect(page.locator("body")).to_contain_text("conforms")
    del payload["data"]["id"]
    deliver(sink, payload)
    expect(page.locator("body")).to_contain_text("1 violation")
    page.locator("#rows tr", has_text="1 violation").get_by_role("link").click()
    expect(page.locator("body")).to_contain_text("'id' is missing")


def test_hostile_deliveries_are_text(page: Page, sink: Sink) -> None:
    title = page.title()
    payload = json.loads(json.dumps(load().events[0].examples[0]))
    payload["event"] = payload["data"]["name"] = HOSTILE
    deliver(sink, payload, "/%3Cscript%3E")
    page.locator("#rows tr").get_by_role("link").click()
    expect(page.locator("body")).to_contain_text(HOSTILE)
    assert page.title() == title
    assert page.locator("img[src=x]").count() == 0
