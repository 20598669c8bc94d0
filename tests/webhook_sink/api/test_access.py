"""Access with a token: page and API of a sink that other machines can reach."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from support.processes import launched
from support.sink import RunningSink, StartSink

from openapi.contract import Contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

TOKEN = "a token of the tests, with signs: &+%/"
TWICE = f"{quote(TOKEN, safe='')}&token=x"
SINK = ["-m", "hookproof", "sink", "--port", "0"]
PAGES = ("", "main.js", "index.html", "nothing", "api", "api/deliveries", "api/nothing")
COOKIE = re.compile(r"(hookproof-sink-\d+)=(\w{64}); HttpOnly; Path=/_hookproof/; SameSite=strict")


@pytest.fixture
def client(start: StartSink) -> Iterator[RunningSink]:
    with start(token=TOKEN) as running:
        yield running


def entered(client: RunningSink, **headers: str) -> tuple[str, str]:
    """Open the link with the token; return name and value of the cookie."""
    query = {"token": TOKEN, "event": "-"}
    url = f"{client.sink.url}/_hookproof/"
    answer = client.http.get(url, params=query, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/_hookproof/?event=-")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    client.http.cookies.clear()
    found = COOKIE.fullmatch(answer.headers["set-cookie"])
    assert found is not None
    assert TOKEN not in str(answer.headers)
    return found[1], found[2]


def test_only_deliveries_are_accepted_without_the_token(client: RunningSink) -> None:
    assert client.post(b"1", "/hook") == 200
    name, value = entered(client)
    attempts: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer another"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {value}"},
        {"Cookie": f"{name}={TOKEN}"},
        {"Cookie": f"{name}={value[:-1]}"},
        {"Cookie": f"{name}x={value}; x={name}={value}; {name}"},
        {"Host": "evil.example"},
        {"Host": ""},
    ]
    for path in PAGES:
        refused = [client.api(path, **headers) for headers in attempts]
        refused += [
            client.api(f"{path}?token={wrong}") for wrong in ("", "x", TOKEN[:-1], "%ff", TWICE)
        ]
        assert {answer.status_code for answer in refused} == {401}, path
        # The responses to a wrong and to a missing token are equal.
        assert len({answer.content for answer in refused}) == 1, path
        assert "set-cookie" not in refused[-1].headers
        told = "Authorization: Bearer TOKEN" if "api/" in path else "link that the sink printed"
        assert told in refused[0].text
    removed = client.http.delete(f"{client.sink.url}/_hookproof/api/deliveries")
    assert removed.status_code == 401
    assert [delivery.body for delivery in client.sink.deliveries()] == [b"1"]
    assert client.api("healthz", Host="sink:4020").json() == {"status": "ok"}


def test_the_token_gives_access_under_any_host_name(client: RunningSink) -> None:
    client.post(b"1", "/hook")
    port = client.sink.port
    for host in (f"127.0.0.1:{port}", f"sink.example:{port}"):
        name, value = entered(client, Host=host)
        assert name == f"hookproof-sink-{port}"
        other = f"{name}=of another server; x=y"
        for headers in (
            {"Authorization": f"Bearer {TOKEN}"},
            {"Cookie": f"{other}; {name}={value}"},
            {"Cookie": f"{name}={value}", "Origin": f"http://{host}"},
        ):
            listed = client.api("api/deliveries", Host=host, **headers).json()
            assert [delivery["id"] for delivery in listed["deliveries"]] == [1]
            assert "<!doctype html>" in client.api("", Host=host, **headers).text


def test_the_token_gives_no_access_to_a_page_of_another_origin(client: RunningSink) -> None:
    name, value = entered(client)
    for proof in ({"Authorization": f"Bearer {TOKEN}"}, {"Cookie": f"{name}={value}"}):
        for foreign in (
            {"Origin": "http://evil.example"},
            {"Origin": f"http://127.0.0.1:{client.sink.port + 1}"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        ):
            for path in PAGES:
                assert client.api(path, **proof, **foreign).status_code == 403
            assert client.api(f"?token={TOKEN}", **foreign).status_code == 403


def test_the_api_ignores_a_token_in_the_query(client: RunningSink) -> None:
    answer = client.http.get(
        f"{client.sink.url}/_hookproof/api/deliveries", params={"token": TOKEN}
    )
    assert answer.status_code == 401
    client.http.post(f"{client.sink.url}/?token=", params={"token": TOKEN})
    assert len(client.sink.deliveries()) == 1


def test_the_cookie_name_has_the_port_that_the_browser_uses(client: RunningSink) -> None:
    for host, port in (("sink.example:8080", 8080), ("sink.example", 80), ("[::1]:81", 81)):
        assert entered(client, Host=host)[0] == f"hookproof-sink-{port}"


def test_a_sink_outside_loopback_generates_a_token(contract: Contract) -> None:
    with Sink(contract) as here, Sink(contract, host="0.0.0.0") as everywhere:
        assert here.token is None
        assert everywhere.token is not None
        assert len(everywhere.token) >= 32
        url = f"http://127.0.0.1:{everywhere.port}"
        assert httpx.post(url).status_code == 200
        listed = f"{url}/_hookproof/api/deliveries"
        assert httpx.get(listed).status_code == 401
        proof = {"Authorization": f"Bearer {everywhere.token}"}
        assert len(httpx.get(listed, headers=proof).json()["deliveries"]) == 1
    with Sink(contract, host="0.0.0.0", token=TOKEN) as given:
        assert given.token == TOKEN


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_command_prints_a_link_with_the_generated_token(host: str) -> None:
    with launched([*SINK, "--host", host], HOOKPROOF_SINK_TOKEN="") as (url, process):
        line = process.stdout.readline()
        opening = re.fullmatch(
            rf"page and API on ({re.escape(url)}/_hookproof/\?token=\S+)\n", line
        )
        assert opening is not None, line
        with httpx.Client(trust_env=False, follow_redirects=True) as http:
            assert http.get(f"{url}/_hookproof/").status_code == 401
            page = http.get(opening[1])
            assert (page.status_code, str(page.url)) == (200, f"{url}/_hookproof/")
            assert http.get(f"{url}/_hookproof/api/deliveries").status_code == 200
        process.terminate()
        token = opening[1].partition("=")[2]
        assert token not in process.stdout.read()


def test_a_configured_token_is_required_on_loopback_and_not_printed() -> None:
    for options, environment in (([], TOKEN), (["--token", TOKEN], "")):
        command = [*SINK, *options]
        with launched(command, HOOKPROOF_SINK_TOKEN=environment) as (url, process):
            line = process.stdout.readline()
            assert (
                line == f"page and API on {url}/_hookproof/?token=TOKEN (the token that you set)\n"
            )
            listed = f"{url}/_hookproof/api/deliveries"
            assert httpx.get(listed).status_code == 401
            assert httpx.get(listed, headers={"Authorization": f"Bearer {TOKEN}"}).is_success
            process.terminate()
            assert TOKEN not in process.stdout.read()
