"""Page of a frontend in development: it works with the resources of a mock over CORS."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from support.processes import handled, hookproof, started
from support.shop import ORDERS

pytestmark = pytest.mark.integration

PAGE = """<!doctype html>
<html lang="en"><title>Orders</title>
<form id="new"><label>Reference <input name="reference" required></label><button>Add</button></form>
<label>Status <select id="status"><option value="">all<option>open<option>paid</select></label>
<ul id="orders"></ul>
<button id="more" hidden>More</button>
<p id="problem" role="alert"></p>
<script type="module">
const [base, token] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const list = document.getElementById("orders"), more = document.getElementById("more");
const status = document.getElementById("status"), form = document.getElementById("new");
async function call(method, path, body, type = "application/json") {
  const headers = {Authorization: `Bearer ${token}`, "Content-Type": type};
  const answer = await fetch(base + path, {method, headers, body: body && JSON.stringify(body)});
  if (!answer.ok) document.getElementById("problem").textContent = `${method}: ${answer.status}`;
  return {answer, value: answer.status === 204 ? null : await answer.json()};
}
function button(text, act) {
  const made = document.createElement("button");
  made.textContent = text;
  made.onclick = async () => { await act(); await show(); };
  return made;
}
async function show(cursor = "") {
  const query = new URLSearchParams({limit: 2, ...(status.value && {status: status.value}),
                                     ...(cursor && {cursor})});
  const {value} = await call("GET", `/orders?${query}`);
  if (!cursor) list.replaceChildren();
  for (const order of value.orders) {
    const item = document.createElement("li"), path = `/orders/${order.id}`;
    const read = (await call("GET", path)).value;
    item.append(`${order.reference}: ${order.status}${read.note ? ` (${read.note})` : ""}`,
      button("Pay", () => call("PATCH", path, {status: "paid", note: "paid by card"},
                               "application/merge-patch+json")),
      button("Delete", () => call("DELETE", path)));
    list.append(item);
  }
  more.hidden = value.nextCursor === null;
  more.onclick = () => show(value.nextCursor);
  list.dataset.total = value.total;
}
form.onsubmit = async (event) => {
  event.preventDefault();
  const reference = form.elements.reference.value;
  const {answer} = await call("POST", "/orders", {customer: {name: "Ada"}, reference});
  list.dataset.location = answer.headers.get("Location");
  form.reset();
  await show();
};
status.onchange = () => show();
await show();
</script>
"""


class OrdersPage(BaseHTTPRequestHandler):
    """Server of the page, at another origin than the mock."""

    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with handled(OrdersPage) as url:
        page = browser.new_page(base_url=url)
        yield page
        page.close()


def opened(page: Page, mock: str, token: str) -> None:
    """Open the page for the mock at the URL `mock`."""
    page.goto("about:blank")  # another fragment alone loads nothing
    page.goto(f"/#{quote(json.dumps([f'{mock}/v2', token]))}")


def add(page: Page, reference: str) -> None:
    page.get_by_label("Reference").fill(reference)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem").first).to_contain_text(f"{reference}: ")


def test_a_page_creates_lists_filters_edits_and_deletes(page: Page, tmp_path: Path) -> None:
    token = hookproof("token", "--contract", str(ORDERS)).stdout.strip()
    command = ["-m", "hookproof", "mock", "--port", "0", "--contract", str(ORDERS)]
    command += ["--workers", "2", "--state", str(tmp_path / "state")]
    items, total = page.get_by_role("listitem"), page.locator("#orders")
    more = page.get_by_role("button", name="More")
    with started(command) as mock:
        opened(page, mock, token)
        expect(total).to_have_attribute("data-total", "0")
        for reference in ("north", "south", "west"):
            add(page, reference)
        expect(total).to_have_attribute("data-location", re.compile("^/v2/orders/ord_"))
        expect(items).to_contain_text(["west: open", "south: open"])
        more.click()
        expect(items).to_contain_text(["west: open", "south: open", "north: open"])
        expect(more).to_be_hidden()

        items.nth(1).get_by_role("button", name="Pay").click()
        expect(items.nth(1)).to_contain_text("south: paid (paid by card)")
        page.get_by_label("Status").select_option("paid")
        expect(items).to_contain_text(["south: paid"])
        expect(total).to_have_attribute("data-total", "1")
        page.get_by_label("Status").select_option("")
        expect(items).to_have_count(2)
        items.first.get_by_role("button", name="Delete").click()
        expect(items).to_contain_text(["south: paid", "north: open"])

        page.get_by_label("Reference").fill("south")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_have_text("POST: 409")
        expect(total).to_have_attribute("data-total", "2")
    with started(command) as mock:
        opened(page, mock, token)
        expect(items).to_contain_text(["south: paid (paid by card)", "north: open"])
        expect(total).to_have_attribute("data-total", "2")
