"""Command `hookproof deliveries`: list, show, wait and clear, as text and as JSON."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.processes import WEBHOOK_SECRET, handled, started

from hookproof.cli import main
from hookproof.commands.deliveries import formatting
from hookproof.reports.json_format import indent_json
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from openapi.safe_text import is_hidden
from openapi.signatures.message import Message
from webhook_sink import client
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

EVENT = load_contract().events[0]
COMMAND = [sys.executable, "-m", "hookproof", "deliveries"]
HOSTILE = "##[x]\x1b[2J\x9b31m\r\u202e\u2028\ud7ff\u200b::error::x\n::set-output::y\x00"


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """Yield a running sink whose URL is in the environment."""
    with Sink(load_contract(), WEBHOOK_SECRET) as running:
        monkeypatch.setenv("HOOKPROOF_SINK", running.url)
        yield running


def post(sink: Sink, body: bytes, path: str = "/hooks", **headers: str) -> None:
    httpx.post(sink.url + path, content=body, headers=headers)


def send(sink: Sink, signed: bool = True, **data: Any) -> None:
    """Send the example of the contract with changed values."""
    example = EVENT.examples[0]
    body = json.dumps({**example, "data": {**example["data"], **data}}).encode()
    assert EVENT.signature is not None
    proof = (
        dict(EVENT.signature.signed_headers(Message(body), WEBHOOK_SECRET, "", 0)) if signed else {}
    )
    post(sink, body, **{"Content-Type": EVENT.media_type, **proof})


def deliveries(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run an action; return its stdout."""
    assert main(["deliveries", *arguments]) == code
    return capsys.readouterr().out


