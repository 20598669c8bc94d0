"""Actions on a delivery in the sink's page: copy, resend, re-check with another secret."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.processes import handled
from support.signatures import signature_of

from openapi.loading.loader import load_contract
from webhook_sink.destination import ForwardPolicy
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

CONTRACT = load_contract()
SECRET, OTHER = "a secret of the tests", "another secret of the tests"
BODY = json.dumps(CONTRACT.events[0].examples[0]).encode()
HOSTILE = "<img src=x onerror=window.owned=1>"


class _Receiver(BaseHTTPRequestHandler):
    """Receiver that echoes the request, with markup in every part of its response."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = f"{HOSTILE} {self.path} {body == BODY}".encode()
        self.send_response(201)
        self.send_header("X-Hostile", HOSTILE)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Yield a sink with one delivery that is signed with another secret."""
    with Sink(CONTRACT, SECRET, forward_policy=ForwardPolicy(allow_loopback=True)) as running:
        scheme = CONTRACT.events[0].signature
        assert scheme is not None
        headers = {
            "Content-Type": "application/json",
            scheme.header: signature_of(scheme, BODY, OTHER),
        }
        assert httpx.post(f"{running.url}/a?b", content=BODY, headers=headers).status_code == 200
        yield running


@pytest.fixture
def page(browser: Browser, sink: Sink) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"{sink.url}/_hookproof/#1")
    yield opened
    context.close()


@pytest.fixture
def detail(page: Page) -> Locator:
    expect(page.locator("#detail h2")).to_have_text("Delivery 1")
    return page.locator("#detail")


def test_a_copied_curl_command_sends_the_delivery(page: Page, detail: Locator, sink: Sink) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as curl").click()
    expect(detail.get_by_role("status").first).to_have_text("Command copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    expect(detail.get_by_label("Text to copy")).to_be_hidden()
    subprocess.run(copied, shell=True, check=True, capture_output=True, timeout=30)
    first, again = sink.deliveries()[0], sink.deliveries()[-1]
    assert again.id > first.id
    assert (again.target, again.body) == (first.target, first.body)


def test_a_copied_test_runs(page: Page, detail: Locator, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as a test").click()
    expect(detail.get_by_role("status").first).to_have_text("Test copied.")
    file = tmp_path / "test_copied.py"
    file.write_text(page.evaluate("navigator.clipboard.readText()"), encoding="utf-8")
    call = "import test_copied; test_copied.test_delivery_1_is_accepted()"
    subprocess.run([sys.executable, "-c", call], check=True, timeout=60, cwd=tmp_path)


def test_the_text_is_shown_if_the_clipboard_fails(page: Page, detail: Locator, sink: Sink) -> None:
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name="Copy as curl").click()
    expect(detail.get_by_role("status").first).to_contain_text("select the text below")
    command = httpx.get(f"{sink.url}/_hookproof/api/deliveries/1/copy?format=curl").text
    assert detail.get_by_label("Text to copy").text_content() == command


def test_resends_and_shows_the_response_as_text(page: Page, detail: Locator) -> None:
    with handled(_Receiver) as receiver:
        field = detail.get_by_label("Resend to")
        field.fill(f"{receiver}/taken")
        field.press("Enter")
        answer = detail.locator(".answers details")
        expect(answer.locator("summary")).to_contain_text("201")
        expect(answer.locator("pre")).to_contain_text(HOSTILE)
        expect(answer.locator("pre")).to_contain_text("True")
        expect(answer.locator(".headers")).to_contain_text(HOSTILE)
    # The response is also shown after a reload.
    page.reload()
    expect(detail.get_by_role("heading", name="Forwarded and resent")).to_be_visible()
    detail.locator(".passed summary").first.click()
    expect(detail.locator(".passed pre")).to_contain_text(HOSTILE)
    assert page.evaluate("window.owned") is None


def test_shows_why_a_resend_is_rejected(detail: Locator) -> None:
    detail.get_by_label("Resend to").fill("http://outside.invalid/hooks")
    detail.get_by_role("button", name="Resend", exact=True).click()
    expect(detail).to_contain_text("resending to http://outside.invalid")


def test_rechecks_with_another_secret_without_storing_it(page: Page, detail: Locator) -> None:
    expect(detail.locator(".verdict")).to_have_text("✕1 violation; signature invalid")
    field = detail.get_by_label("Re-check signature with another secret")
    expect(field).to_have_attribute("type", "password")
    field.fill(OTHER)
    field.press("Enter")
    expect(detail.locator(".verdict")).to_have_text("✓conforms; signature valid")
    expect(detail).to_contain_text("Checked with the secret that you entered")
    assert OTHER not in page.content()
    assert (
        page.evaluate("JSON.stringify([localStorage, sessionStorage, location.href])").count(OTHER)
        == 0
    )
    detail.get_by_role("button", name="Show the sink's own verdict").click()
    expect(detail.locator(".verdict")).to_have_text("✕1 violation; signature invalid")
