"""`hookproof deliveries`: what goes out again, to a receiver, into a file, as a line to paste."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from processes import handled

from hookproof.cli import main


def test_an_export_that_breaks_off_leaves_the_file_as_it_was(
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
    assert "does not answer (" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "an older one"
    assert list(tmp_path.iterdir()) == [path]
