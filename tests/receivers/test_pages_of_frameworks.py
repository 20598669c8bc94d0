"""Pages that frameworks send in place of the receiver's response: `verify-receiver` reads them."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from receivers.launching import SECRET
from support.processes import handled, hookproof

pytestmark = pytest.mark.integration

CONTRACT = Path(__file__).resolve().parents[1] / "data" / "receiver.yaml"
REFUSAL = f"""<!DOCTYPE html><html><head><title>403</title><style>p {{ color: red }}</style></head>
<body><h1>Forbidden</h1><p>CSRF&nbsp;verification failed, key {SECRET}.</p></body></html>"""
TRACE = (
    "<pre>PayloadTooLargeError: request entity too large<br> &nbsp; &nbsp;at readStream "
    "(/srv/node_modules/raw-body/index.js:163:17)<br></pre>"
)


class Page(BaseHTTPRequestHandler):
    """Receiver that answers each delivery with a page, or only a large one."""

    status = 403
    page = REFUSAL
    min_bytes = 0

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.rfile.read(size)
        body = self.page.encode() if size >= self.min_bytes else b""
        self.send_response(self.status if body else 204)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


class TraceOfLarge(Page):
    """Receiver that accepts all, and shows a stack trace in HTML for a large delivery."""

    status = 413
    page = TRACE
    min_bytes = 100 * 1024


def judge(url: str, folder: Path, *options: str) -> tuple[int, dict[str, object]]:
    """Return exit code and report of a run."""
    chosen = ["--contract", str(CONTRACT), "--report-dir", str(folder), "--webhook-secret", SECRET]
    done = hookproof("verify-receiver", url, *chosen, *options)
    return done.returncode, json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_a_refusal_without_other_reason_is_quoted(tmp_path: Path) -> None:
    with handled(Page) as url:
        code, report = judge(url, tmp_path)
    assert code == 2
    reason = str(report["reason"])
    assert "check that it has the secret of --webhook-secret" in reason
    assert '; its response: "Forbidden CSRF verification failed, key ' in reason
    assert SECRET not in reason


@pytest.mark.parametrize(("page", "code"), [(TRACE, 1), ("<pre>too large<br></pre>", 0)])
def test_a_stack_trace_in_html_is_found(page: str, code: int, tmp_path: Path) -> None:
    handler = type("Handler", (TraceOfLarge,), {"page": page})
    with handled(handler) as url:
        only = ("--only", "receiver-size", "--only", "receiver-disclosure")
        found, report = judge(url, tmp_path, *only)
    assert found == code, report["findings"]
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [one["check"] for one in findings] == ["receiver-disclosure"] * code
