"""Hostile deliveries (tests/vectors/hostile.yaml) stay text in the sink's page."""

import base64
import http.client
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Dialog, Page, Request, expect
from support.processes import TESTS

from openapi.json_pointer import join_pointer
from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

FILE = TESTS / "vectors" / "hostile.yaml"
VECTORS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
LIMIT = 10 * 1024 * 1024
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
HARMED = """() => {
    const made = new Set(("A BUTTON CAPTION CODE DD DETAILS DIV DL DT FORM H2 H3 INPUT LABEL LI "
        + "MARK P PRE SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TIME TR UL").split(" "));
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


@dataclass(frozen=True)
class Text:
    """Vector of `texts`: the JSON token, the shown token, and the decoded text."""

    name: str
    token: str
    shown: str
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", json.loads(self.token))

    @property
    def header(self) -> str | None:
        """Text, if it is a valid header value; otherwise None."""
        return self.text if self.text.isascii() and self.text.isprintable() else None

    @property
    def target(self) -> str:
        """Text for a request line; only invalid characters are percent-encoded."""
        return urllib.parse.quote(self.text.encode("utf-8", "surrogatepass"), safe=PRINTABLE)


def text_of(vector: dict[str, Any]) -> Text:
    token = vector.get("token") or json.dumps(vector["text"], ensure_ascii=False)
    return Text(vector["name"], token, vector.get("shown", token))


TEXTS = [text_of(vector) for vector in VECTORS["texts"]]


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink(load_contract(), "a secret of the tests", max_body_bytes=LIMIT) as running:
        yield running


@pytest.fixture(scope="module")
def watched(browser: Browser, sink: Sink) -> Iterator[tuple[Page, list[str]]]:
    """Yield a page and a list of its forbidden events."""
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


@pytest.fixture(scope="module")
def hostile(sink: Sink) -> int:
    """Return the id of a delivery that has every text at every possible place."""
    members = ", ".join(f"{text.token}: {text.token}" for text in TEXTS)
    body = f'{{"event": {TEXTS[0].token}, "data": {{{members}}}}}'.encode()
    headers = {f"X-{at}": text.header for at, text in enumerate(TEXTS) if text.header is not None}
    query = "&".join(text.target for text in TEXTS if "#" not in text.text)
    return deliver(sink, body, f"/<b>hooks?{query}", headers)


@pytest.fixture(scope="module")
def opened(watched: tuple[Page, list[str]], sink: Sink, hostile: int) -> Page:
    """Return the page with the hostile delivery."""
    page = show(watched[0], sink, hostile)
    page.locator('[data-pointer="/data"] > details > summary').click()
    return page


def deliver(sink: Sink, body: bytes, target: str = "/hooks", headers: Any = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=30)
    connection.request(
        "POST", target, body, headers or {}
    )  # http.client sends the target unchanged
    assert connection.getresponse().status == 200
    connection.close()
    return sink.deliveries()[-1].id


def show(page: Page, sink: Sink, number: int) -> Page:
    """Reload the page with a delivery."""
    page.goto(f"{sink.url}/_hookproof/?{number}#{number}")
    expect(page.locator("#detail h2")).to_have_text(f"Delivery {number}")
    return page


def compare(page: Page, sink: Sink, one: int, other: int) -> None:
    page.goto(f"{sink.url}/_hookproof/?{one}#{one},{other}")
    expect(page.locator("#detail h2")).to_have_text(f"Deliveries {one} and {other}")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_hostile_value_is_shown_as_text(opened: Page, text: Text) -> None:
    pointer = json.dumps(join_pointer("/data", text.text), ensure_ascii=False)
    row = opened.locator(f"[data-pointer={pointer}]")
    if not text.text.isprintable():  # a selector cannot express the text, so use the shown text
        row = opened.locator("[data-pointer^='/data/']").filter(has_text=text.shown)
    assert row.locator(".key").text_content() == text.shown
    assert row.locator(".token").text_content() == text.shown
    if text.header is not None:
        name = opened.locator(".headers th", has_text=f"X-{TEXTS.index(text)}").first
        value = name.locator("xpath=following-sibling::td").text_content()
        assert value == text.text.strip()


def test_a_hostile_target_is_shown_as_text(opened: Page, sink: Sink, hostile: int) -> None:
    request = opened.locator("#detail .request-line .wire")
    request.get_by_role("button", name="show more").click()
    delivery = next(one for one in sink.deliveries() if one.id == hostile)
    assert request.text_content() == f"POST {delivery.target} HTTP/1.1"


def test_hostile_texts_stay_text_in_every_view(
    opened: Page, watched: tuple[Page, list[str]], sink: Sink, hostile: int
) -> None:
    assert opened.evaluate(HARMED) == []
    opened.get_by_role("button", name="Text", exact=True).click()
    whole = str(opened.locator(".view pre").text_content())
    assert [text.name for text in TEXTS if f"{text.shown}: {text.shown}" not in whole] == []
    assert opened.evaluate(HARMED) == []
    compare(opened, sink, deliver(sink, b'{"data": {}}'), hostile)
    cells = opened.locator(".places td").all_text_contents()
    assert [text.name for text in TEXTS if text.shown not in cells] == []
    assert opened.evaluate(HARMED) == []
    assert watched[1] == []


@pytest.mark.parametrize("vector", VECTORS["bodies"], ids=lambda vector: vector["name"])
def test_a_hostile_body_is_shown_as_text(
    watched: tuple[Page, list[str]], sink: Sink, vector: dict[str, Any]
) -> None:
    page, events = watched
    body = vector.get("body", "").encode() or base64.b64decode(vector.get("base64", ""))
    body = body or "".join(text * times for text, times in vector.get("parts", ())).encode()
    number = deliver(sink, body)
    show(page, sink, number)
    views = page.get_by_role("group", name="Body view").get_by_role("button")
    assert views.all_text_contents() == vector["views"]
    expect(page.locator("#detail")).to_contain_text(vector["shown"], use_inner_text=True)
    for view in vector["views"]:
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator(".view")).not_to_be_empty()
    if number % 2 == 0:  # so each body is in one comparison
        compare(page, sink, number, number - 1)
    assert page.evaluate(HARMED) == []
    assert events == []
