"""Admin page of the mock in a browser: what the receiver did with forged deliveries."""

from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.processes import JWT_SECRET, handled, started

from mock_server.tokens import mint
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

OPERATION = load_contract().operations[0]
TOKEN = mint(JWT_SECRET, OPERATION.permissions, None)


class _Careless(BaseHTTPRequestHandler):
    """Receiver that wants a signature and does not verify it."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204 if self.headers["Webhook-Signature"] else 401)
        self.send_header("Retry-After", "60")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ExitStack() as stack:
        receiver = stack.enter_context(handled(_Careless))
        command = ["-m", "hookproof", "mock", "--port", "0", "--webhook-url", receiver]
        yield stack.enter_context(started(command, HOOKPROOF_JWT_SECRET=JWT_SECRET))


def create(url: str, name: str, fault: str) -> None:
    """Create a token; its event has a fault if `fault` is not empty."""
    prefer = {"Prefer": f"fault={fault}"} if fault else {}
    headers = {"Authorization": f"Bearer {TOKEN}", **prefer}
    body = {"name": name, "scopes": ["license:read"]}
    httpx.post(url + OPERATION.path, json=body, headers=headers).raise_for_status()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    httpx.post(f"{url}/_hookproof/api/reset").raise_for_status()
    opened = browser.new_page()
    opened.goto(f"{url}/_hookproof/")
    yield opened
    opened.close()


def test_a_forged_delivery_that_was_accepted_is_marked(page: Page, url: str) -> None:
    row = page.locator("#deliveries tbody tr").first
    create(url, "right", "")
    expect(row.locator(".badge")).to_have_text(["\u2713delivered"])
    create(url, "forged", "signature-other-secret")
    expect(row.locator(".badge.good")).to_have_text(["\u2713delivered"])
    expect(row.locator(".badge.bad")).to_have_text(["\u2715accepted although forged"])
    row.get_by_role("button").click()
    detail = page.locator("#detail")
    expect(detail.locator(".badge.bad")).to_have_text(["\u2715accepted although forged"])
    expect(detail.locator("dl")).to_contain_text("signature-other-secret")
    expect(detail.locator("dl")).to_contain_text("Expected response4xx")


def test_a_forged_delivery_that_was_refused_is_marked_as_good(page: Page, url: str) -> None:
    row = page.locator("#deliveries tbody tr").first
    create(url, "unsigned", "unsigned")
    expect(row.locator(".badge.good")).to_have_text(["\u2713forged, and refused"])
    expect(row.locator(".badge.bad")).to_have_count(0)


def test_a_fault_says_what_a_receiver_should_respond(page: Page) -> None:
    said = page.locator("#fault-says")
    expect(page.locator("#faults option[value=unsigned]")).to_have_count(1)
    page.get_by_label("Fault", exact=True).fill("unsigned")
    expect(said).to_have_text("Deliveries carry no signature. A receiver should respond 4xx.")
    page.get_by_label("Fault", exact=True).fill("ok-for-created")
    expect(said).to_have_text("The service returns 200 for a creation: the framework's default.")
