"""Detail of a delivery in the sink's page: violations at their place, views, attempts."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.signatures import signature_of

from openapi.contract import Contract
from openapi.json_pointer import get_at
from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

SECRET = "a secret of the tests"
CONTRACT = load_contract()


def required(contract: Contract) -> tuple[str, str]:
    """Return the pointer of an object in the payload, and a required member of it."""
    payload = contract.events[0].examples[0]
    assert isinstance(payload, dict)
    part = next(name for name, value in payload.items() if isinstance(value, dict))
    return f"/{part}", next(iter(payload[part]))


PART, MISSING = required(CONTRACT)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink(CONTRACT, SECRET) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def example() -> Any:
    return copy.deepcopy(CONTRACT.events[0].examples[0])


def opened(page: Page, sink: Sink, body: bytes, *headers: tuple[str, str]) -> Locator:
    """Deliver with a valid signature; return the detail section of the delivery."""
    scheme = CONTRACT.events[0].signature
    assert scheme is not None
    plain = [
        ("Content-Type", "application/json"),
        (scheme.header, signature_of(scheme, body, SECRET)),
    ]
    sent = httpx.post(f"{sink.url}/hooks", content=body, headers=[*plain, *headers])
    assert sent.status_code == 200
    number = sink.deliveries()[-1].id
    page.goto(f"{sink.url}/_hookproof/?{number}#{number}")
    detail = page.locator("#detail")
    expect(detail.get_by_role("heading", level=2)).to_have_text(f"Delivery {number}")
    return detail


def row(detail: Locator, pointer: str) -> Locator:
    return detail.locator(f"[data-pointer={json.dumps(pointer)}]")


def test_each_violation_is_shown_at_its_place(page: Page, sink: Sink) -> None:
    payload = example()
    part = get_at(payload, PART)
    assert isinstance(part, dict)
    del part[MISSING]
    wrong = next(name for name, value in part.items() if isinstance(value, str))
    part[wrong] = 42
    detail = opened(page, sink, json.dumps(payload).replace("42", "42.0e0").encode())
    there = row(detail, f"{PART}/{wrong}")
    expect(there.locator(".token")).to_have_text("42.0e0")
    expect(there.locator(".note")).to_contain_text("violation")
    expect(there.locator(".note")).to_contain_text("not string")
    absent = row(detail, f"{PART}/{MISSING}")
    expect(absent).to_contain_text("is missing")
    expect(absent.locator(".note")).to_contain_text(f"'{MISSING}' is missing")
    parent = absent.locator("xpath=ancestor::li[1]")
    expect(parent).to_have_attribute("data-pointer", PART)
    expect(detail.locator(".note")).to_have_count(2)


def test_a_finding_links_to_its_place_by_keyboard(page: Page, sink: Sink) -> None:
    payload = example()
    payload["data"]["user"]["metadata"][0]["key"] = None
    place = "/data/user/metadata/0/key"
    detail = opened(page, sink, json.dumps(payload).encode())
    detail.get_by_role("button", name="Hex", exact=True).click()
    expect(row(detail, place)).to_have_count(0)
    link = detail.locator(".findings").get_by_role("button", name=place)
    link.focus()
    link.press("Enter")
    expect(row(detail, place)).to_be_focused()
    expect(row(detail, place)).to_be_in_viewport()
    # A closed parent is opened again.
    row(detail, "/data").locator("summary").first.click()
    expect(row(detail, place)).to_be_hidden()
    link.press("Enter")
    expect(row(detail, place)).to_be_focused()


def test_a_long_list_shows_places_with_findings_and_the_rest_on_demand(
    page: Page, sink: Sink
) -> None:
    payload = example()
    payload["data"]["scopes"] = ["license:read"] * 5000
    payload["data"]["scopes"][4321] = 7
    detail = opened(page, sink, json.dumps(payload).encode())
    scopes = row(detail, "/data/scopes")
    expect(row(detail, "/data/scopes/4321").locator(".note")).to_contain_text("not string")
    expect(scopes.locator("ul > li")).to_have_count(100 + 1 + 1 + 1)
    scopes.get_by_role("button", name="show 500 of 4,221 more").click()
    expect(row(detail, "/data/scopes/100")).to_be_focused()
    expect(row(detail, "/data/scopes/599")).to_be_visible()
    scopes.get_by_role("button", name="show 500 of 3,721 more").click()
    expect(row(detail, "/data/scopes/1099")).to_be_visible()
    scopes.get_by_role("button", name="show 500 of 678 more").click()
    expect(row(detail, "/data/scopes/4821")).to_be_visible()


def test_the_last_of_two_duplicate_keys_has_the_finding(page: Page, sink: Sink) -> None:
    body = json.dumps(example()).replace('"data": {', '"data": {"name": 1, ', 1)
    body = body.replace('"name": "nightly report"', '"n\\u0061me": 2')
    detail = opened(page, sink, body.encode())
    both = row(detail, "/data/name")
    expect(both).to_have_count(2)
    expect(both.nth(0)).to_contain_text("is repeated below")
    expect(both.nth(0).locator(".note")).to_have_count(0)
    expect(both.nth(1).locator(".key")).to_have_text('"n\\u0061me"')
    expect(both.nth(1).locator(".note")).to_contain_text("not string")


def test_deeply_nested_parts_are_shown_separately(page: Page, sink: Sink) -> None:
    detail = opened(page, sink, b"[" * 10_000 + b"]" * 10_000)
    detail.get_by_role("button", name="show separately").click()
    expect(detail.locator(".tree > p code")).to_have_text("/0" * 40)
    detail.get_by_role("button", name="show separately").click()
    expect(detail.locator(".tree > p code")).to_have_text("/0" * 80)
    detail.get_by_role("button", name="Show the whole payload").click()
    expect(detail.locator(".tree > p")).to_have_count(0)


def test_headers_keep_their_order_and_case(page: Page, sink: Sink) -> None:
    detail = opened(page, sink, b"{}", ("X-Twice", "b"), ("x-other", "1"), ("x-Twice", "a"))
    names = detail.locator(".headers tbody th").all_text_contents()
    assert [name for name in names if name.startswith(("X-", "x-"))] == (
        ["X-Twice", "x-other", "x-Twice"]
    )
    values = detail.locator(".headers tbody tr", has_text="-Twice").locator("td")
    assert values.all_text_contents() == ["b", "a"]


def test_text_and_hex_views_show_the_received_bytes(page: Page, sink: Sink) -> None:
    body = '{"a": "\u202ex",\r\n"b":1}'.encode()
    detail = opened(page, sink, body)
    detail.get_by_role("button", name="Text", exact=True).click()
    shown = detail.get_by_label("Text of the body")
    expect(shown).to_have_text('{"a": "⟨U+202E⟩x",⟨U+000D⟩ "b":1}')
    detail.get_by_role("button", name="Hex", exact=True).click()
    expect(detail.get_by_role("button", name="Hex", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    shown = detail.get_by_label("Bytes of the body")
    expect(shown).to_contain_text("7b 22 61 22 3a 20 22 e2 80 ae 78 22 2c 0d 0a 22")


def test_the_attempts_of_one_event_are_listed(page: Page) -> None:
    with Sink(CONTRACT, SECRET, replies=(500, 503, 200)) as sink:
        body = json.dumps(example()).encode()
        for _ in range(2):
            assert httpx.post(f"{sink.url}/hooks", content=body).status_code in (500, 503)
        httpx.get(f"{sink.url}/_hookproof/api/deliveries")  # starts judging the stored deliveries
        detail = opened(page, sink, body + b"\n")
        table = detail.get_by_role("table", name="Attempts of this event")
        expect(table.locator("td:nth-child(4)")).to_have_text(["500", "503", "200"])
        expect(detail).to_contain_text("Body differs from the first attempt.")
        expect(table.locator("tr[aria-current]")).to_contain_text("#3, this one")
        table.get_by_role("link", name="2").click()
        expect(detail.get_by_role("heading", level=2)).to_have_text("Delivery 2")
        expect(detail).to_contain_text("Body identical to the first attempt.")
