"""Snippets of the pages: the suite runs every shell and Python block that can run.

A block runs in a new folder, beside the services that it names: a mock at the ports 4010 and 8000,
a sink at 4020, a receiver at 3000. Each gets a free port instead. The tables say which blocks do
not run here, and why.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from receivers.launching import SECRET, running
from support.processes import TESTS, hookproof_in, launched, started

from hookproof.testing import EventSender
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

ROOT = TESTS.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")))
}
TUTORIAL = "docs/tutorial.md"
"""Page whose blocks run one after the other, and print what it says."""
INSTALLS = "installs hookproof: the tox environments do"
MINUTES = "takes minutes, and needs a checkout"
RELEASES = "makes a release"
NO_ENGINE = "needs a container engine"
OVERLAYS = "needs the reader's application: tests/e2e/test_overlays.py and test_init.py have one"
NOT_RUN = {
    "README.md: make test": "installs hookproof and runs this test",
    "README.md: hookproof --version": INSTALLS,
    "CONTRIBUTING.md: make test": "installs hookproof and runs this test",
    "RELEASING.md: python3 .ci/release.py 0.2.0 2026-12-24": RELEASES,
    "RELEASING.md: make test": RELEASES,
    "RELEASING.md: uvx --from dist/hookproof-0.2.0-py3-none-any.whl hookproof demo": RELEASES,
    "docs/index.md: hookproof demo": INSTALLS,
    "docs/ci.md: hookproof verify https://api.test.example.com --allow-host api.test.example.com": (
        "needs a service on another machine"
    ),
    "docs/ci.md: pytest --pyargs contracts": "tests/hookproof/test_pytest_plugin.py runs it",
    "docs/compatibility.md: PYTHONPATH=tests/shared python benchmarks/documents.py": MINUTES,
    "docs/load.md: hookproof load": "takes a minute, or needs other machines",
    "docs/mock.md: python benchmarks/mock.py": MINUTES,
    "docs/scale.md: hookproof sink": "needs a PostgreSQL server",
    "docs/scale.md: PYTHONPATH=tests/shared python benchmarks/judged_load.py": MINUTES,
    "docs/scale.md: python benchmarks/store.py": MINUTES,
    "docs/webhooks.md: hookproof sink --store postgresql:": "needs a PostgreSQL server",
    "docs/webhooks.md: python benchmarks/sink.py": MINUTES,
    "docs/schemathesis.md: .venv/bin/schemathesis run": (
        "installs hookproof; tests/e2e/test_schemathesis_run.py runs the command"
    ),
    "docs/selftest.md: hookproof selftest --sample 12 --seed 1": MINUTES,
    "docs/overlays.md: hookproof verify http://127.0.0.1:8000 --contract "
    "http://127.0.0.1:8000/openapi.json --overlay pets.overlay.yaml": OVERLAYS,
    "docs/pull-requests.md: docker run --rm --no-healthcheck": NO_ENGINE,
    "docs/receiver-examples.md: hookproof verify-receiver": (
        "needs a framework: tests/frameworks runs the receivers"
    ),
}
"""Reason why a shell block does not run here, by the beginning of its last line."""
CODES = {
    "README.md: hookproof verify": {"hookproof verify": 1},
    "docs/receivers.md: hookproof trigger personalAccessToken.created --to "
    "http://127.0.0.1:3000/webhooks --repeat 2": {"--fault": 1, "--age 3600": 1},
    "docs/verify-receiver.md: hookproof verify-receiver http://127.0.0.1:3000/webhooks "
    "--signature stripe": {"--signature stripe": 2},
}
"""Lines of a block that end with another exit code than 0, by a part of them."""
MOCK_OPTIONS = {
    "docs/ci.md: hookproof verify http://127.0.0.1:8000 --operation": ["--contract", "api.yaml"],
    "README.md: hookproof verify": ["--fault", "name-truncated"],
    "docs/ci.md: hookproof verify http://127.0.0.1:8000 --contract api.yaml": [
        *("--contract", "api.yaml"),
        *("--credential", "ApiKey=...", "--credential", "Staff=user:password"),
    ],
    "docs/contracts.md: hookproof verify --contract parcels.yaml": ["--contract", "parcels.yaml"],
    "docs/overlays.md: hookproof lint pets.yaml": [
        *("--contract", "pets.yaml", "--overlay", "pets.overlay.yaml"),
    ],
}
"""Options of the mock beside a block."""
PYTHON_ELSEWHERE = {
    "CONTRIBUTING.md": (4, "tests/meta/test_docs.py"),
    "docs/overlays.md": (1, "tests/e2e/test_init.py"),
    "docs/receiver-examples.md": (3, "tests/frameworks/test_example_receivers.py"),
    "docs/sink-api.md": (5, "tests/meta/test_docs.py"),
    "docs/webhooks.md": (1, "tests/meta/test_docs.py"),
}
"""Pages whose Python blocks other tests run: their number, and the test."""
API = """\
openapi: 3.1.0
info: {title: API, version: "1"}
paths:
  /users:
    get:
      operationId: listUsers
      security: [{ApiKey: []}, {Staff: []}, {}]
      responses:
        "200":
          description: all users
          content: {application/json: {schema: {type: array, items: {type: string}}}}
  /users/{id}:
    delete:
      operationId: deleteUser
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: removed}}
components:
  securitySchemes:
    ApiKey: {type: apiKey, in: header, name: X-Api-Key}
    Staff: {type: http, scheme: basic}
