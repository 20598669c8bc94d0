"""Contract at a URL on loopback: fetched once, and one clear sentence for each failure."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.command_line import parse_command_line
from support.processes import handled, hookproof, hookproof_in
from support.pytest_runs import run_light_pytest

from hookproof import contract_url
from hookproof.contract_url import ContractUrl, fetched, parse_contract_url
from hookproof.errors import CommandError
from openapi.parsing.document_source import DocumentText

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {"/items": {"get": {"responses": {"200": {"description": "fine"}}}}},
}
BROKEN = {**DOCUMENT, "paths": {"/items": {"get": {"responses": {"200": {"$ref": "a.yaml#/b"}}}}}}
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes | dict[str, Any], status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return respond


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Send a body that never ends, until the client closes the connection."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Send no response until the client closes the connection."""
    handler.rfile.read()


PATHS: dict[str, Answer] = {
    "/openapi.json": answer(DOCUMENT),
    "/openapi.yaml": answer(b"openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {}\n"),
    "/broken.json": answer(BROKEN),
    "/page": answer(b"<!doctype html><html><body>Hello: {{</body></html>"),
    "/no.json": answer(b"{nothing}"),
    "/latin": answer(b"\xff\xfe"),
    "/near": answer(b"", 307, Location="/openapi.json"),
    "/far": answer(b"", 302, Location="http://user:hidden@example.com/openapi.json?key=hidden"),
    "/round": answer(b"", 302, Location="/round"),
    "/endless": endless,
    "/silent": silent,
}


@contextmanager
def serving(asked: list[str]) -> Iterator[str]:
    """Serve `PATHS`, and append each request to `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('authorization', '')}".strip())
            respond = PATHS.get(self.path.partition("?")[0], answer(b"", 404))
            respond(self)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def url(asked: list[str]) -> Iterator[str]:
    with serving(asked) as url:
        yield url


def fetch(url: str) -> DocumentText:
    found = fetched(parse_contract_url(url))
    assert isinstance(found, DocumentText)
    return found


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml", "/near"])
def test_fetches_a_document(url: str, path: str) -> None:
    assert "Shop" in fetch(url + path).text
    assert fetch(url + path).name == url + path


@pytest.mark.integration
def test_names_no_secret_of_the_url(url: str, asked: list[str]) -> None:
    found = fetch(f"{url.replace('//', '//ada:hidden@')}/openapi.json?key=hidden#hidden")
    assert found.name == f"{url}/openapi.json"
    assert asked == ["/openapi.json?key=hidden Basic YWRhOmhpZGRlbg=="]
    with pytest.raises(CommandError) as raised:
        fetch(f"{url.replace('//', '//ada:hidden@')}/nowhere?key=hidden")
    assert str(raised.value).startswith(f"{url}/nowhere: the service responded 404")


FAILURES = {
    "/nowhere": "the service responded 404, not 200: check the path of the document",
    "/latin": "not UTF-8 at byte 0",
    "/far": "it redirects to http://example.com/openapi.json, which is not on this machine: "
    "save the document as a file",
    "/round": "it redirects more than 5 times",
    "/endless": "the document is larger than 1 MiB: save it as a file",
    "/silent": "no whole response within 0.2 s",
}


@pytest.mark.integration
@pytest.mark.parametrize("path", FAILURES)
def test_a_failure_is_one_sentence(url: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_url, "MAX_DOCUMENT_BYTES", 2**20)
    if path == "/silent":
        monkeypatch.setattr(contract_url, "FETCH_TIMEOUT_S", 0.2)
    with pytest.raises(CommandError) as raised:
        fetch(url + path)
    assert str(raised.value) == f"{url}{path}: {FAILURES[path]}"


@pytest.mark.integration
def test_a_port_without_a_service_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(
        CommandError, match=r"/a: cannot connect \(.*\): check that the service runs"
    ):
        fetch(f"http://localhost:{port}/a")


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/openapi.json",
        "HTTPS://localhost/a",
        "http://[::1]:1/",
        "http://127.9.9.9",
    ],
)
def test_a_loopback_host_is_allowed(text: str) -> None:
    assert parse_contract_url(text) == ContractUrl(text)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "10.0.0.1",
        "[::2]",
        "localhost.example.com",
        "127.1",
        "127.0.0.1.nip.io",
        "0.0.0.0",
    ],
)
def test_another_host_is_refused(host: str) -> None:
    with pytest.raises(
        ValueError, match="is not on this machine: a contract is fetched only from"
    ) as e:
        parse_contract_url(f"http://ada:hidden@{host}/openapi.json?key=hidden")
    assert "hidden" not in str(e.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1/a b",
    ],
)
def test_a_malformed_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the URL of the contract is malformed"):
        parse_contract_url(text)


@pytest.mark.parametrize(
    "command", ["mock", "sink", "token", "faults", "selftest", "verify", "lint"]
)
def test_every_command_takes_a_url(command: str, tmp_path: Path) -> None:
    stated = "http://127.0.0.1:9/openapi.json"
    arguments = [command, *([stated] if command == "lint" else ["--contract", stated])]
    found = parse_command_line(arguments, tmp_path).contract
    assert ContractUrl(stated) in (found if isinstance(found, tuple) else (found,))


def test_the_configuration_file_takes_a_url(tmp_path: Path) -> None:
    stated = "http://127.0.0.1:9/openapi.json"
    (tmp_path / "hookproof.toml").write_text(f'[mock]\ncontract = "{stated}"\n', encoding="utf-8")
    options: SimpleNamespace = parse_command_line(["mock"], tmp_path)
    assert options.contract == ContractUrl(stated)


@pytest.mark.integration
def test_lint_names_the_url(url: str) -> None:
    assert (
        hookproof("lint", f"{url}/openapi.json").stdout
        == f"{url}/openapi.json: 0 errors, 0 warnings\n"
    )
    broken = hookproof("lint", f"{url}/broken.json")
    assert broken.returncode == 1
    assert f"  {url}/broken.json:1:" in broken.stdout
    assert "'a.yaml' is another file, and the document is no file" in broken.stdout


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/no.json", "{url}/no.json:1:2: not JSON: Expecting property name"),
        ("/page", "{url}/page: this is a page, no OpenAPI document"),
    ],
)
def test_a_text_that_is_no_document_is_one_sentence(url: str, path: str, sentence: str) -> None:
    done = hookproof("faults", "--contract", url + path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hookproof: {sentence.format(url=url)}")
    assert done.stderr.count("\n") == 1


@pytest.mark.integration
def test_another_host_is_an_error_of_the_command_line() -> None:
    done = hookproof("lint", "http://example.com/openapi.json")
    assert done.returncode == 2
    assert "http://example.com/openapi.json is not on this machine" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.integration
def test_the_fixture_takes_a_url(url: str, asked: list[str], tmp_path: Path) -> None:
    ini = f"[pytest]\nhookproof_contract = {url}/openapi.json\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    test = "def test_it(hookproof_sink):\n    assert hookproof_sink.url\n"
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    done = run_light_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert asked == ["/openapi.json"]


@pytest.mark.integration
def test_a_report_says_why_the_contract_cannot_be_fetched(
    url: str, port: int, tmp_path: Path
) -> None:
    listen = ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", "report"]
    done = hookproof_in(tmp_path, "verify", url, "--contract", f"{url}/nowhere", *listen)
    assert done.returncode == 2
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["reason"] == f"{url}/nowhere: {FAILURES['/nowhere']}"
    assert report["contract"]["file"] == f"{url}/nowhere"
