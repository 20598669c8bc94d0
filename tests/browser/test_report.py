"""Page `report.html` in a browser: no script, no request, accessible, hostile text stays text."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from support.accessibility import complaints
from support.processes import TESTS

from hookproof.reports.writer import write_reports

pytestmark = pytest.mark.integration

HOSTILE = (
    "<img src=http://127.0.0.1:9/x onerror=document.title='owned'>"
    "</script></style></code></pre>\"><svg onload=document.title='owned'>{{ 7 * 7 }}\x00"
    "<script>document.title='owned'</script><style>body{display:none}</style>\u202e"
)


def opened(browser: Browser, directory: Path, hostile: str) -> tuple[Page, list[str], list[str]]:
    """Open a report with `hostile` text; return page, requests and console messages."""
    sample = TESTS / "data" / "report.json"
    data: dict[str, Any] = json.loads(sample.read_text(encoding="utf-8"))
    for finding in data["findings"]:
        finding["message"] += hostile
        finding["request"]["body"] += hostile
    write_reports(data, directory, {}, None)
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto((directory / "report.html").as_uri())
    return page, asked, said


def test_the_page_is_styled_and_sections_unfold(browser: Browser, tmp_path: Path) -> None:
    page, asked, said = opened(browser, tmp_path, "")
    assert page.evaluate("getComputedStyle(document.querySelector('.cards')).display") == "grid"
    folded = page.locator("summary", has=page.get_by_role("heading", name="Webhooks", exact=True))
    pointer = page.get_by_text("/PersonalAccessToken/properties/userId/type").first
    expect(pointer).to_be_hidden()
    folded.click()
    expect(pointer).to_be_visible()
    assert (asked, said) == ([(tmp_path / "report.html").as_uri()], [])
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_is_accessible_and_fits_the_window(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    page, _, _ = opened(browser, tmp_path, "x" * 500)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = page.locator(".finding .pair > div, .finding figure, .finding .wide, .finding pre")
    assert boxes.count() > 20
    assert boxes.evaluate_all(
        "boxes => boxes.every(box => box.getBoundingClientRect().right"
        " < box.closest('.finding').getBoundingClientRect().right)"
    )
    page.close()


def test_hostile_text_has_no_effect(browser: Browser, tmp_path: Path) -> None:
    page, asked, said = opened(browser, tmp_path, HOSTILE)
    expect(page).to_have_title("hookproof: deviates")
    expect(page.locator("h3", has_text="<img src=").first).to_be_visible()
    assert page.locator("img, script").count() == 0
    assert (asked, said) == ([(tmp_path / "report.html").as_uri()], [])
    page.close()


def test_the_policy_blocks_injected_markup(browser: Browser, tmp_path: Path) -> None:
    page, _, _ = opened(browser, tmp_path, "")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    (tmp_path / "report.html").write_text(text.replace("<main>", f"<main>{HOSTILE}"), "utf-8")
    refused: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
    page.reload()
    expect(page).to_have_title("hookproof: deviates")
    expect(page.locator("h1")).to_be_visible()
    assert refused == [("http://127.0.0.1:9/x", "csp")]
    page.close()
