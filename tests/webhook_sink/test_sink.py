"""Class `Sink` as a context manager in the tests of a user."""

import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.processes import hookproof
from support.sink import StartSink

from openapi.contract import Contract
from webhook_sink.server import Sink
from webhook_sink.storage.sqlite_store import SqliteStore
from webhook_sink.storage.store import StoreError
from webhook_sink.wait_for import NoSuchDelivery

pytestmark = pytest.mark.integration

EVENT = "personalAccessToken.created"


def test_the_constructor_opens_nothing(contract: Contract, tmp_path: Path) -> None:
    sink = Sink(contract, store=tmp_path / "deliveries.db")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError, match="with"):
        _ = sink.url


def test_a_port_in_use_is_an_error(contract: Contract) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sink = Sink(contract, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            sink.__enter__()


def test_a_store_that_cannot_be_opened_leaves_the_port_free(
    contract: Contract, tmp_path: Path, port: int
) -> None:
    with pytest.raises(StoreError), Sink(contract, store=tmp_path, port=port):
        raise AssertionError("it listened")
    with Sink(contract, port=port) as sink:
        assert sink.port == port


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TABLE notes (text)", "was not written by hookproof"),
        ("PRAGMA user_version = 99", "was written by a newer hookproof"),
    ],
)
def test_the_command_refuses_another_file_in_one_line(
    tmp_path: Path, statement: str, reason: str
) -> None:
    file = tmp_path / "deliveries.db"
    if "newer" in reason:
        SqliteStore(file).close()
    with closing(sqlite3.connect(file)) as other:
        other.execute(statement)
    before = file.read_bytes()
    done = hookproof("sink", "--port", "0", "--store", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert str(file) in done.stderr
    assert reason in done.stderr
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_can_be_entered_twice_and_leaves_no_thread(start: StartSink, contract: Contract) -> None:
    before = set(threading.enumerate())
    sink = Sink(contract)
    for _ in range(2):
        with sink:
            assert sink.deliveries() == ()
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in left if name.startswith("hookproof")]


def test_the_url_of_an_ipv6_sink_has_brackets(contract: Contract) -> None:
    with Sink(contract, host="::1") as sink:
        assert sink.url == f"http://[::1]:{sink.port}"


def test_deliveries_and_judge(start: StartSink) -> None:
    with start() as client:
        client.post(b"1")
        client.post(b"2")
        assert [d.body for d in client.sink.deliveries()] == [b"1", b"2"]
        (second,) = client.sink.deliveries(after=1)
        assert client.sink.judge(second).signature == "missing"


def test_wait(start: StartSink) -> None:
    with start() as client:
        assert client.sink.wait(after=0, timeout=0.01) is False
        sender = threading.Thread(target=client.post)
        sender.start()
        assert client.sink.wait(after=0, timeout=20) is True
        sender.join()
        assert client.sink.wait(after=0, timeout=0) is True
        assert client.sink.wait(after=1, timeout=0.01) is False


def test_wait_for(start: StartSink) -> None:
    with start() as client:
        sender = threading.Thread(
            target=lambda: (client.post(b"1"), client.post(b'{"event": "%s"}' % EVENT.encode()))
        )
        sender.start()
        assert client.sink.wait_for(event=EVENT, timeout=20).id == 2
        sender.join()
        assert client.sink.wait_for(where=lambda d: d.body == b"1").id == 1
        assert client.sink.wait_for(after=1).id == 2
        with pytest.raises(ValueError, match="license"):
            client.sink.wait_for(event="license.created")


def test_wait_for_lists_the_deliveries_that_arrived(start: StartSink) -> None:
    with start() as client:
        with pytest.raises(NoSuchDelivery, match="0 arrived"):
            client.sink.wait_for(timeout=0)
        client.post(b"1", path="/elsewhere")
        with pytest.raises(AssertionError) as caught:
            client.sink.wait_for(event=EVENT, where=lambda d: True, timeout=0.01)
    message = str(caught.value)
    assert f"no delivery of {EVENT} that satisfies `where` within 0.01 s" in message
    assert "1 arrived" in message
    assert "1 POST '/elsewhere' no known event: 3 violations; signature missing" in message
    assert "webhook-event-name: there is no event name at /event" in message


