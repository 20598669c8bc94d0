"""What a delivery carries to harm whoever looks at it is text in the page, and nothing else."""

import base64
import http.client
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from openapi.loading import load
from webhook_sink.server import Sink

FILE = Path(__file__).parent.parent / "vectors" / "hostile.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
LIMIT = 10 * 1024 * 1024
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
HARMED = """() => {
    const made = new Set(("A BUTTON CODE DD DETAILS DIV DL DT FORM H2 H3 INPUT LABEL LI MARK P PRE "
        + "SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TR TIME UL CAPTION").split(" "));
    const harms = [];
    if (window.owned || {}.owned) harms.push("a script ran");
    for (const element of document.querySelectorAll("#detail *")) {
        if (!made.has(element.tagName)) harms.push(element.outerHTML);
        for (const {name, value} of element.attributes) {
            const leads = name === "href" && !/^(#\\d+$|api\\/deliveries\\/\\d+)/.test(value);
            if (leads || name === "src" || name === "style" || name.startsWith("on"))
                harms.push(`${name}=${value}`);
        }
    }
    return harms;
}"""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink(load(), "a secret of the tests", limit=LIMIT) as running:
        yield running


@pytest.fixture(scope="module")
def watched(browser: Browser, sink: Sink) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what happened to it that must not."""
    page = browser.new_page()
    events: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        events.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def note_foreign(request: Request) -> None:
        if not request.url.startswith(f"{sink.url}/_hookproof/"):
            events.append(f"request {request.url}")

    page.on("dialog", dismiss)
    page.on("request", note_foreign)
    page.on("popup", lambda popup: events.append(f"popup {popup.url}"))
    page.on("pageerror", lambda error: events.append(f"error {error}"))
    page.on("console", lambda said: events.append(f"console {said.text}"))
    yield page, events
    page.close()


def shown(page: Page, sink: Sink, body: bytes, query: str = "", **headers: bytes) -> int:
    """Deliver, and open the delivery in a page that is loaded anew."""
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
    connection.request("POST", f"/hooks{query}", body, headers)  # it leaves the target as it is
    assert connection.getresponse().status == 200
    connection.close()
    number = sink.deliveries()[-1].id
    page.goto(f"{sink.url}/_hookproof/?{number}#{number}")
    expect(page.locator("#detail h2")).to_have_text(f"Delivery {number}")
    return number


def compare(page: Page, one: int, other: int) -> None:
    page.evaluate(
        """async ([one, other]) => {
            const { showComparison } = await import("/_hookproof/compare.js");
            const get = async (id) => (await fetch(`/_hookproof/api/deliveries/${id}`)).json();
            showComparison(document.getElementById("detail"), await get(one), await get(other));
        }""",
        [one, other],
    )
    expect(page.locator("#detail h2")).to_have_text(f"Deliveries {one} and {other}")


@pytest.mark.parametrize("vector", VECTORS["texts"], ids=lambda vector: vector["name"])
def test_a_hostile_text_is_text(
    watched: tuple[Page, list[str]], sink: Sink, vector: dict[str, Any]
) -> None:
    page, events = watched
    token = vector.get("token") or json.dumps(vector["text"], ensure_ascii=False)
    text = json.loads(token)
    body = f'{{"event": {token}, "data": {{{token}: {{{token}: [{token}]}}}}}}'.encode()
    value = text.encode() if text.isascii() and text.isprintable() else b"nothing"
    query = "?" + urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe=PRINTABLE)
    number = shown(page, sink, body, query, **{"X-Hostile": value})
    expected = vector.get("shown", token)
    page.locator('[data-pointer="/data"] > details > summary').click()
    assert page.locator('[data-pointer="/event"] .token').text_content() == expected
    assert page.locator('[data-pointer^="/data/"] .token').text_content() == expected
    names = page.locator('[data-pointer^="/data/"] > details > summary .key')
    assert names.all_text_contents() == [expected, expected]
    row = page.locator(".headers tr", has_text="X-Hostile")
    assert row.locator("td").text_content() == value.decode().strip()
    assert query in str(page.locator("dd").first.text_content())
    page.get_by_role("button", name="Text", exact=True).click()
    assert expected in str(page.locator(".view pre").text_content())
    compare(page, number, 1)
    assert page.evaluate(HARMED) == []
    assert events == []


@pytest.mark.parametrize("vector", VECTORS["bodies"], ids=lambda vector: vector["name"])
def test_a_hostile_body_is_text(
    watched: tuple[Page, list[str]], sink: Sink, vector: dict[str, Any]
) -> None:
    page, events = watched
    body = vector.get("body", "").encode() or base64.b64decode(vector.get("base64", ""))
    body = body or "".join(text * times for text, times in vector.get("parts", ())).encode()
    number = shown(page, sink, body)
    views = page.get_by_role("group", name="How the body is shown").get_by_role("button")
    assert views.all_text_contents() == vector["views"]
    expect(page.locator("#detail")).to_contain_text(vector["shown"], use_inner_text=True)
    for view in vector["views"]:
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator(".view")).not_to_be_empty()
    compare(page, number, 1)
    assert page.evaluate(HARMED) == []
    assert events == []
