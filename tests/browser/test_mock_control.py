"""Admin page of the mock in a browser: records, overrides, reset and control token."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.accessibility import complaints
from support.processes import JWT_SECRET, TESTS, WEBHOOK_SECRET, handled, launched, started

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


def test_an_empty_page_sends_the_example_request(page: Page) -> None:
    page.get_by_role("button", name="Send the example request").click()
    detail = page.locator("#detail")
    expect(detail).to_contain_text(f"POST {OPERATION.path}")
    expect(detail.get_by_label("Response body")).to_contain_text("[secret]")
    expect(page.locator("#requests")).to_contain_text("valid")
    expect(page.locator("#empty")).to_be_hidden()


def test_a_composed_request_is_shown_beside_its_response(page: Page) -> None:
    page.get_by_label("Body", exact=True).fill('{"name": ""}')
    page.get_by_label("Headers, one on each line", exact=True).fill(
        "Content-Type: application/json\nAuthorization: Bearer $TOKEN\nX-Mine: here"
    )
    page.get_by_role("button", name="Send", exact=True).click()
    detail = page.locator("#detail")
    expect(detail.get_by_label("Request body")).to_contain_text('"name": ""')
    expect(detail.get_by_label("Response body")).to_contain_text('"code": "INVALID_REQUEST"')
    detail.get_by_text("headers").first.click()
    expect(detail.get_by_role("table", name="Headers of the request")).to_contain_text("here")
    page.get_by_label("Headers, one on each line", exact=True).fill("no header")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#send-said")).to_contain_text('"no header" is no header')


def test_what_is_typed_before_the_examples_arrive_stays(browser: Browser, url: str) -> None:
    httpx.post(f"{url}/_hookproof/api/reset")
    page, held = browser.new_page(), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/_hookproof/api/calls", hold)
    with page.expect_request("**/_hookproof/api/calls"):
        page.goto(f"{url}/_hookproof/")
    body = page.get_by_label("Body", exact=True)
    send = page.get_by_role("button", name="Send", exact=True)
    body.fill('{"name": ""}')
    expect(send).to_be_disabled()
    expect(page.locator("#empty")).to_be_hidden()
    assert complaints(page) == []
    held[0].continue_()
    expect(send).to_be_enabled()
    expect(page.locator("#curl")).to_contain_text("personal-access-tokens")
    expect(page.get_by_role("button", name="Copy the commands")).to_be_visible()
    expect(body).to_have_value('{"name": ""}')
    expect(page.get_by_label("Path and query")).to_have_value("/v3/personal-access-tokens")
    page.close()


@pytest.mark.parametrize("name", ["every_kind", "turnstiles"])
def test_every_operation_can_be_sent_from_the_page(browser: Browser, name: str) -> None:
    contract = TESTS / "data" / f"{name}.yaml"
    with started([*MOCK, "--contract", str(contract)]) as url:
        page = browser.new_page()
        page.goto(f"{url}/_hookproof/")
        operations = page.locator("#send-operation option")
        expect(operations).not_to_have_count(0)
        for label in operations.all_inner_texts():
            page.get_by_label("Operation").select_option(label)
            if label in ("GET /search", "GET /cookie"):
                continue  # they need a cookie, which no page can set
            page.get_by_role("button", name="Send", exact=True).click()
            sent = page.locator("#detail .message .wire")
            expect(sent.first).to_contain_text(label)
            expect(sent.last).to_have_text(re.compile("20[01]"))
        page.close()


def test_a_response_is_injected_into_upcoming_requests(page: Page, url: str) -> None:
    page.get_by_label("Response", exact=True).fill("418")
    page.get_by_label("Response body", exact=True).fill("short and stout")
    page.locator("#answer").get_by_role("button").click()
    expect(page.locator("#overrides")).to_contain_text("response 418, for 1 request")
    answer = create(url, "tea")
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (
        418,
        "short and stout",
        "1",
    )
    expect(page.locator("#overrides li")).to_have_count(0)
    assert create(url, "tea").status_code == 201


def test_the_page_shows_contract_and_settings(page: Page, url: str) -> None:
    expect(page.locator("#contract")).to_have_text("Cryptlex Web API, personal access tokens 3")
    settings = page.locator("#settings")
    expect(settings).to_contain_text("Authenticationjwt")
    expect(settings).to_contain_text("Receivers1: http://127.0.0.1:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_and_details_are_accessible(
    browser: Browser, url: str, scheme: Literal["light", "dark"]
) -> None:
    httpx.post(f"{url}/_hookproof/api/reset")
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/_hookproof/")
    expect(page.locator("#empty")).to_be_visible()
    assert complaints(page) == []
    create(url, "")
    create(url, "delivered")
    for kind in ("requests", "deliveries", "tokens"):
        page.locator(f"#{kind} tbody tr").first.click()
        expect(page.locator("#detail-title")).to_be_focused()
        assert complaints(page) == []
    page.get_by_role("button", name="Reset").click()
    assert complaints(page) == []
    page.close()


def test_a_narrow_page_does_not_scroll_sideways(browser: Browser, url: str) -> None:
    create(url, "n" * 255)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{url}/_hookproof/")
    page.locator("#requests tbody tr").first.click()
    expect(page.locator("#detail-title")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_redelivers_a_delivery(page: Page, url: str) -> None:
    create(url, "delivered")
    page.locator("#deliveries").get_by_role("button").click()
    attempts = page.locator("#detail").get_by_role("table", name="Attempts").locator("tbody tr")
    expect(attempts).to_contain_text(["retry in 60.0 s"])
    page.get_by_role("button", name="Redeliver").click()
    expect(attempts).to_have_count(2)
    expect(attempts.nth(1)).to_contain_text("redelivered")


def test_after_a_kill_the_page_sends_an_undelivered_event(browser: Browser, tmp_path: Path) -> None:
    with handled(_Refusing) as receiver:
        command = [*MOCK, "--state", str(tmp_path / "state.db"), "--webhook-url", receiver]
        with launched(command, **SECRETS) as (url, process):
            assert create(url, "acknowledged").status_code == 201
            process.kill()
            process.wait()
        with started(command, **SECRETS) as url:
            page = browser.new_page()
            page.goto(f"{url}/_hookproof/")
            page.locator("#requests").get_by_role("button").click()
            expect(page.locator("#detail")).to_contain_text("unknown: the mock was killed")
            expect(page.locator("#detail")).to_contain_text("The response is not recorded.")
            expect(page.locator("#deliveries")).to_contain_text("undelivered")
            page.locator("#deliveries").get_by_role("button").click()
            page.get_by_role("button", name="Redeliver").click()
            attempts = page.locator("#detail").get_by_role("table", name="Attempts")
            expect(attempts).to_contain_text("redelivered")
            page.close()


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