"""
CREATE_A_TOKEN = """\
#!/bin/sh
exec hookproof trigger personalAccessToken.created --webhook-secret development \\
  --to "${3:-$HOOKPROOF_SINK/hooks}" --set "/data/name=$1"
"""
FIXTURES = """\
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

STORED = {}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        valid = verified(body, self.headers["Webhook-Signature"], "development")
        if valid:
            data = json.loads(body)["data"]
            STORED[data["id"]] = data["name"]
        self.send_response(204 if valid else 401)
        self.end_headers()


@pytest.fixture
def live_server():
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


@pytest.fixture
def tokens():
    return SimpleNamespace(count=lambda name: [*STORED.values()].count(name))
"""
"""Fixtures of the reader's tests: an application, and the tokens that it stores."""
SERVER = re.compile(r"hookproof (?:mock|sink)\b[^&]*")
PLAIN = re.compile(r"hookproof [^$|;&<>`]*")
PLAIN_EXPORT = re.compile(r"export [A-Z_]+=[^$`]*")


@dataclass(frozen=True)
class Block:
    """Block of a page in a shell language."""

    page: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Lines without comments."""
        return [one for one in self.text.splitlines() if not one.startswith("#")]

    def __str__(self) -> str:
        """Return the name: the page and the last line, which is the most specific one."""
        return f"{self.page}: {self.lines[-1].strip()}"

    def in_table(self, table: Mapping[str, Any]) -> Any:
        """Return the value whose key is the beginning of the name, None without one."""
        return next((value for key, value in table.items() if str(self).startswith(key)), None)


def fenced(page: str, *languages: str) -> list[str]:
    found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```$", PAGES[page], re.MULTILINE | re.DOTALL)
    return [
        re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
        for indent, language, text in found
        if language in languages
    ]


MAX_REQUESTS = 60
"""Budget of a run, for a short test."""
BLOCKS = [Block(page, text) for page in PAGES for text in fenced(page, "sh", "bash")]
RUN = [block for block in BLOCKS if block.page != TUTORIAL and block.in_table(NOT_RUN) is None]


@cache
def development_token() -> str:
    """Return a token of the published secret with the permissions of both contracts."""
    contracts = (load_contract(), load_contract(TESTS / "data" / "parcels.yaml"))
    operations = [operation for contract in contracts for operation in contract.operations]
    permissions = [one for operation in operations for one in operation.permissions]
    return mint(DEVELOPMENT_SECRET, permissions, None)


class World:
    """Folder, environment and services of one block."""

    def __init__(self, folder: Path, stack: ExitStack, block: Block) -> None:
        self.folder = folder
        self.hooks = free_port()
        self._stack = stack
        self._own_mock = free_port()
        self.environment = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOOKPROOF_WEBHOOK_SECRET": SECRET if "parcels.yaml" in block.text else "development",
            "WEBHOOK_SECRET": "development",
        }
        self._write_files(block)
        os.chdir(folder)
        self._ports = self._start_services(block)

    def _write_files(self, block: Block) -> None:
        for name in ("parcels.yaml", "orders.yaml"):
            (self.folder / name).write_bytes((TESTS / "data" / name).read_bytes())
        texts = {
            "api.yaml": API,
            "body.json": '{"event": "a"}',
            "create-a-token": CREATE_A_TOKEN,
            "count-payments": '#!/bin/sh\nexec curl -s "$EFFECTS"\n',
            "openapi.yaml": (TESTS / "data" / "receiver.yaml").read_text(encoding="utf-8"),
            "api/openapi.json": (TESTS / "data" / "springdoc.json").read_text(encoding="utf-8"),
            "hookproof.toml": f"[mock]\nport = {self._own_mock}\n\n[sink]\nport = 0\n\n"
            f'[verify]\nwebhook-listen = "127.0.0.1:{self.hooks}"\nprofile = "quick"\n'
            f"max-requests = {MAX_REQUESTS}\n"
            + ('contract = "api.yaml"\n' if "--operation" in block.text else ""),
        }
        for name in ("hookproof", "pytest"):
            texts[f"bin/{name}"] = f'#!/bin/sh\nexec {sys.executable} -m {name} "$@"\n'
        for name in ("python", "python3"):
            texts[f"bin/{name}"] = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
        yaml = fenced(block.page, "yaml")
        if block.page == "docs/overlays.md" and "hookproof init" not in block.text:
            texts |= {"pets.yaml": yaml[0], "pets.overlay.yaml": yaml[1]}
        if block.page == "docs/mock.md":
            (texts["orders-data.yaml"],) = (one for one in yaml if one.startswith("/orders:"))
        for name, text in texts.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)

    def _start_services(self, block: Block) -> dict[str, int]:
        """Start what the block names and does not start itself; return the ports."""
        others = "\n".join(line for line in block.lines if not SERVER.fullmatch(line))
        ports = {"4010": self._own_mock, "4020": self.hooks, "8000": self._own_mock}
        self.environment["HOOKPROOF_TOKEN"] = development_token()
        if re.search(r":(?:4010|8000)", others) and "hookproof mock" not in others:
            options = block.in_table(MOCK_OPTIONS) or []
            webhooks = ["--webhook-url", f"http://127.0.0.1:{self.hooks}/hooks"]
            url = self._start("mock", "--port", "0", *webhooks, *options)
            ports["4010"] = ports["8000"] = httpx.URL(url).port or 0
        if re.search(r":4020|deliveries list", others) and "hookproof mock" not in block.text:
            url = self._start("sink", "--port", "0")
            ports["4020"] = httpx.URL(url).port or 0
            self.environment["HOOKPROOF_SINK"] = url
            sender = EventSender(load_contract(), secret="development", to=f"{url}/webhooks")
            for _ in range(3):
                assert sender.send("personalAccessToken.created").is_success
        if ":3000" in others:
            named = re.search(r"whsec_\S+", block.text)
            scheme, secret = ("standard-webhooks", named[0]) if named else ("body", "development")
            receiver = self._stack.enter_context(running("python", secret=secret, scheme=scheme))
            ports["3000"] = receiver.port
            self.environment["EFFECTS"] = receiver.effects_url
        return ports

    def _start(self, *arguments: str) -> str:
        command = ["-m", "hookproof", *arguments]
        return self._stack.enter_context(started(command, **self.environment))

    def placed(self, text: str) -> str:
        """Return a text of the page with the ports of this world and with real credentials."""
        text = text.replace("8000/openapi.json", "8000/_hookproof/contract.json")
        text = text.replace(":3000/count", ":3000/effects")
        text = re.sub(r"^export HOOKPROOF_\w+=\.\.\.\n", "", text, flags=re.MULTILINE)
        for port, other in self._ports.items():
            text = text.replace(f":{port}", f":{other}")
        return text


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    monkeypatch.chdir(Path.cwd())  # `World` changes the folder
    with ExitStack() as opened:
        yield opened


def run_in_bash(world: World, text: str, codes: Mapping[str, int]) -> str:
    """Run a script, whose lines end with 0 or with their code of `codes`; return its output."""
    lines = ["set -e", 'signature=$(hookproof signature sign body.json | sed "s/^[^:]*: //")']
    lines = lines if "$signature" in text else lines[:1]
    for line in text.splitlines():
        code = next((code for part, code in codes.items() if part in line), 0)
        lines.append(f"{line} || [ $? = {code} ]" if code else line)
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        env={**os.environ, **world.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_line_by_line(world: World, text: str, codes: Mapping[str, int]) -> None:
    """Run commands of hookproof in forked processes; stop each server as soon as it listens."""
    environment = dict(world.environment)
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            environment[name] = value
        elif SERVER.fullmatch(line):
            with launched(["-m", "hookproof", *words[1:]], **environment) as (_, server):
                server.terminate()
                server.wait()
                assert server.returncode == 0, line
        else:
            done = hookproof_in(world.folder, *words[1:], **environment)
            code = next((code for part, code in codes.items() if part in line), 0)
            assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_shell_block_runs(block: Block, tmp_path: Path, stack: ExitStack) -> None:
    world = World(tmp_path, stack, block)
    text = world.placed(block.text)
    codes = block.in_table(CODES) or {}
    if all(PLAIN.fullmatch(one) or PLAIN_EXPORT.fullmatch(one) for one in block.lines):
        run_line_by_line(world, text, codes)
    else:
        assert not any(SERVER.fullmatch(one) for one in block.lines)
        run_in_bash(world, text, codes)


def test_the_tutorial_prints_what_it_says(tmp_path: Path, stack: ExitStack) -> None:
    text = "".join(fenced(TUTORIAL, "sh"))
    world = World(tmp_path, stack, Block(TUTORIAL, text))
    coded = re.sub(
        "^(hookproof verify .*)$", r'\1 || echo "exit code $?"', text, flags=re.MULTILINE
    )
    rest = run_in_bash(world, world.placed(coded), {})
    assert re.findall(r"^exit code (\d+)$", rest, re.MULTILINE) == ["1"]
    shown = "\n".join(fenced(TUTORIAL, "text")).replace("\n", "...")
    for part in filter(None, (one.strip() for one in shown.split("..."))):
        assert part in rest, part
        rest = rest.partition(part)[2]


def test_each_reason_belongs_to_a_block() -> None:
    for table in (NOT_RUN, MOCK_OPTIONS, CODES):
        for key in table:
            assert [str(one) for one in BLOCKS if str(one).startswith(key)], key
    assert len(RUN) > 40
    assert len({str(block) for block in BLOCKS}) > 55


def test_a_block_with_a_mistake_fails(tmp_path: Path, stack: ExitStack) -> None:
    world = World(tmp_path, stack, Block("README.md", "true\n"))
    with pytest.raises(AssertionError, match="No such option"):
        run_line_by_line(world, "hookproof token --tenants north\n", {})
    with pytest.raises(AssertionError, match="No such option"):
        run_in_bash(world, "TOKEN=$(hookproof token --tenants north)\n", {})


def test_the_python_blocks_of_receivers_run(tmp_path: Path, stack: ExitStack) -> None:
    in_pytest, script = fenced("docs/receivers.md", "python")
    world = World(tmp_path, stack, Block("docs/receivers.md", script))
    (verified,) = fenced("docs/webhooks.md", "python")
    (tmp_path / "conftest.py").write_text(verified + FIXTURES, encoding="utf-8")
    (tmp_path / "test_page.py").write_text(in_pytest, encoding="utf-8")
    (tmp_path / "script.py").write_text(world.placed(script), encoding="utf-8")
    assert "4 passed" in run_in_bash(world, "pytest test_page.py", {})
    assert run_in_bash(world, "python script.py", {}).strip() == "200"


def test_the_python_block_of_schemas_runs() -> None:
    (block,) = fenced("docs/schemas.md", "python")
    known: dict[str, Any] = {}
    exec(block, known)
    path = TESTS / "data" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    assert known["findings"](path) == [one["message"] for one in report["findings"]]


def test_each_python_block_is_run_by_a_test() -> None:
    here = {"docs/receivers.md": 2, "docs/schemas.md": 1}
    counts = {page: len(fenced(page, "python")) for page in PAGES}
    known = here | {page: count for page, (count, _) in PYTHON_ELSEWHERE.items()}
    assert {page: count for page, count in counts.items() if count} == known
    assert all((ROOT / path).is_file() for _, path in PYTHON_ELSEWHERE.values())
