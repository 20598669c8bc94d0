"""First contact: a browser that opens the URL which the sink prints."""

import socket

import httpx
import pytest
from support.other_origins import own_address
from support.sink import RunningSink, StartedSink, StartSink

from openapi.contract import Contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ICON = {"Accept": "image/avif,image/webp,image/apng,*/*;q=0.8", "Sec-Fetch-Dest": "image"}


def get(client: RunningSink, target: str, headers: dict[str, str]) -> httpx.Response:
    return client.http.get(client.sink.url + target, headers=headers)


@pytest.mark.parametrize("token", [None, "a token of the tests"])
def test_a_browser_that_opens_the_sink_gets_its_page(start: StartSink, token: str | None) -> None:
    with start(token=token, secret="x", challenges=["meta"]) as client:
        answer = get(client, "/", PAGE)
        assert (answer.status_code, answer.headers["location"]) == (307, "/_hookproof/")
        page = get(client, answer.headers["location"], PAGE)
        assert page.status_code == (200 if token is None else 401)
        assert page.headers["content-type"].startswith("text/html")
        assert get(client, "/favicon.ico", ICON).status_code == 204
        assert client.sink.deliveries() == ()


def test_other_requests_to_the_root_are_deliveries(start: StartSink) -> None:
    with start(secret="x", challenges=["meta"]) as client:
        root = client.sink.url + "/"
        requests = [
            client.http.post(root, headers=PAGE),
            client.http.get(root),
            client.http.get(root, headers={"Accept": "application/json"}),
            client.http.head(root, headers=PAGE),
            client.http.request("GET", root, headers=PAGE, content=b"a body"),
            client.http.get(root + "?x=1", headers=PAGE),
            client.http.get(root + "hook", headers=PAGE),
            client.http.get(root + "favicon.ico"),
            client.http.post(root + "favicon.ico", headers=ICON),
        ]
        assert [answer.status_code for answer in requests] == [200] * len(requests)
        query = {"hub.mode": "subscribe", "hub.verify_token": "x", "hub.challenge": "7"}
        assert client.http.get(root, params=query, headers=PAGE).text == "7"
        assert len(client.sink.deliveries()) == len(requests) + 1


def test_a_reply_script_gives_the_root_a_meaning(start: StartSink) -> None:
    with start(replies=["/: 410", "200"]) as client:
        assert get(client, "/", PAGE).status_code == 410
        assert get(client, "/favicon.ico", ICON).status_code == 204
        assert len(client.sink.deliveries()) == 1


def test_a_browser_of_another_machine_delivers(contract: Contract) -> None:
    address = own_address()
    if address == socket.gethostbyname("localhost"):
        pytest.skip("this machine has no other address")
    with StartedSink(Sink(contract, host="0.0.0.0")) as client:
        url = f"http://{address}:{client.sink.port}/"
        assert client.http.get(url, headers=PAGE).status_code == 200
        assert len(client.sink.deliveries()) == 1
