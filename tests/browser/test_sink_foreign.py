"""Foreign pages, in a browser that has the sink's page open, cannot read or change the sink.

A foreign page is from another site, from another port of the same host (the browser sends it the
sink's cookie), or from a host name that resolves to the sink, as in DNS rebinding.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.other_origins import EmptyPage, own_address
from support.processes import handled

from openapi.loading.loader import load_contract
from webhook_sink.api.access import page_link
from webhook_sink.destination import ForwardPolicy, parse_origin
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

MARK = "what-no-stranger-may-read"
API = "/_hookproof/api/deliveries"
READABLE = (
    API,
    f"{API}/1",
    f"{API}/wait",
    f"{API}/stream",
    f"{API}/1/body",
    f"{API}/1/copy?format=curl",
    f"{API}/export?format=jsonl",
    f"{API}/export?format=har",
)
CHANGES = (
    ("DELETE", API),
    ("POST", f"{API}/1/judge"),
    ("POST", f"{API}/1/resend"),
    ("PUT", f"{API}/1"),
)
REFUSALS = (
    "from a page of another origin",
    "this server does not accept this host name",
    "send the token of this sink",
)
READ = """async ([url, mode, mark]) => {
    const ended = new AbortController();
    try {
        const answer = await fetch(url, {mode, credentials: "include", signal: ended.signal});
        let text = "";
        if (answer.body) {
            const pieces = answer.body.getReader();
            const decoder = new TextDecoder();
            for (let some = 0; some < 9 && !text.includes(mark); some += 1) {
                const {value, done} = await pieces.read();
                if (done) break;
                text += decoder.decode(value);
            }
        }
        return [answer.type, answer.status, text];
    } catch (error) {
        return [error.name, 0, ""];
    } finally {
        ended.abort();
    }
}"""
LISTEN = """([url, withCredentials]) => new Promise((resolve) => {
    const source = new EventSource(url, {withCredentials});
    const end = (words) => { source.close(); resolve(words); };
    source.addEventListener("delivery", (event) => end(event.data));
    source.addEventListener("message", (event) => end(event.data));
    source.onerror = () => end("refused");
})"""
CHANGE = """async ([url, method, mode, type, receiver]) => {
    const body = JSON.stringify({url: `${receiver}/fetched`});
    const headers = type ? {"Content-Type": type} : {};
    try {
        const answer = await fetch(url, {method, mode, credentials: "include", headers, body});
        return answer.status;
    } catch (error) {
        return 0;
    }
}"""
ELEMENT = """([name, key, url]) => new Promise((resolve) => {
    const element = document.createElement(name);
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("refused");
    if (name === "link") element.rel = "stylesheet";
    element[key] = url;
    document.documentElement.append(element);
})"""
SUBMIT = """([url, enctype, receiver]) => {
    const form = document.createElement("form");
    Object.assign(form, {action: url, method: "post", enctype, target: "_blank"});
    const field = document.createElement("textarea");
    field.name = `{"url": "${receiver}/submitted?`;
    field.value = '"}';
    form.append(field);
    document.documentElement.append(form);
    form.submit();
}"""
BEACON = """([url, receiver]) =>
    navigator.sendBeacon(url, JSON.stringify({url: `${receiver}/beacon`}))"""
OPEN = "(url) => { window.opened = window.open(url, '_blank'); }"
SEEN = """() => {
    try {
        return String(window.opened.document.documentElement.textContent);
    } catch (error) {
        return error.name;
    }
}"""


@dataclass(frozen=True)
class Scene:
    """Sink with one delivery, its page, and a foreign page in the same browser."""

    sink: Sink
    url: str
    """URL under which the browser reaches the sink."""
    own: Page
    stranger: Page
    target: str
    """URL under which the foreign page reaches the sink."""
    receiver: str
    """URL to which the sink may resend deliveries."""
    came: list[str]
    """Paths of the requests to the receiver."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[str, list[str]]]:
    """Yield the URL of a receiver of resends, and the paths of its requests."""
    came: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with handled(Noting) as url:
        yield url, came


@pytest.fixture(scope="module", params=["on loopback", "where others reach it"])
def sink_page(
    request: Any, browser: Browser, receiver: tuple[str, list[str]]
) -> Iterator[tuple[Sink, str, Page]]:
    """Yield a sink, its URL, and its page, opened by the printed link."""
    everywhere = request.param == "where others reach it"
    host = "0.0.0.0" if everywhere else "127.0.0.1"
    passing = ForwardPolicy(resend_to=(parse_origin(receiver[0]),))
    with Sink(load_contract(), host=host, forward_policy=passing) as sink:
        host = own_address() if everywhere else "127.0.0.1"
        url = f"http://{host}:{sink.port}"
        httpx.post(f"{url}/{MARK}", content=MARK)
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(f"{url}/_hookproof/" if sink.token is None else page_link(url, sink.token))
            expect(page.locator("body")).to_contain_text(MARK)
            yield sink, url, page


