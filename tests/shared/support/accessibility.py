"""Accessibility of a page by axe-core."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def complaints(page: Page) -> list[str]:
    """Return the serious violations of the current page, with their elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:5]}"
        for one in found
        if one["impact"] in SERIOUS
    ]
