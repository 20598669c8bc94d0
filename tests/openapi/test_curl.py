"""Curl commands: a real shell sends exactly the given bytes."""

import base64
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from contracts.generators.access.tokens import valid_credential
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.reporting.curl import curl_command
from openapi.curl import bearer_option, body_option, curl_request, header_option, shell_quote
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction

pytestmark = pytest.mark.integration

CONTRACT = load_contract()
(OPERATION,) = CONTRACT.operations
PLAIN = {
    "quotes": b"""it's "so" `id` $(id) $HOME ${HOME} \\ \\n %s""",
    "history": b"wow! !! !$ \"!x\" '!y'",
    "operators": b"# ; & | * ? ~ {a,b} [x] <(y) > z",
    "a file": b"@/etc/passwd",
    "an option": b"--help",
    "a dash": b"-",
    "spaces": b"  two  ",
    "nothing": b"",
}
BYTES = {
    "all but NUL": bytes(range(1, 256)),
    "UTF-8": "na\u00efve \u6f22 \U0001f511!".encode(),
    "broken UTF-8": b"\xff\xc3!'\\",
    "line ends": b"\r\na\n\n",
}
CASES = [(shell, name) for shell in ("bash", "dash") for name in PLAIN]
CASES += [("bash", name) for name in BYTES]
BODIES = PLAIN | BYTES


@contextmanager
def received() -> Iterator[tuple[str, list[bytes]]]:
    """Answer one request; yield the URL and a list that receives the bytes of the request."""
    requests: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            data = connection.recv(65536)
            while (head := data.partition(b"\r\n\r\n"))[1] == b"" or len(head[2]) < length(head[0]):
                data += connection.recv(65536)
            requests.append(data)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        thread.join()


def length(head: bytes) -> int:
    stated = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    return int(stated[1]) if stated else 0


def run(shell: str, command: str, **environment: str) -> None:
    """Run the command with history expansion, like an interactive bash."""
    assert command.isascii()
    options = ["-o", "history", "-o", "histexpand"] if shell == "bash" else []
    done = subprocess.run(
        [shell, *options, "-c", command],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("shell", "name"), CASES)
def test_a_shell_reads_a_quoted_word_unchanged(shell: str, name: str) -> None:
    body = BODIES[name]
    printed = subprocess.run(
        [shell, "-c", f"printf %s {shell_quote(body)}"], capture_output=True, check=True
    )
    assert printed.stdout == body


def test_an_interactive_shell_does_not_expand_history() -> None:
    for body in BODIES.values():
        lines = f"set -o histexpand\ntrue earlier\nprintf %s {shell_quote(body)} | base64 -w0\n"
        done = subprocess.run(
            ["bash", "--norc", "-i"], input=lines, capture_output=True, text=True, check=True
        )
        assert base64.b64decode(done.stdout) == body


@pytest.mark.parametrize(("shell", "name"), CASES)
def test_body_and_header_arrive_unchanged(shell: str, name: str) -> None:
    body = BODIES[name]
    value = re.sub(rb"[\r\n\0]", b"", body).strip()
    with received() as (url, requests):
        parts = curl_request("POST", url, b"/a/../b?c=[1-2]{x,y}&d=!", has_body=True)
        parts += [header_option(b"X-Odd", value), body_option(body) or ""]
        run(shell, " ".join([*parts, bearer_option("SECRET")]), SECRET="a$b!`c`")
    head, _, came = requests[0].partition(b"\r\n\r\n")
    assert came == body
    assert head.startswith(b"POST /a/../b?c=[1-2]{x,y}&d=! HTTP/1.1\r\n")
    assert b"\r\nX-Odd: " + value in head if value else b"\r\nX-Odd:\r\n" in head
    assert b"\r\nAuthorization: Bearer a$b!`c`" in head


def test_no_option_can_send_a_body_with_nul() -> None:
    assert body_option(b"a\0b") is None


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_the_command_of_a_report_repeats_the_request(shell: str) -> None:
    for name, body in PLAIN.items():
        with received() as (url, requests):
            settings = Settings(url=url, token="secret-token", run_id="tests0", seed=1)
            case = Case("valid", name, body, None)
            made = build_request(
                CONTRACT,
                OPERATION,
                find_correlators(CONTRACT, OPERATION),
                case,
                UniqueValues("tests0", 1, datetime.now(UTC)).next(),
                valid_credential(settings),
            )
            command = curl_command(url, made, Redaction(settings.secrets))
            assert command is not None
            run(shell, command, HOOKPROOF_TOKEN="secret-token")
        head, _, came = requests[0].partition(b"\r\n\r\n")
        assert came == body
        assert b"\r\nAuthorization: Bearer secret-token\r\n" in head + b"\r\n"
        assert b"content-type" not in head.lower()


def test_the_shell_says_to_what_the_variable_of_a_changed_token_is_set() -> None:
    settings = Settings(url="http://127.0.0.1:9", token="secret-token", run_id="tests0", seed=1)
    made = build_request(
        CONTRACT,
        OPERATION,
        find_correlators(CONTRACT, OPERATION),
        Case("credentials", "of the test", b"{}"),
        UniqueValues("tests0", 1, datetime.now(UTC)).next(),
        Credential("wrongly signed", "refused", "Bearer another-token"),
    )
    command = curl_command(settings.url, made, Redaction(settings.secrets)) or ""
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode != 0
    told = "HOOKPROOF_TOKEN_CHANGED: set it to the valid token with another signature"
    assert done.stderr.strip().endswith(told)