@pytest.fixture(scope="module", params=["another site", "another port", "a name that leads here"])
def scene(
    request: Any, sink_page: tuple[Sink, str, Page], receiver: tuple[str, list[str]]
) -> Iterator[Scene]:
    sink, url, own = sink_page
    page = own.context.new_page()
    rebound = f"http://evil.example:{sink.port}"
    with handled(EmptyPage, "0.0.0.0") as elsewhere:
        port = elsewhere.rpartition(":")[2]
        addresses = {
            "another site": f"http://evil.example:{port}/",
            "another port": f"{url.rpartition(':')[0]}:{port}/",
            # Not the path /, which leads a browser to the page and its policy.
            "a name that leads here": f"{rebound}/nothing",
        }
        page.goto(addresses[request.param])
        target = rebound if "leads here" in request.param else url
        yield Scene(sink, url, own, page, target, *receiver)
    page.close()


def test_a_foreign_page_cannot_read(scene: Scene) -> None:
    page = scene.stranger
    for path in (*READABLE, "/_hookproof/", "/_hookproof/main.js"):
        for mode in ("cors", "no-cors", "same-origin"):
            kind, status, text = page.evaluate(READ, [scene.target + path, mode, MARK])
            if kind == "basic":  # same origin for the browser, by DNS rebinding
                assert status in (401, 403), (path, mode)
                assert "evil.example" in scene.target
                assert "<p>Open the link" in text or set(json.loads(text)) == {"message"}
            else:
                assert (kind, text) in (("opaque", ""), ("TypeError", "")), (path, mode)
    for credentials in (True, False):
        stream = [f"{scene.target}{API}/stream", credentials]
        assert page.evaluate(LISTEN, stream) == "refused"
    # Control: the sink's page can read all of it.
    for path in READABLE:
        assert MARK in scene.own.evaluate(READ, [scene.url + path, "cors", MARK])[2], path
    assert MARK in scene.own.evaluate(LISTEN, [f"{scene.url}{API}/stream", True])


def test_a_foreign_page_cannot_embed(scene: Scene) -> None:
    page = scene.stranger
    for path in (*READABLE, "/_hookproof/", "/_hookproof/main.js"):
        for name, key in (("script", "src"), ("link", "href"), ("img", "src")):
            assert page.evaluate(ELEMENT, [name, key, scene.target + path]) == "refused", path
    for path in (API, f"{API}/1", "/_hookproof/"):
        for name, key in (("iframe", "src"), ("object", "data"), ("embed", "src")):
            page.evaluate(ELEMENT, [name, key, scene.target + path])
    inner = [frame for frame in page.frames if frame != page.main_frame]
    assert len(inner) > 3
    for frame in inner:
        frame.wait_for_load_state()
        assert frame.url.startswith("chrome-error:")


def test_a_foreign_page_cannot_read_a_window_that_it_opens(scene: Scene) -> None:
    for path in (API, f"{API}/1", "/_hookproof/"):
        with scene.stranger.expect_popup() as found:
            scene.stranger.evaluate(OPEN, scene.target + path)
        found.value.wait_for_load_state()
        seen = scene.stranger.evaluate(SEEN)
        assert MARK not in seen
        assert "evil.example" in scene.target or seen in ("SecurityError", ""), path
        found.value.close()


def test_a_foreign_page_cannot_change_anything(scene: Scene) -> None:
    page, target, receiver = scene.stranger, scene.target, scene.receiver
    scene.came.clear()
    before = scene.sink.deliveries()
    for method, path in CHANGES:
        for mode in ("cors", "no-cors", "same-origin"):
            for kind in ("application/json", "text/plain", ""):
                changed = page.evaluate(CHANGE, [target + path, method, mode, kind, receiver])
                assert changed in (0, 401, 403), (method, path, mode, kind)
    for path in (f"{API}/1/judge", f"{API}/1/resend"):
        for enctype in ("text/plain", "multipart/form-data"):
            with page.expect_popup() as found:
                page.evaluate(SUBMIT, [target + path, enctype, receiver])
            found.value.wait_for_load_state()
            told = found.value.locator("body").inner_text()
            assert any(sentence in told for sentence in REFUSALS), (path, told)
            found.value.close()
        with page.expect_request(target + path):
            page.evaluate(BEACON, [target + path, receiver])
    # New deliveries are requests for an icon, because every path accepts deliveries.
    assert scene.sink.deliveries()[: len(before)] == before
    assert scene.came == []
    # Control: the sink's page can resend.
    again = [f"{scene.url}{API}/1/resend", "POST", "cors", "application/json", receiver]
    assert scene.own.evaluate(CHANGE, again) == 200
    assert scene.came == ["/fetched"]


def test_the_sinks_page_can_delete(sink_page: tuple[Sink, str, Page]) -> None:
    sink, url, own = sink_page
    assert sink.deliveries()
    assert own.evaluate(CHANGE, [url + API, "DELETE", "cors", "application/json", ""]) == 200
    assert sink.deliveries() == ()
