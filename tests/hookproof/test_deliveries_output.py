"""Command `hookproof deliveries`: resend, export and copies."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from support.processes import handled, started

from hookproof.cli import main
from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration

BODIES = (b'{"a":  1}', bytes(range(256)), b"")


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the URL of a sink with three deliveries; it is also in the environment."""
    with started(["-m", "hookproof", "sink", "--port", "0"]) as url:
        for body in BODIES:
            httpx.post(f"{url}/hooks?x=1", content=body, headers={"X-Shop": "one"})
        monkeypatch.setenv("HOOKPROOF_SINK", url)
        yield url


def receiver(got: list[bytes], statuses: list[int]) -> type[BaseHTTPRequestHandler]:
    """Return a handler that appends each body to `got` and sends `statuses` in order."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["X-Shop"] == "one"
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            status = statuses.pop(0)
            body = b'{"message": "no such order"}\n\x1b[31mred\n' if status == 500 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def test_resends_deliveries(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    got: list[bytes] = []
    with handled(receiver(got, [200, 204, 500, 200, 200])) as there:
        assert main(["deliveries", "resend", "2", "1", "--to", f"{there}/in"]) == 0
        assert got == [BODIES[1], BODIES[0]]
        first, second = capsys.readouterr().out.splitlines()
        assert first.startswith(f"2 to {there}/in?x=1: 200 after 0.")
        assert second.startswith(f"1 to {there}/in?x=1: 204 after 0.")
        assert main(["deliveries", "resend", "1", "--to", there]) == 1
        failed, *body = capsys.readouterr().out.splitlines()
        assert ": 500 after " in failed
        assert body == ['  {"message": "no such order"}', r"  \x1b[31mred"]
        assert main(["deliveries", "show", "1"]) == 0
        shown = capsys.readouterr().out
        assert shown.count(f"\nresend     {there}/") == 2
        assert main(["deliveries", "resend", "9", "1", "--json", "--to", there]) == 1
        out, err = capsys.readouterr()
        assert [one["status"] for one in json.loads(out)] == [200]
        assert "there is no delivery 9" in err
    assert len(got) == 4


def test_resend_reports_an_error_or_a_rejection(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    assert main(["deliveries", "resend", "1", "--to", nobody]) == 1
    assert capsys.readouterr().out.startswith(f"1 to {nobody}hooks?x=1: nothing listens ")
    assert main(["deliveries", "resend", "1", "--to", "http://192.0.2.7/"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "--resend-to http://192.0.2.7" in err


def test_exports_deliveries(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("an older one", encoding="utf-8")
    assert main(["deliveries", "export", "--output", str(path)]) == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]
    assert list(tmp_path.iterdir()) == [path]
    har = tmp_path / "all.har"
    given = ["--format", "har", "--path", "/hooks", "--output", str(har)]
    assert main(["deliveries", "export", *given]) == 0
    entries = json.loads(har.read_text(encoding="utf-8"))["log"]["entries"]
    assert [entry["request"]["method"] for entry in entries] == ["POST"] * 3
    assert main(["deliveries", "export", "--output", str(tmp_path / "no" / "x")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_an_interrupted_export_keeps_the_old_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("an older one", encoding="utf-8")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"id": 1}\n')

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with handled(Handler) as there:
        given = ["--sink", there, "--output", str(path)]
        assert main(["deliveries", "export", *given]) == 2
    assert "does not respond (" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "an older one"
    assert list(tmp_path.iterdir()) == [path]


def test_show_prints_a_delivery_as_curl_test_or_har(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deliveries", "show", "1", "--format", "curl"]) == 0
    line = capsys.readouterr().out
    subprocess.run(["bash", "-c", line], check=True, capture_output=True)
    again = httpx.get(f"{url}/_hookproof/api/deliveries/4").json()
    assert again["body"]["text"] == BODIES[0].decode()
    given = ["show", "1", "--format", "test", "--to", "http://127.0.0.1:3000"]
    assert main(["deliveries", *given]) == 0
    copy = capsys.readouterr().out
    compile(copy, "test", "exec")
    assert "http://127.0.0.1:3000" in copy
    assert main(["deliveries", "show", "1", "--format", "har"]) == 0
    assert json.loads(capsys.readouterr().out)["request"]["method"] == "POST"
    assert main(["deliveries", "show", "9", "--format", "curl"]) == 1
