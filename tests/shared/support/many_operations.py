"""Contract of many small operations, and a service that answers each with one status."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from openapi.contract import Contract
from openapi.loading.loader import load_contract
from support.processes import handled, hookproof_in

CAUSES = {"200": "valid-request", "400": "invalid-request"}


def operation(name: str, **more: Any) -> dict[str, Any]:
    """Return a public operation without a body; `more` are further properties of it."""
    responses = {
        status: {"description": status, "x-hookproof-cause": {"kind": kind, "source": "tests"}}
        for status, kind in CAUSES.items()
    }
    marked = {"operationId": name, "x-hookproof-provenance": "tests"}
    return {**marked, "responses": responses, **more}


def path_parameter(name: str, **schema: Any) -> dict[str, Any]:
    """Return a path parameter; the default is any text."""
    stated = {"name": name, "in": "path", "required": True, "x-hookproof-provenance": "tests"}
    return {**stated, "schema": {"type": "string", **schema}}


def document(paths: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an OpenAPI document with these path items."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Many operations", "version": "1"},
        "x-hookproof-sources": {"tests": {"level": "documented", "title": "The tests"}},
        "paths": paths,
    }


def write_contract(path: Path, paths: Mapping[str, Mapping[str, Any]]) -> Contract:
    """Write the document of these path items to `path`, and load it."""
    path.write_text(json.dumps(document(paths)), encoding="utf-8")
    return load_contract(path)


def numbered(count: int) -> dict[str, dict[str, Any]]:
    """Return `count` paths `/op0`, `/op1` with one GET each."""
    return {f"/op{n}": {"get": operation(f"op{n}")} for n in range(count)}


@contextmanager
def answering(statuses: Mapping[str, int] | None = None) -> Iterator[tuple[str, Counter[str]]]:
    """Serve the status of each path, 200 by default and 0 to close the connection.

    Yield the URL, and the number of requests by path.
    """
    known, seen, lock = dict(statuses or {}), Counter[str](), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            with lock:
                seen[path] += 1
            status = known.get(path, 200)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url, seen


def judge_quickly(contract: Path, url: str, *options: str) -> tuple[int, str, dict[str, Any]]:
    """Run `hookproof verify` beside `contract`; return exit code, output and report.

    Saved cases are beside it too.
    """
    report = contract.parent / "report"
    fixed = ["--profile", "quick", "--no-webhooks", "--no-cache"]
    named = ["--contract", str(contract), "--report-dir", str(report)]
    done = hookproof_in(contract.parent, "verify", url, *named, *fixed, *options)
    data: dict[str, Any] = json.loads((report / "report.json").read_text(encoding="utf-8"))
    return done.returncode, done.stdout + done.stderr, data
