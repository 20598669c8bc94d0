"""Page and JSON API of the sink: content, access by origin, and hostile content as data."""

import base64
import json
import socket
import threading

import pytest
from support.sink import StartedSink, StartSink

from openapi.contract import Contract
from openapi.http.origin_guard import CROSS_ORIGIN_MESSAGE
from openapi.loading.loader import empty_contract
from webhook_sink.destination import Destination, ForwardPolicy
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

SECRET = "a secret that nobody may see"
HOSTILE = [
    b"</script><script>alert(1)</script>",
    b"<img src=x onerror=alert(1)>",
    b"{{7*7}} ${7*7} javascript:alert(1)",
    "\u202e\u2066 \u2028\u2029 \ufeff".encode(),
    b"\x00\x1b[31m\x07",
    b"\xff\xfe\x80",
    b"[" * 100_000,
    b'{"event": "\\ud800"}',
    b"x" * 1_000_000,
]


def test_lists_and_shows_deliveries(start: StartSink) -> None:
    with start(secret=SECRET) as client:
        for number in range(3):
            client.post(b'{"event": "personalAccessToken.created"}', path=f"/{number}?q")
        listed = client.api("api/deliveries?after=1&limit=1").json()
        newest = client.api("api/deliveries?newest=1&limit=2").json()
        one = client.api("api/deliveries/2").json()
    assert listed["events"] == ["personalAccessToken.created"]
    (summary,) = listed["deliveries"]
    assert (summary["id"], summary["method"], summary["target"]) == (2, "POST", "/1?q")
    assert (summary["event"], summary["signature"]) == ("personalAccessToken.created", "missing")
    assert summary["verdict"] == "4 violations; signature missing"
    assert [delivery["id"] for delivery in newest["deliveries"]] == [3, 2]
    assert summary.items() <= one.items()
    assert ["accept", "*/*"] in [[name.lower(), value] for name, value in one["headers"]]
    assert one["body"]["text"] == '{"event": "personalAccessToken.created"}'
    assert {found["check"] for found in one["findings"]} == {
        "webhook-signature", "webhook-media-type", "webhook-schema",
    }  # fmt: skip
    assert SECRET not in json.dumps([listed, one])


def test_the_page_without_its_slash_redirects(start: StartSink) -> None:
    with start() as client:
        answer = client.http.get(f"{client.sink.url}/_hookproof")
        assert (answer.status_code, answer.headers["location"]) == (307, "/_hookproof/")
        assert client.api("api/deliveries").json()["total"] == 0


def test_hostile_bodies_are_returned_as_data(start: StartSink) -> None:
    with start() as client:
        for number, body in enumerate(HOSTILE, 1):
            client.post(body, path="/<script>alert(1)</script>")
            answer = client.api(f"api/deliveries/{number}")
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.content.isascii()
            assert base64.b64decode(answer.json()["body"]["base64"]) == body
            for found in answer.json()["findings"]:
                assert found["message"].isprintable()
        assert len(client.api("api/deliveries").json()["deliveries"]) == len(HOSTILE)


def test_the_number_of_shown_findings_is_limited(start: StartSink) -> None:
    body = {"event": "personalAccessToken.created", "data": {"scopes": [1] * 5000}}
    with start() as client:
        client.post(json.dumps(body).encode())
        answer = client.api("api/deliveries/1").json()
    assert len(answer["findings"]) == 500 < answer["findings_total"]


def test_wait(start: StartSink) -> None:
    with start() as client:
        assert client.api("api/deliveries/wait?timeout=0").status_code == 204
        client.post(b"{}")
        assert client.api("api/deliveries/wait?timeout=0").json()["id"] == 1
        later = threading.Thread(target=lambda: (client.post(b"2"), client.post(EVENT)))
        later.start()
        query = "after=1&timeout=20&event=personalAccessToken.created"
        assert client.api(f"api/deliveries/wait?{query}").json()["id"] == 3
        later.join()
        assert client.api("api/deliveries/wait?after=3&timeout=0.01").status_code == 204


EVENT = b'{"event": "personalAccessToken.created"}'


