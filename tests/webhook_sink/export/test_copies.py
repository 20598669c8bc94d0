"""Copies of a delivery as curl command and as test: both send the same bytes again."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from webhook_sink.delivery import Delivery, Headers
from webhook_sink.end_to_end_headers import end_to_end_headers
from webhook_sink.export.curl import curl_command
from webhook_sink.export.pytest_test import pytest_test

pytestmark = pytest.mark.integration

JSON = (b"Content-Type", b"application/json")
SHELL = (
    b"""a'b "c" $(touch owned) `touch owned` $HOME \\ \\n ! !! # ; & | * ? ~ {a,b} [x] <(y) %s"""
)


def delivery(
    body: bytes = b'{"event": "x"}',
    headers: Headers = (JSON,),
    target: str = "/hooks",
    method: str = "POST",
    more: Headers | None = None,
    version: str = "1.1",
) -> Delivery:
    framing = ((b"Content-Length", b"%d" % len(body)),) if more is None else more
    host = ((b"Host", b"the.sink:4020"),)
    return Delivery(
        id=7,
        received_at=1790000000.0,
        method=method,
        target=target,
        headers=(*host, *headers, *framing),
        body=body,
        truncated=False,
        remote="127.0.0.1:5000",
        status=200,
        version=version,
    )


NASTY = {
    "plain": delivery(),
    "quotes and what a shell expands": delivery(body=SHELL),
    "the same in a header": delivery(headers=(JSON, (b"X-Odd", SHELL))),
    "the same in the target": delivery(
        target='/a\'b$(touch$IFS`owned`)`touch${IFS}owned`$HOME!{a,b}[1-9]\\?x="y"&z=;|~*'
    ),
    "a body that begins with @": delivery(body=b"@/etc/passwd"),
    "a body that begins with -": delivery(body=b"--help"),
    "a body like an option's end": delivery(body=b"=@x;type=y"),
    "an empty body": delivery(body=b""),
    "an empty body, chunked": delivery(body=b"", more=((b"Transfer-Encoding", b"chunked"),)),
    "no body": delivery(body=b"", headers=(), more=()),
    "a GET": delivery(body=b"", headers=(), more=(), method="GET", target="/?hub.challenge=1"),
    "a GET with a body": delivery(method="GET"),
    "a HEAD": delivery(body=b"", headers=(), more=(), method="HEAD"),
    "a method of WebDAV": delivery(method="M-SEARCH"),
    "lines": delivery(body=b"a\nb\r\nc\n\n"),
    "one newline": delivery(body=b"\n"),
    "tabs and controls": delivery(body=b"\t\x01\x1b[31m\x7f'"),
    "UTF-8": delivery(body="Zürich 漢字 🔑 \u202e '".encode()),
    "no UTF-8": delivery(body=b"\xff\xfe0\x80a'"),
    "digits behind an escape": delivery(body=b"\xff" + b"0123456789abcdef" + b"\x0012"),
    "NULs": delivery(body=b"\0a\0\0"),
    "every byte": delivery(body=bytes(range(256))),
    "a body that ends the text early": delivery(body=b"END\nEND\n\0"),
    "too long for a line": delivery(body=b"x" * 30_000),
    "longer than an argument may be": delivery(body=b"'" * 400_000),
    "longer than curl sends unasked": delivery(body=bytes(range(256)) * 8192),
    "no media type": delivery(headers=()),
    "headers that curl adds": delivery(
        headers=((b"accept", b"x/y"), (b"USER-AGENT", b"Sender/1"), JSON)
    ),
    "headers without a value": delivery(headers=((b"X-A", b""), (b"User-Agent", b""), JSON)),
    "headers that come again": delivery(
        headers=((b"X-A", b"1"), (b"x-a", b"2"), JSON, (b"X-A", b"1"), (b"X-B", b"a; b, c:"))
    ),
    "a signature": delivery(headers=((b"Webhook-Signature", b"q1+/w==:;"), JSON)),
    "a credential": delivery(headers=((b"Authorization", b"Bearer x"), (b"Cookie", b"a=b; c"))),
    "headers of the connection": delivery(
        headers=(
            (b"Connection", b"keep-alive, X-Hop"),
            (b"X-Hop", b"1"),
            (b"Proxy-Authorization", b"x"),
            (b"Expect", b"100-continue"),
            JSON,
        )
    ),
    "bytes in a header": delivery(headers=(JSON, (b"X-Odd", b"\xc3\xbc\xff \x01"))),
    "dots in the target": delivery(target="/a/../b/./c/%2e%2E/d"),
    "bytes in the target": delivery(target="/\xc3\xbc?\xff"),
    "a fragment in the target": delivery(target="/a#b"),
    "escapes in the target": delivery(target="/a%20b%00%ff?c=%zz&&=+"),
    "two slashes": delivery(target="//evil.example/a"),
    "HTTP/1.0": delivery(version="1.0"),
}
IN_A_SHELL = {
    **NASTY,
    "an absolute target": delivery(target="http://other.example/x"),
    "a star": delivery(method="OPTIONS", target="*", body=b"", headers=(), more=()),
}