def test_list_prints_a_table_with_the_newest_first(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deliveries", "list"]) == 0
    assert capsys.readouterr() == ("", "hookproof: no deliveries yet\n")
    send(sink, name="one")
    send(sink, name="one")
    send(sink, signed=False, name=7, id="another")
    post(sink, b"nothing", "/elsewhere?x=1")
    head, *lines = deliveries(capsys, "list").splitlines()
    assert head.split() == ["TIME", "ID", "REQUEST", "RESPONSE", "EVENT", "VERDICT"]
    cells = [line.split("  ") for line in lines]
    told = [[cell.strip() for cell in row if cell.strip()][1:] for row in cells]
    first = ["POST /hooks", "200", EVENT.name, "conforms; signature valid"]
    assert told[0][:4] == ["4", "POST /elsewhere?x=1", "200", "-"]
    assert told[1][:4] == ["3", "POST /hooks", "200", EVENT.name]
    assert told[2] == ["2", *first, "attempt 2, first #1"]
    assert told[3] == ["1", *first]


def test_list_filters_limits_and_prints_json(
    sink: Sink, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "no 2", "three"):
        send(sink, name=name)
    post(sink, b"nothing", "/elsewhere")
    for filters, ids in (
        (["--event", EVENT.name], "3\n2\n1\n"),
        (["--event", "-"], "4\n"),
        (["--verdict", "violation"], "4\n"),
        (["--signature", "valid", "--text", "NO 2"], "2\n"),
        (["--path", "/else*"], "4\n"),
        (["--limit", "2"], "4\n3\n"),
        (["--path", "/nowhere"], ""),
    ):
        assert deliveries(capsys, "list", "--ids", *filters) == ids
    monkeypatch.setattr(client, "_PAGE_SIZE", 2)
    listed = json.loads(deliveries(capsys, "list", "--json", "--limit", "3"))
    api = httpx.get(f"{sink.url}/_hookproof/api/deliveries?newest=1&limit=3").json()
    assert listed == api["deliveries"]
    assert main(["deliveries", "list", "--limit", "3"]) == 0
    assert "3 shown, there may be more: pass --limit N" in capsys.readouterr().err


def test_show_prints_a_complete_delivery(sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    send(sink, signed=False, name=7)
    send(sink, signed=False, name=8)
    assert deliveries(capsys, "list", "--ids") == "2\n1\n"
    lines = deliveries(capsys, "show", "2").splitlines()
    assert lines[0].startswith("delivery 2: ")
    assert "           body differs from #1; all attempts: 1, 2" in lines
    (violation,) = (line for line in lines if line.startswith("VIOLATION webhook-schema"))
    assert violation == "VIOLATION webhook-schema at /data/name: 8 is integer, not string"
    assert "  Content-Type: application/json" in lines
    assert '    "event": "' + EVENT.name + '",' in lines
    body = sink.deliveries()[1].body
    whole = httpx.get(f"{sink.url}/_hookproof/api/deliveries/2").json()
    assert json.loads(deliveries(capsys, "show", "2", "--json")) == whole
    assert deliveries(capsys, "show", "2", "--format", "json") == deliveries(
        capsys, "show", "2", "--json"
    )
    done = subprocess.run(
        [*COMMAND, "show", "2", "--format", "body"], capture_output=True, check=True
    )
    assert done.stdout == body
    assert main(["deliveries", "show", "3"]) == 1
    assert capsys.readouterr().err.endswith("there is no delivery 3\n")


def test_show_prints_a_binary_body_as_a_hex_dump(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    post(sink, bytes(range(0xF0, 0x100)) + b"a\x00")
    out = deliveries(capsys, "show", "1")
    assert "body, 18 bytes\n" in out
    assert "  00000000  f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe ff  ..........." in out
    assert "  00000010  61 00                                            a.\n" in out


def test_hostile_deliveries_do_not_control_the_terminal(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    name = json.dumps({"event": HOSTILE, "data": HOSTILE})
    for body in (HOSTILE.encode(), name.encode(), json.dumps(HOSTILE, ensure_ascii=False).encode()):
        head = b"POST /::%1b HTTP/1.1\r\nHost: x\r\nX-Evil: \xc2\x9b\x90\t::\r\n"
        head += b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        with socket.create_connection(("127.0.0.1", sink.port), timeout=20) as connection:
            connection.sendall(head + body)
            assert connection.recv(12) == b"HTTP/1.1 200"
    calls = [["list"], *(["show", str(number)] for number in (1, 2, 3))]
    for call in (*calls, ["wait", "--where", "/x=1", "--timeout", "0"]):
        assert main(["deliveries", *call]) == (call[0] == "wait")
        text = "".join(capsys.readouterr())
        assert len(text) > 100
        assert {character for character in text if is_hidden(character)} <= {"\n", "\t"}
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
        assert "##[" not in text
    whole = json.loads(deliveries(capsys, "show", "1", "--json"))
    for key, value in whole.items():
        if isinstance(value, str):
            changed = {**whole, key: f"\n::{HOSTILE}"}
            text = "".join(
                [*formatting.format_table([changed]), *formatting.format_delivery(changed)]
            )
            assert {character for character in text if is_hidden(character)} <= {"\t"}, key
            assert "##[" not in text, key


def test_indenting_json_changes_white_space_only() -> None:
    text = r'{"a":[1.50e+1,{},[],{"b":"x, {\" }"}],"a":-0,"c":[[1]]}'
    lines = indent_json(text).split("\n")
    assert lines[:6] == ["{", '  "a": [', "    1.50e+1,", "    {},", "    [],", "    {"]
    assert lines[-6:] == ['  "c": [', "    [", "      1", "    ]", "  ]", "}"]
    assert "".join(line.strip() for line in lines).replace('": ', '":') == text


def test_wait_returns_the_first_matching_delivery(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    send(sink, name="7")
    named = ["wait", "--json", "--timeout", "20", "--event", EVENT.name]
    assert main(["deliveries", *named, "--where", "/data/name=7"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["id"] == 1
    assert err == ""

    def send_two() -> None:
        for name in ("8", "9"):
            send(sink, name=name)

    later = threading.Thread(target=send_two)
    later.start()
    where = ["--after", "1", "--where", "/data/name=9", "--where", "/data/revoked=false"]
    assert main(["deliveries", *named, *where]) == 0
    later.join()
    out, err = capsys.readouterr()
    assert (json.loads(out)["id"], err) == (3, "")
    send(sink, name=7)
    assert deliveries(capsys, "wait", "--after", "3", "--where", "/data/name=7").startswith(
        "delivery 4: "
    )
    assert deliveries(capsys, "wait", "--after", "", "--signature", "valid")


def test_wait_warns_about_an_old_delivery(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deliveries.db"
    with closing(SqliteStore(path)) as store:
        store.append([Delivery(0, time.time() - 3600, "POST", "/", (), b"{}", False, "", 200)])
    with Sink(load_contract(), store=path) as sink:
        wait = ["deliveries", "wait", "--sink", sink.url, "--timeout", "20"]
        assert main(wait) == 0
        told = capsys.readouterr().err
        assert re.fullmatch(r"hookproof: delivery 1 arrived 36\d\d s before the wait; .*\n", told)
        assert main([*wait, "--after", "0"]) == 0
        assert capsys.readouterr().err == ""


def test_wait_lists_arrived_deliveries_after_the_timeout(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    send(sink, name="nightly")
    post(sink, b"nothing")
    named = ["deliveries", "wait", "--timeout", "0.1", "--path", "/hooks", "--event", EVENT.name]
    assert main([*named, "--where", "/data/name=nightly report"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == (
        f"hookproof: no delivery of {EVENT.name} with /data/name = "
        f""""nightly report" and path '/hooks' within 0.1 s at {sink.url}; """
        "2 arrived, the last of them:"
    )
    assert lines[1] == f"  1 POST '/hooks' {EVENT.name}: conforms; signature valid"
    assert lines[-2:] == [
        "the closest is delivery 1:",
        '  /data/name is "nightly", not "nightly report"',
    ]
    assert main(["deliveries", "wait", "--from", "now", "--timeout", "0"]) == 1
    assert "0 arrived after delivery 2" in capsys.readouterr().err


def test_clear_requires_yes(sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    post(sink, b"1")
    post(sink, b"2")
    assert main(["deliveries", "clear"]) == 2
    assert "deletes all 2 deliveries: pass --yes" in capsys.readouterr().err
    assert deliveries(capsys, "clear", "--yes") == "2 deleted\n"
    assert sink.deliveries() == ()


def test_the_token_comes_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sink(load_contract(), token="the-token-of-the-sink") as sink:
        post(sink, b"1")
        assert main(["deliveries", "list", "--sink", sink.url]) == 2
        told = capsys.readouterr().err
        assert f"the sink at {sink.url} requires its token: set HOOKPROOF_SINK_TOKEN" in told
        monkeypatch.setenv("HOOKPROOF_SINK_TOKEN", "the-token-of-the-sink")
        assert deliveries(capsys, "list", "--ids", "--sink", sink.url) == "1\n"


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Restore SIGINT for child processes; a background job of a shell inherits it as ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_follow_prints_new_deliveries_until_ctrl_c() -> None:
    options = ["-m", "hookproof", "sink", "--port", "0"]
    with started(options) as url:
        httpx.post(f"{url}/first", content=b"1")
        process = subprocess.Popen(
            [*COMMAND, "list", "--follow", "--sink", url, "--event", "-"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert "POST /first" in process.stdout.readline()
        httpx.post(f"{url}/second", content=b"2")
        assert "POST /second" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[0] == ""
        assert process.returncode == 130
        process = subprocess.Popen(
            [*COMMAND, "list", "--follow", "--ids", "--sink", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["1\n", "2\n"]
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == ("", 2)
    assert err.startswith(f"hookproof: the sink at {url} ")


def test_a_closed_pipe_is_no_error(sink: Sink) -> None:
    post(sink, b"x" * 100_000)
    command = " ".join([*COMMAND, "show 1 --json | true; exit ${PIPESTATUS[0]}"])
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


ANSWERS = {
    "a token that is missing": (401, {}, "requires its token: set HOOKPROOF_SINK_TOKEN"),
    "a refusal": (403, {"message": "use \x1b[1m##[x]"}, r"says: use \x1b[1m\x23#[x]"),
    "no JSON": (200, "<html>", "does not respond as a sink of this version"),
    "another service": (200, {"deliveries": []}, "does not respond as a sink of this version"),
    "a misshapen list": (
        200,
        {"deliveries": [{"id": 1}], "next": None, "total": 1, "now": 1.0},
        "does not respond as a sink of this version: check --sink",
    ),
    "an error without a message": (500, "oh \x1b[2J", r"says: 500 oh \x1b[2J"),
}


def answering(
    answers: dict[str, tuple[int, Any]], asked: list[str]
) -> type[BaseHTTPRequestHandler]:
    """Return a handler that sends status and value by path; "" is the default."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            path = self.path.partition("?")[0].rpartition("/")[2]
            status, value = answers.get(path) or answers[""]
            body = (value if isinstance(value, str) else json.dumps(value)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


@pytest.mark.parametrize("name", ANSWERS)
def test_an_unexpected_response_is_reported_in_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, value, sentence = ANSWERS[name]
    asked: list[str] = []
    with handled(answering({"": (status, value)}, asked)) as url:
        given = ["--sink", url, "--token", "the-token"]
        assert main(["deliveries", "list", *given]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), asked) == ("", 1, ["Bearer the-token"])
    assert sentence in err
    assert "the-token" not in err


def test_wait_escapes_hostile_values_of_a_sink(
    sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    post(sink, b"1")
    api = f"{sink.url}/_hookproof/api/deliveries"
    page, whole = (httpx.get(url).json() for url in (api, f"{api}/1"))
    texts = {key: HOSTILE for key, value in whole.items() if isinstance(value, str)}
    answers = {
        "deliveries": (200, page),
        "wait": (204, ""),
        "1": (200, {**whole, **texts, "event": HOSTILE}),
    }
    with handled(answering(answers, [])) as url:
        assert main(["deliveries", "wait", "--sink", url, "--timeout", "0", "--where", "/x=1"]) == 1
    told = capsys.readouterr().err
    assert r"\x1b[2J" in told
    assert {character for character in told if is_hidden(character)} == {"\n"}


CANNOT = {
    "an unknown event": (["list", "--event", "x"], 'unknown event "x"'),
    "a place that is none": (["wait", "--where", "data=1"], "'data' is not a JSON pointer"),
    "a place without a value": (["wait", "--where", "/data"], "write /data=VALUE"),
    "bytes that are no text": (["list", "--text", "\udcff"], r"'\udcff' is not UTF-8"),
    "both beginnings": (["wait", "--after", "1", "--from", "now"], "not allowed with"),
    "a copy that sends nowhere": (
        ["show", "1", "--to", "http://h"],
        "--to needs --format curl or --format test",
    ),
    "no receiver": (["resend", "1"], "Missing option '--to'"),
    "a URL that is none": (["list", "--sink", "x"], "'x' is not a URL"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_a_usage_error_of_deliveries_is_one_line_and_exit_code_2(
    name: str, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, sentence = CANNOT[name]
    assert main(["deliveries", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err


def test_an_unreachable_sink_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKPROOF_SINK", f"http://127.0.0.1:{free_port()}")
    for action in (["list"], ["show", "1"], ["wait"], ["list", "--follow"], ["clear", "--yes"]):
        assert main(["deliveries", *action]) == 2
        assert "does not respond (" in capsys.readouterr().err
    monkeypatch.setenv("HOOKPROOF_SINK", "4020")
    assert main(["deliveries", "list"]) == 2
    assert "'HOOKPROOF_SINK'): '4020' is not a URL" in capsys.readouterr().err
