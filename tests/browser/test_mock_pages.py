"""Mock in a browser: pages of any origin may call operations, but not the admin paths."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.accessibility import complaints
from support.other_origins import EmptyPage
from support.processes import JWT_SECRET, handled, hookproof, started

from openapi.loading.loader import default_contract_path, load_contract

pytestmark = pytest.mark.integration

PATH = load_contract().operations[0].path
ADMIN_PATH = (
    "/docs",
    "/openapi.yaml",
    "/openapi.json",
    "/_hookproof/api/token",
    "/_hookproof/docs/docs.js",
)
MOCK = ["-m", "hookproof", "mock", "--port", "0"]
SECRET = {"HOOKPROOF_JWT_SECRET": JWT_SECRET}
CALL = """async ([url, token, name, more]) => {
    const answer = await fetch(url, {
        method: "POST",
        headers: {
            "Authorization": `Bearer ${token}`,
            "Content-Type": "application/json",
            ...more,
        },
        body: JSON.stringify({name, scopes: []}),
    });
    const told = ["Retry-After", "Preference-Applied"].map((name) => answer.headers.get(name));
    return [answer.status, await answer.json(), ...told];
}"""
READ = """async ([url, mode, method]) => {
    try {
        const answer = await fetch(url, {mode, method});
        return [answer.type, answer.status, await answer.text()];
    } catch (error) {
        return [error.name, 0, ""];
    }
}"""
CHANGE = """async ([url, mode, type]) => {
    try {
        const body = JSON.stringify({delay: 1, requests: 9});
        const headers = {"Content-Type": type};
        const answer = await fetch(url, {mode, method: "POST", headers, body});
        return answer.status;
    } catch (error) {
        return 0;
    }
}"""
ELEMENT = """([name, key, url]) => new Promise((resolve) => {
    const element = document.createElement(name);
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("refused");
    element[key] = url;
    document.head.append(element);
})"""


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with started(MOCK, **SECRET) as url:
        yield url


@pytest.fixture(scope="module")
def token() -> str:
    return hookproof("token", **SECRET).stdout.strip()


@pytest.fixture(params=["evil.example", "localhost"])
def foreign(request: Any, browser: Browser) -> Iterator[Page]:
    """Yield a page of another origin: a foreign host, or another port of this machine."""
    with handled(EmptyPage) as url:
        page = browser.new_page()
        page.goto(url.replace("127.0.0.1", request.param))
        yield page
        page.close()


def test_a_foreign_page_can_create_a_token_and_request_a_429(
    foreign: Page, mock: str, token: str
) -> None:
    asked = [mock + PATH, token, f"made by {foreign.url}"]
    status, body, *_ = foreign.evaluate(CALL, [*asked, {}])
    assert status == 201
    assert body["accessToken"]
    status, body, *_ = foreign.evaluate(CALL, [*asked, {}])
    assert status == 409
    assert body["message"]
    preferred = {"Prefer": "code=429"}
    status, _, wait, applied = foreign.evaluate(CALL, [*asked, preferred])
    assert (status, applied) == (429, "code=429")
    assert int(wait) >= 1


def test_a_foreign_page_cannot_read_admin_paths(foreign: Page, mock: str) -> None:
    for path in ADMIN_PATH:
        assert foreign.evaluate(READ, [mock + path, "cors", "GET"]) == ["TypeError", 0, ""]
        assert foreign.evaluate(READ, [mock + path, "cors", "PUT"]) == ["TypeError", 0, ""]
        for method in ("GET", "POST"):
            kind, _, text = foreign.evaluate(READ, [mock + path, "no-cors", method])
            assert (kind, text) in (("opaque", ""), ("TypeError", ""))
        assert foreign.evaluate(ELEMENT, ["script", "src", mock + path]) == "refused"


def test_a_foreign_page_cannot_frame_the_pages(foreign: Page, mock: str) -> None:
    with foreign.expect_response(f"{mock}/docs") as answered:
        foreign.evaluate(ELEMENT, ["iframe", "src", f"{mock}/docs"])
    assert answered.value.status == 403


def test_dns_rebinding_cannot_read_admin_paths(browser: Browser, mock: str) -> None:
    page = browser.new_page()
    rebound = mock.replace("127.0.0.1", "evil.example")
    page.goto(f"{rebound}/nothing")
    for path in ADMIN_PATH:
        for method in ("GET", "POST"):
            kind, status, text = page.evaluate(READ, [rebound + path, "cors", method])
            assert (kind, status) == ("basic", 403)
            assert set(json.loads(text)) == {"message"}
    page.close()


@pytest.fixture(params=["another page", "a name that leads here"])
def stranger(request: Any, browser: Browser, mock: str) -> Iterator[tuple[Page, str]]:
    """Yield a foreign page and the URL under which it reaches the mock."""
    rebound = mock.replace("127.0.0.1", "evil.example")
    page = browser.new_page()
    with handled(EmptyPage) as elsewhere:
        url = mock if request.param == "another page" else rebound
        page.goto(elsewhere if url == mock else f"{rebound}/nothing")
        yield page, url
        page.close()


def test_a_foreign_page_cannot_change_anything(
    stranger: tuple[Page, str], mock: str, token: str
) -> None:
    page, url = stranger
    api = f"{mock}/_hookproof/api"
    client = httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {token}"})
    with client:
        body = {"name": f"kept from {page.url}", "scopes": []}
        assert client.post(mock + PATH, json=body).status_code == 201
        for path in ("reset", "switches", "deliveries/1/redeliver"):
            for mode, kind in (("no-cors", "text/plain"), ("cors", "application/json")):
                changed = page.evaluate(CHANGE, [f"{url}/_hookproof/api/{path}", mode, kind])
                assert changed in (0, 403), path
        assert client.post(mock + PATH, json=body).status_code == 409
        assert client.get(f"{api}/switches").json() == {"overrides": []}
        # Control: the same requests succeed without a foreign origin.
        switch = {"delay": 0.1, "requests": 1}
        assert client.post(f"{api}/switches", json=switch).status_code == 201
        assert client.post(f"{api}/reset").status_code == 200
        assert client.post(mock + PATH, json=body).status_code == 201


def opened(browser: Browser, url: str) -> tuple[Page, list[str], list[str], list[str]]:
    """Open `/docs`; return the page, its requests, failed requests and console messages."""
    page = browser.new_page()
    asked: list[str] = []
    refused: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: refused.append(f"{request.failure}: {request.url}"))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{url}/docs")
    return page, asked, refused, said


def test_docs_execute_the_operation_with_the_prefilled_token(browser: Browser, mock: str) -> None:
    page, asked, _, said = opened(browser, mock)
    expect(page.get_by_role("status")).to_contain_text("token of this mock is filled in")
    for event in load_contract().events:
        expect(page.locator("body")).to_contain_text(event.name)
    page.locator(".opblock-summary", has_text=PATH).click()
    with page.expect_response(mock + PATH) as answered:
        page.get_by_role("button", name="Execute").click()
    assert answered.value.status == 201
    live = page.locator(".live-responses-table").first
    expect(live).to_contain_text("accessToken")
    assert said == []
    assert all(url.startswith((mock, "data:")) for url in asked)
    page.close()


def test_docs_block_images_of_other_hosts(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    picture = "description: '![](http://evil.example/x) <img src=http://evil.example/y>'"
    text = default_contract_path().read_text(encoding="utf-8")
    known = "description: Creates a new personal access token."
    assert known in text
    file.write_text(text.replace(known, picture), encoding="utf-8")
    with started([*MOCK, "--contract", str(file)], **SECRET) as url:
        page, asked, refused, _ = opened(browser, url)
        with page.expect_event("requestfailed", lambda _: len(refused) > 1):
            page.locator(".opblock-summary", has_text=PATH).click()
        away = {one for one in asked if not one.startswith((url, "data:"))}
        assert away == {"http://evil.example/x", "http://evil.example/y"}
        assert {one for one in refused if "evil" in one} == {f"csp: {one}" for one in away}
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_docs_are_accessible(browser: Browser, mock: str, scheme: Literal["light", "dark"]) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{mock}/docs")
    expect(page.locator("#state")).to_contain_text("filled in")
    page.locator(".opblock-summary-control").first.click()
    expect(page.locator(".body-param__text")).to_have_attribute("aria-label", "Request body")
    assert complaints(page) == []
    page.close()
