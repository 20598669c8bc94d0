"""Page `report.html` in a browser: no script, no request, accessible, hostile text stays text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from support.accessibility import complaints
from support.processes import TESTS, running_mock, tokens, verify

from hookproof.reports.writer import write_reports
from openapi.http.free_port import free_port

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


FAULTS = (
    "conflict-crash",
    "date-without-zone",
    "delivery-wrong-media-type",
    "expiry-ignored",
    "flag-inverted",
    "malformed-crash",
    "max-length-ignored",
    "message-missing",
    "name-truncated",
    "not-found-for-forbidden",
    "owner-mismatch",
    "payload-lacks-data-user-emailPreference-metrics",
    "payload-malformed-data-user-metadata-0-createdAt",
    "payload-null-data-user-metadata-0-key",
    "payload-wrong-type-data-user-tags",
    "response-201-X-Rate-Limit-Limit-invalid",
    "retry-after-missing",
    "secret-in-payload",
    "set-shortened",
    "unique-data-id-constant",
    "unprocessable-for-invalid",
    "webhook-sent-twice",
)
"""Faults of the mock in one run, which make more than 16 findings."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Return the page and the data of a run against a mock with many faults."""
    directory, port = tmp_path_factory.mktemp("run"), free_port()
    options = ["--profile", "quick", "--seed", "1", "--no-saved-cases"]
    with running_mock(port, *(f"--fault={name}" for name in FAULTS)) as url:
        done = verify(url, port, directory, *options, **tokens())
    return directory / "report.html", done.report


@pytest.fixture
def shown(browser: Browser, run: tuple[Path, dict[str, Any]]) -> Iterator[Page]:
    """Yield the page of the run in a window of 1280 pixels, as it is before anything unfolds."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(run[0].as_uri())
    yield page
    page.close()


def test_many_findings_take_at_most_6000_pixels(
    shown: Page, run: tuple[Path, dict[str, Any]]
) -> None:
    assert len(run[1]["findings"]) >= 16
    assert shown.evaluate("document.documentElement.scrollHeight") <= 6000
    assert shown.locator("main").evaluate("one => one.getBoundingClientRect().width") == 1200
    first = shown.locator("main > section").evaluate_all(
        "all => all.slice(0, 2).map(one => one.getAttribute('aria-labelledby'))"
    )
    assert first == ["verdict", "findings"]


def test_each_finding_is_a_line_that_unfolds_below_its_cause(
    shown: Page, run: tuple[Path, dict[str, Any]]
) -> None:
    found = run[1]["findings"]
    for one in found:
        line = shown.locator(".finding", has=shown.locator(f"#finding-{one['id']}"))
        row = line.locator("> .row")
        expect(row.get_by_role("link", name=one["message"], exact=True)).to_be_visible()
        expect(row).to_contain_text(f"{one['count']} of {one['tried']}")
        expect(row).to_contain_text((one["instance"] or "").removeprefix("/"))
        expect(line.locator(".anchor")).to_be_hidden()
    followers = [one for one in found if one["follows_from"]]
    assert followers
    for one in followers:
        cause = shown.locator("li", has=shown.locator(f"> .finding #finding-{one['follows_from']}"))
        expect(cause.locator(f".followers #finding-{one['id']}")).to_have_count(1)
    link = shown.get_by_role("link", name=found[0]["message"], exact=True)
    link.click()
    expect(shown.locator(f"#finding-{found[0]['id']}")).to_be_visible()
    assert shown.url.endswith(f"#finding-{found[0]['id']}")


def test_the_severity_filter_needs_no_script(shown: Page, run: tuple[Path, dict[str, Any]]) -> None:
    severities = [one["severity"] for one in run[1]["findings"]]
    lines = shown.locator(".finding > .row:visible")
    for name, severity in (("Violations", "violation"), ("Warnings", "warning")):
        number = severities.count(severity)
        assert number > 0
        shown.get_by_text(f"{name} {number}", exact=True).click()
        expect(lines).to_have_count(number)
        expect(lines.get_by_text(severity, exact=True)).to_have_count(number)
    shown.get_by_text(f"All {len(severities)}", exact=True).click()
    expect(lines).to_have_count(len(severities))


def test_labels_and_bar_have_one_order_and_one_colour(shown: Page) -> None:
    labels = shown.locator(".verdict .badge").evaluate_all(
        "all => all.map(one => getComputedStyle(one).color)"
    )
    parts = shown.locator(".verdict rect").evaluate_all(
        "all => all.map(one => getComputedStyle(one).fill)"
    )
    assert len(labels) == len(parts) == 4
    assert labels[:3] == parts[:3]


def test_violated_constraints_are_open_and_other_tables_folded(shown: Page) -> None:
    tables = shown.locator("section[aria-labelledby=constraints] .constraints")
    violated = tables.filter(has_text=", violated")
    assert violated.count() > 3
    for table in violated.all():
        expect(table).to_be_visible()
    others = tables.filter(has_not_text=", violated")
    assert others.count() > 3
    for table in others.all():
        expect(table).to_be_hidden()
    expect(shown.get_by_role("heading", name="Deliveries with findings")).to_be_visible()
    expect(shown.locator("caption", has_text="Deliveries with findings")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_real_run_is_accessible_and_fits_the_window(
    shown: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    shown.emulate_media(color_scheme=scheme)
    shown.set_viewport_size({"width": width, "height": 900})
    for unfolded in (False, True):
        if unfolded:
            shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert complaints(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth") == width


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
    expect(page.locator("h4", has_text="<img src=").first).to_be_visible()
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