def test_a_stopping_sink_answers_a_waiting_request(start: StartSink) -> None:
    delivery = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wait = b"GET /_hookproof/api/deliveries/wait?after=1&timeout=300 HTTP/1.1\r\n"
    with start() as client:
        waiting = socket.create_connection(("127.0.0.1", client.sink.port), timeout=20)
        # Sent together, so the sink has read the second request when it answers the first.
        waiting.sendall(delivery + wait + b"Host: localhost\r\n\r\n")
        assert b" 200 OK" in waiting.recv(4096)
    with waiting:
        assert waiting.recv(4096).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=-1", "after=9223372036854775808", "limit=0", "limit=1001", "newest=2"]
    + ["after=\u0661", "after="],
)
def test_rejects_invalid_parameters(start: StartSink, query: str) -> None:
    with start() as client:
        answer = client.api(f"api/deliveries?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()["message"]
        for wrong in ("timeout=nan", "timeout=-1", "timeout=301", "timeout=x", "event=license"):
            assert client.api(f"api/deliveries/wait?{wrong}").status_code == 400


def test_paths_under_the_prefix_are_json_and_no_deliveries(start: StartSink) -> None:
    with start() as client:
        for path, status in (("x", 404), ("api/", 404), ("api/deliveries/1", 404)):
            answer = client.api(path)
            assert (answer.status_code, set(answer.json())) == (status, {"message"})
        refused = client.http.post(f"{client.sink.url}/_hookproof/api/deliveries", content=b"x")
        assert (refused.status_code, set(refused.json())) == (405, {"message"})
        assert client.api("api/deliveries/99999999999999999999999").status_code == 404
        assert client.api("healthz").json() == {"status": "ok"}
        assert client.sink.deliveries() == ()


@pytest.mark.parametrize(
    "path", ["", "main.js", "inspector.css", "base.css", "text.js", "icon.svg"]
)
def test_the_page_loads_no_foreign_code(start: StartSink, path: str) -> None:
    with start() as client:
        answer = client.api(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for risky in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "style="):
        assert risky not in answer.text
    assert "//" not in answer.text.replace("http://www.w3.org/2000/svg", "").replace("// ", "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "127.8.8.8", "[::1]:80", "LOCALHOST"])
def test_allows_loopback_hosts(start: StartSink, host: str) -> None:
    with start() as client:
        assert client.api("api/deliveries", Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example", "", "[::1"]
    + ["localhost@evil.example:80@x", "evil.example/localhost"],
)
def test_rejects_foreign_hosts(start: StartSink, host: str) -> None:
    with start() as client:
        client.post(b"private")
        for path in ("", "main.js", "api/deliveries", "healthz"):
            request = (
                f"GET /_hookproof/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )
            answer = client.raw(request.encode())
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert b"private" not in answer


def test_rejects_two_host_headers_or_none(start: StartSink) -> None:
    with start() as client:
        for head in (b"Host: localhost\r\nHost: evil.example\r\n", b""):
            end = b"Connection: close\r\n\r\n"
            answer = client.raw(b"GET /_hookproof/api/deliveries HTTP/1.1\r\n" + head + end)
            assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_rejects_requests_of_other_origins(start: StartSink, headers: dict[str, str]) -> None:
    with start() as client:
        client.post(b"private")
        for path in ("", "main.js", "api/deliveries", "healthz"):
            answer = client.api(path, **headers)
            assert answer.status_code == 403
            assert "private" not in answer.text
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_allows_links_and_requests_of_the_same_origin(start: StartSink) -> None:
    with start() as client:
        link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert client.api("", **link, **{"Sec-Fetch-Site": "cross-site"}).status_code == 200
        own = {"Origin": client.sink.url, "Sec-Fetch-Site": "same-origin"}
        assert client.api("api/deliveries", **own).status_code == 200


@pytest.mark.parametrize("token", [None, "a token of the tests"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_page_changes_nothing_without_an_origin(
    start: StartSink, token: str | None, site: str
) -> None:
    with start(token=token) as client:
        client.post(b"kept")
        proof = {"Authorization": f"Bearer {token}"} if token else {}
        form = {
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Site": site,
            "Sec-Fetch-User": "?1",
            **proof,
        }
        url = f"{client.sink.url}/_hookproof/api/deliveries"
        for method, path in (
            ("DELETE", ""),
            ("POST", "/1/judge"),
            ("POST", "/1/resend"),
            ("PUT", ""),
            ("PATCH", ""),
        ):
            answer = client.http.request(method, url + path, headers=form)
            assert answer.status_code == 403, method
            assert answer.json()["message"] == CROSS_ORIGIN_MESSAGE
        assert client.http.get(url, headers=form).status_code == 200
        assert [delivery.body for delivery in client.sink.deliveries()] == [b"kept"]
        # A script sends none of these headers.
        assert client.http.delete(url, headers=proof).status_code == 200


def test_shows_the_settings_without_secrets(start: StartSink, contract: Contract) -> None:
    policy = ForwardPolicy(Destination("http", "127.0.0.1", 3000, "/hidden", "key=hidden"))
    with start(secret=SECRET, forward_policy=policy) as client:
        shown = client.api("api/settings").json()
    info = contract.document["info"]
    assert shown == {
        "contract": {"title": info["title"], "version": info["version"]},
        "events": ["personalAccessToken.created"],
        "checks_signatures": True,
        "forward_to": "http://127.0.0.1:3000",
    }


def test_a_sink_without_a_contract_says_so() -> None:
    with StartedSink(Sink(empty_contract())) as client:
        shown = client.api("api/settings").json()
    assert (shown["contract"], shown["events"]) == (None, [])


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PATHS = (
    *("", "main.js", "index.html", "healthz", "nothing", "nothing/below"),
    *("api/deliveries", "api/deliveries/sample", "api/deliveries/export", "api/deliveries/1"),
    *("api/deliveries/1/judge", "api/deliveries/1/resend", "api/deliveries/1/body"),
    *("api/deliveries/1/copy", "api/deliveries/wait", "api/deliveries/x", "api"),
)


@pytest.mark.parametrize("path", PATHS)
def test_allow_names_the_methods_that_work(start: StartSink, path: str) -> None:
    with start() as client:
        url = f"{client.sink.url}/_hookproof/{path}"
        answers = {}
        for method in METHODS:
            client.post(b"{}")
            query = {"after": "100", "timeout": "0"} if path.endswith("wait") else None
            answers[method] = client.http.request(method, url, params=query)
        refused = [one for one in answers.values() if one.status_code == 405]
        working = {m for m, one in answers.items() if one.status_code not in (404, 405)}
        if "nothing" in path or path.endswith(("/x", "api")):
            assert {one.status_code for one in answers.values()} == {404}
        else:
            assert {one.headers["allow"] for one in refused} == {", ".join(sorted(working))}
            assert working | {m for m, one in answers.items() if one in refused} == set(METHODS)


@pytest.mark.parametrize("path", ["deliveries/%0Ab", "deliveries/%0A/body", "a%0Ab"])
def test_a_path_with_a_line_break_gets_an_error_of_the_api(start: StartSink, path: str) -> None:
    with start() as client:
        answer = client.http.get(f"{client.sink.url}/_hookproof/api/{path}")
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert answer.headers["x-content-type-options"] == "nosniff"
