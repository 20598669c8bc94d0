"""Pictures of the pages in the documentation, from real runs in Chromium.

`PYTHONPATH=tests/shared python -m support.screenshots` writes them to `docs/pages/`: each page in
light and dark, 1,280 and 390 px wide.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mock_server.tokens import mint
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from support.processes import JWT_SECRET, MOCK_SECRETS, running_mock, started, tokens, verify

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "pages"
NAMES = ("mock", "sink", "docs", "report")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {1280: 900, 390: 844}
"""Height of the window for each width, in CSS pixels."""
FAULTS = (
    "min-length-ignored",
    "type-ignored",
    "expiry-ignored",
    "error-as-text",
    "payload-lacks-data-id",
    "reserialised",
    "webhook-sent-twice",
)
_COMMAND = ["-m", "hookproof"]


def file_name(name: str, scheme: str, width: int) -> str:
    """Return the name of a picture."""
    return f"{name}-{scheme}-{width}.png"


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
    if chromium is None:
        raise SystemExit("Chromium is missing; on Debian: apt-get install chromium-headless-shell")
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        sink = stack.enter_context(started([*_COMMAND, "sink", "--port", "0"], **MOCK_SECRETS))
        receiver = ["--webhook-url", f"{sink}/webhooks"]
        mock = stack.enter_context(
            started([*_COMMAND, "mock", "--port", "0", "--seed", "1", *receiver], **MOCK_SECRETS)
        )
        _send_requests(mock, sink)
        report = stack.enter_context(_report())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        stack.callback(browser.close)
        opened: dict[str, tuple[str, Callable[[Page], None]]] = {
            "mock": (f"{mock}/_hookproof/", _open_rejection),
            "sink": (f"{sink}/_hookproof/", _open_violation),
            "docs": (f"{mock}/docs", _open_operation),
            "report": (report.as_uri(), _open_finding),
        }
        for name in NAMES:
            for scheme in SCHEMES:
                for width, height in WIDTHS.items():
                    size = {"width": width, "height": height}
                    path = FOLDER / file_name(name, scheme, width)
                    _take(browser, *opened[name], path, color_scheme=scheme, viewport=size)


def _take(
    browser: Browser, url: str, prepare: Callable[[Page], None], path: Path, **options: Any
) -> None:
    page = browser.new_page(**options)
    page.goto(url)
    prepare(page)
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    page.close()


def _send_requests(mock: str, sink: str) -> None:
    """Send valid and invalid requests to the mock, whose webhooks reach the sink."""
    operation = load_contract().operations[0]
    headers = {"Authorization": f"Bearer {mint(JWT_SECRET, operation.permissions, None)}"}
    with httpx.Client(base_url=mock) as client:
        for name, prefer in (
            ("nightly report", ""),
            ("nightly report", ""),
            ("", ""),
            ("deployment", "fault=unsigned"),
            ("audit", "fault=payload-lacks-data-id"),
            ("import", "code=429"),
            ("release", ""),
            ("backup", ""),
        ):
            body = {"name": name, "scopes": ["license:read"]}
            client.post(operation.path, json=body, headers={**headers, "Prefer": prefer})
        client.get("/v3/unknown")
        client.post(operation.path, json={"name": "no token"})
        switch = {"fault": "crash-after-create", "requests": 2}
        client.post("/_hookproof/api/switches", json=switch).raise_for_status()
    url = f"{sink}/_hookproof/api/deliveries/wait?after=4&timeout=20"
    assert httpx.get(url, timeout=30).status_code == 200, "the deliveries did not arrive"


@contextmanager
def _report() -> Iterator[Path]:
    """Yield the report of a run against a mock with faults."""
    faults = [word for fault in FAULTS for word in ("--fault", fault)]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, running_mock(port, *faults) as url:
        verify(url, port, Path(folder), "--seed", "7", "--profile", "quick", **tokens())
        yield Path(folder, "report.html")


def _open_rejection(page: Page) -> None:
    expect(page.locator("#requests tbody tr")).to_have_count(10)
    page.locator("#requests tbody tr", has_text="409").first.click()
    expect(page.locator("#detail")).to_contain_text("CONFLICT")
    page.evaluate("scrollTo(0, 0)")


def _open_violation(page: Page) -> None:
    page.locator("#rows tr", has_text="violation").first.locator("a.open").click()
    expect(page.locator("#detail h2")).to_contain_text("Delivery")


def _open_operation(page: Page) -> None:
    expect(page.locator("#state")).to_contain_text("filled in")
    expect(page.locator(".opblock-summary-control").first).to_be_visible()


def _open_finding(page: Page) -> None:
    page.locator(".finding summary").first.click()


if __name__ == "__main__":
    main()