def whole(connection: socket.socket) -> bytes:
    """Read one request, with its body if it states a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    stated = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(stated[0].partition(b":")[2]) if stated else 0
    while len(body) < size:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def receiver(status: bytes = b"200 OK", requests: int = 1) -> Iterator[tuple[str, list[bytes]]]:
    """Answer the given number of requests; yield the URL and the list of received requests."""
    came: list[bytes] = []

    def serve() -> None:
        for _ in range(requests):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(20)
                came.append(whole(connection))
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
        thread.join()


def read(data: bytes) -> tuple[str, str, Headers, bytes]:
    """Return method, target, end-to-end headers and body of a request."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ")
    pairs = [line.partition(b":") for line in lines]
    headers = tuple((name, value.removeprefix(b" ")) for name, _, value in pairs)
    return method, target, end_to_end_headers(delivery(headers=headers, more=())), body


def run(command: str, folder: Path) -> None:
    shell = ["bash", "-c", command]
    done = subprocess.run(shell, cwd=folder, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr


def sent(one: Delivery) -> tuple[str, str, Headers, bytes]:
    return one.method, one.target, end_to_end_headers(one), one.body


@pytest.mark.parametrize("name", IN_A_SHELL)
def test_the_curl_command_sends_the_same_bytes(name: str, tmp_path: Path) -> None:
    one = IN_A_SHELL[name]
    (tmp_path / "body").write_bytes(one.body)
    with receiver() as (url, came):
        command = curl_command(one, url, "cat body")
        assert command.isascii()
        run(command, tmp_path)
    assert read(came[0]) == sent(one)
    assert b"\r\nexpect:" not in came[0].partition(b"\r\n\r\n")[0].lower()
    assert came[0].startswith(
        f"{one.method} {one.target} HTTP/{one.version}\r\nHost: {url[7:]}\r\n".encode("latin-1")
    )
    assert [path.name for path in tmp_path.iterdir()] == ["body"]


def test_the_generated_tests_send_the_same_bytes_and_pass(tmp_path: Path) -> None:
    with receiver(requests=len(NASTY)) as (url, came):
        for place, one in enumerate(NASTY.values()):
            file = tmp_path / f"test_{place:03}.py"
            file.write_text(pytest_test(one, url), encoding="ascii")
        assert f"{len(NASTY)} passed" in run_pytest(tmp_path, 0)
    for (name, one), data in zip(NASTY.items(), came, strict=True):
        # The standard library sends non-ASCII bytes in headers, but not in the request line.
        target = one.target.replace("\xc3\xbc", "%C3%BC").replace("\xff", "%FF")
        assert read(data) == (one.method, target, end_to_end_headers(one), one.body), name


def run_pytest(folder: Path, code: int, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def test_the_generated_test_fails_on_an_error_and_uses_receiver_url(
    tmp_path: Path,
) -> None:
    file = tmp_path / "test_receiver.py"
    file.write_text(pytest_test(NASTY["plain"], "http://127.0.0.1:1"), encoding="ascii")
    with receiver(b"403 Forbidden") as (url, came):
        assert "AssertionError: 403" in run_pytest(tmp_path, 1, RECEIVER_URL=f"{url}/prefix/")
    assert came[0].startswith(b"POST /prefix/hooks HTTP/1.1\r\n")


def test_the_path_of_the_url_precedes_the_target(tmp_path: Path) -> None:
    for one in (NASTY["plain"], NASTY["bytes in the target"]):
        with receiver() as (url, came):
            run(curl_command(one, f"{url}/prefix", ""), tmp_path)
        assert read(came[0])[1] == f"/prefix{one.target}"


def test_the_curl_command_lists_what_it_cannot_send(draft: Delivery) -> None:
    command = curl_command(draft, "http://127.0.0.1:4020", "")
    assert "\0" not in command
    assert command.startswith(
        "# the header 'Z' is left out\n# a NUL in the target is written %00\n"
    )
