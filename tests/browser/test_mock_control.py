"""Admin page of the mock in a browser: records, overrides, reset and control token."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.processes import JWT_SECRET, WEBHOOK_SECRET, handled, started

from mock_server.tokens import mint
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

OPERATION = load_contract().operations[0]
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
KEY = "a-control-token-of-the-tests"
SECRETS = {
    "HOOKPROOF_JWT_SECRET": JWT_SECRET,
    "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET,
}
MOCK = ["-m", "hookproof", "mock", "--port", "0"]
TOKEN = mint(JWT_SECRET, OPERATION.permissions, None)


class _Refusing(BaseHTTPRequestHandler):
    """Receiver that sends 503 to every delivery."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503)
        self.send_header("Retry-After", "60")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ExitStack() as stack:
        receiver = stack.enter_context(handled(_Refusing))
        yield stack.enter_context(
            started([*MOCK, "--webhook-url", f"{receiver}/hidden"], **SECRETS)
        )


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    httpx.post(f"{url}/_hookproof/api/reset")
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(f"{url}/_hookproof/")
    yield opened
    hidden = (TOKEN, JWT_SECRET, WEBHOOK_SECRET, "hidden/", "/hidden")
    assert not [secret for secret in hidden if secret in opened.content()]
    opened.close()
    assert asked
    assert all(address.startswith(url) for address in asked)


def create(url: str, name: str, **more: Any) -> httpx.Response:
    body = {"name": name, "scopes": ["license:read"], **more}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.post(url + OPERATION.path, json=body, headers=headers)


def test_an_empty_page_shows_a_working_curl_command(page: Page) -> None:
    commands = page.locator("#curl")
    expect(commands).to_contain_text("curl -i")
    subprocess.run(["sh", "-c", commands.inner_text()], check=True, capture_output=True)
    expect(page.locator("#requests")).to_contain_text("valid")
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.locator("#tokens")).to_contain_text("valid")


def test_a_request_shows_its_violations_and_hostile_text_as_text(page: Page, url: str) -> None:
    title = page.title()
    create(url, "", scopes=[HOSTILE, 1], revoked=TOKEN)
    page.locator("#requests").get_by_role("button").click()
    expect(page.locator("#detail")).to_contain_text("minLength")
    expect(page.locator("#detail")).to_contain_text("/scopes/1")
    expect(page.locator("#detail")).to_contain_text(HOSTILE)
    expect(page.locator("#detail-title")).to_be_focused()
    assert page.title() == title
    assert page.locator("img[src=x]").count() == 0


def test_a_fault_is_injected_into_upcoming_requests(page: Page, url: str) -> None:
    page.get_by_label("Fault", exact=True).fill("ok-for-creatd")
    page.locator("#fault").get_by_role("button").click()
    expect(page.locator("#next-said")).to_contain_text("did you mean ok-for-created")
    page.get_by_label("Fault", exact=True).fill("ok-for-created")
    expect(page.locator("#fault-says")).to_contain_text("returns 200")
    page.locator("#fault-requests").fill("2")
    page.locator("#fault").get_by_role("button").click()
    expect(page.locator("#overrides")).to_contain_text("ok-for-created, for 2 requests")
    assert create(url, "switched").status_code == 200
    expect(page.locator("#overrides")).to_contain_text("for 1 request")
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#overrides li")).to_have_count(0)
    assert create(url, "as ever").status_code == 201


def test_redelivers_a_delivery(page: Page, url: str) -> None:
    create(url, "delivered")
    page.locator("#deliveries").get_by_role("button").click()
    attempts = page.locator("#detail").get_by_role("table", name="Attempts").locator("tbody tr")
    expect(attempts).to_contain_text(["retry in 60.0 s"])
    page.get_by_role("button", name="Redeliver").click()
    expect(attempts).to_have_count(2)
    expect(attempts.nth(1)).to_contain_text("redelivered")


def test_reset_asks_for_confirmation(page: Page, url: str) -> None:
    create(url, "remembered")
    expect(page.locator("#requests tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Cancel").click()
    assert create(url, "remembered").status_code == 409
    expect(page.locator("#requests tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Reset").click()
    page.locator("#reset-yes").click()
    expect(page.locator("#requests tbody tr")).to_have_count(0)
    assert create(url, "remembered").status_code == 201


def test_the_control_token_gives_access(browser: Browser) -> None:
    with started([*MOCK, "--control-token", KEY], **SECRETS) as mock:
        page = browser.new_page()
        page.goto(f"{mock}/_hookproof/")
        for token, then in (("another", "not the token"), (KEY, "")):
            page.get_by_label("Control token").fill(token)
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("#key-said")).to_contain_text(then)
        expect(page.locator("#curl")).to_contain_text("curl -i")
        assert KEY not in page.content()
        page.close()
        page = browser.new_page()
        page.goto(f"{mock}/_hookproof/#token={KEY}")
        expect(page.locator("#curl")).to_contain_text("curl -i")
        assert KEY not in page.url
        page.close()
