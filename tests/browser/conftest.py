"""Browser fixture of the tests of pages."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Commands of Chromium; the first needs less than half of the processor time of the others."""

DEADLINE_MS = 30_000
"""Milliseconds for which an expectation waits: the 5,000 of Playwright end on a busy machine."""

expect.set_options(timeout=DEADLINE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path is not None, "no Chromium was found; make test leaves this environment out then"
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        # A foreign host name that resolves to this machine, as in DNS rebinding.
        options.append("--host-resolver-rules=MAP evil.example 127.0.0.1")
        running = playwright.chromium.launch(executable_path=path, args=options)
        yield running
        running.close()