def test_wait_for_matches_values_in_the_payload(start: StartSink) -> None:
    payloads = [
        b"not JSON",
        b'{"event": "%s", "data": {"name": "one", "n": 1, "all": [true]}}' % EVENT.encode(),
        b'{"data": {"name": "two", "n": true, "all": []}}',
    ]
    with start() as client:
        sender = threading.Thread(target=lambda: [client.post(body) for body in payloads])
        sender.start()
        found = client.sink.wait_for(where={"/data/name": "two"}, timeout=20)
        sender.join()
        assert (found.id, found.json()["data"]["n"]) == (3, True)
        found_by: list[tuple[dict[str, Any], int]] = [
            ({"/data/n": 1.0}, 2),
            ({"/data/n": True}, 3),
            ({"": found.json()}, 3),
            ({"/data/all/0": True, "/data/name": "one"}, 2),
        ]
        for where, number in found_by:
            assert client.sink.wait_for(where=where, timeout=0).id == number
        assert client.sink.wait_for(event=EVENT, where={"/data/all": (True,)}).id == 2
        assert client.sink.wait_for(where={}).id == 1
        with pytest.raises(ValueError, match="delivery 1 is not JSON"):
            client.sink.deliveries()[0].json()
        with pytest.raises(ValueError, match="'data/name' is not a JSON pointer"):
            client.sink.wait_for(where={"data/name": "two"})
        for place, value in (("/data", None), ("/data/x", None), ("/data/n", "1"), ("", None)):
            with pytest.raises(NoSuchDelivery):
                client.sink.wait_for(where={place: value}, timeout=0)


def test_wait_for_shows_the_closest_delivery(start: StartSink) -> None:
    with start() as client:
        for name, size in (("nightly", 5), ("night", 7), ("daily", 5)):
            client.post(
                b'{"event": "%s", "data": {"name": "%s", "size": %d}}'
                % (EVENT.encode(), name.encode(), size)
            )
        client.post(b'{"event": "license.created", "data": {"name": "nightly report", "size": 5}}')
        where = {"/data/name": "nightly report", "/data/size": 5, "/data/id": None}
        with pytest.raises(NoSuchDelivery) as caught:
            client.sink.wait_for(event=EVENT, where=where, timeout=0)
        told = str(caught.value).splitlines()
        assert told[0].startswith(
            f'no delivery of {EVENT} with /data/name = "nightly report" and /data/size = 5 and '
        )
        assert told[0].endswith("4 arrived, the last of them:")
        assert told[-3:] == [
            "the closest is delivery 1:",
            '  /data/name is "nightly", not "nightly report"',
            "  /data/id is missing, not null",
        ]
        with pytest.raises(NoSuchDelivery, match="0 arrived after delivery 4: check that"):
            client.sink.wait_for(event=EVENT, where=where, timeout=0, after=4)
        with pytest.raises(NoSuchDelivery, match="1 arrived after delivery 3, ") as caught:
            client.sink.wait_for(event=EVENT, where={"/event": EVENT}, timeout=0, after=3)
        assert str(caught.value).splitlines()[-3:] == [
            "the closest is delivery 4:",
            f"  its event is unknown, not {EVENT}",
            f'  /event is "license.created", not "{EVENT}"',
        ]


def test_a_restarted_sink_reads_its_file(
    contract: Contract, start: StartSink, tmp_path: Path
) -> None:
    path = tmp_path / "deliveries.db"
    with start(store=path) as client:
        client.post(b"before")
    with start(store=path) as client:
        assert client.sink.wait(after=0, timeout=0) is True
        client.post(b"after")
        assert [d.body for d in client.sink.deliveries()] == [b"before", b"after"]


def test_an_incomplete_body_does_not_delay_the_exit(start: StartSink) -> None:
    with start() as client:
        slow = socket.create_connection(("127.0.0.1", client.sink.port), timeout=20)
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        client.post()
    with slow:
        assert slow.recv(100) == b""
