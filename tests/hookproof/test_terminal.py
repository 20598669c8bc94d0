"""Output on a pseudo-terminal: tables and progress; plain lines where a terminal wants them."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.cells import cell_len
from support.processes import WEBHOOK_SECRET, hookproof, running_mock, token
from support.terminals import on_terminal

from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from openapi.safe_text import is_hidden
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

SEQUENCE = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")
LIST = ["-m", "hookproof", "deliveries", "list"]
PLAIN = [{"NO_COLOR": "1"}, {"CI": "true"}, {"TERM": "dumb"}]


def shown(output: str) -> list[str]:
    """Return the lines of a terminal without escape sequences and padding."""
    return [line.rstrip() for line in SEQUENCE.sub("", output).split("\n")]


@pytest.fixture
def sink() -> Iterator[str]:
    """Yield the URL of a sink with three deliveries."""
    with Sink(load_contract(), WEBHOOK_SECRET) as running:
        for path in ("/a", "/b", "/[red]x[/red]:key:"):
            httpx.post(running.url + path, content=b"{}")
        yield running.url


ROWS = [
    ("1", "plain", "200", "a long text " * 8),
    ("2", "漢字漢字", "200", "漢字 " * 20),
    ("3", "🔑[red]x[/red]:key:", "200", "é" * 90),
]
"""Cells of a table. Ids and statuses must align; nothing is markup."""


@pytest.mark.parametrize("columns", [300, 80, 40])
def test_columns_with_wide_characters_align(columns: int) -> None:
    script = f"from hookproof.output import print_table as p; p('ABCD', {ROWS}, [], unbroken=2)"
    with on_terminal(["-c", script], columns) as terminal:
        lines = shown(terminal.read())
    assert all(cell_len(line) <= columns for line in lines)
    text = "".join("".join(lines).split())
    assert all("".join(cell.split()) in text for row in ROWS for cell in row)
    if columns == 40:
        assert [line[0] for line in lines if line[:1].strip()] == [*"ABCD"] * 3
        return
    statuses = [line for line in lines if " 200 " in line]
    starts = {cell_len(line[: line.index(" 200 ")]) + 1 for line in statuses}
    assert (len(statuses), starts) == (3, {lines[0].index("C")})
    assert "🔑[red]x[/red]:key:" in "".join(lines)


def test_deliveries_are_a_table_on_a_terminal(sink: str) -> None:
    with on_terminal([*LIST, "--sink", sink], 120) as terminal:
        head, *lines = shown(terminal.read())
    assert head.split() == ["TIME", "ID", "REQUEST", "RESPONSE", "EVENT", "VERDICT"]
    assert [line[21] for line in lines if " 200 " in line] == ["3", "2", "1"]
    assert all(cell_len(line) <= 120 for line in lines)


@pytest.mark.parametrize("columns", [80, 40])
def test_a_delivery_takes_two_lines_of_a_narrow_terminal(sink: str, columns: int) -> None:
    httpx.post(f"{sink}/hooks", json={"event": load_contract().events[0].name})
    with on_terminal([*LIST, "--sink", sink], columns) as terminal:
        lines = shown(terminal.read())
    assert [line[0] for line in lines if line[:1].isdecimal()] == ["4", "3", "2", "1"]
    assert all(cell_len(line) <= columns for line in lines)
    # No word is broken.
    assert any(load_contract().events[0].name in line for line in lines)
    assert any("violations;" in line for line in lines)
    if columns == 80:
        assert re.fullmatch(r"4  [\d-]{10} [\d:]{8}  200  POST /hooks", lines[0])
        assert lines[1].startswith("    ")
        assert lines[2].startswith("3  ")


def test_new_deliveries_continue_the_table(sink: str) -> None:
    with on_terminal([*LIST, "--follow", "--sink", sink], 120) as terminal:
        terminal.read(until=":key:")
        for path in ("later/than/b", "end"):
            httpx.post(f"{sink}/{path}", content=b"{}")
        lines = shown(terminal.read(until="/end"))
    rows = [line for line in lines if " 200 " in line][:4]
    assert "/later/than/b" in rows[-1]
    assert len({line.index(" 200 ") for line in rows}) == 1
    assert "VERDICT" not in "".join(lines)


def test_faults_are_a_table_on_a_terminal() -> None:
    with on_terminal(["-m", "hookproof", "faults"], 80) as terminal:
        output = terminal.read()
    head, *lines = shown(output)
    assert head.split() == ["FAULT", "CATEGORY", "DESCRIPTION", "EXPECTED"]
    assert all(cell_len(line) <= 80 for line in lines)
    assert "\t" not in output


def test_plain_output_loads_neither_rich_nor_jinja2() -> None:
    script = (
        "import sys; from hookproof.cli import main; main(['faults'])\n"
        "print(*{'jinja2', 'rich'} & set(sys.modules), file=sys.stderr)\n"
        "import hookproof.commands.verify; assert 'jinja2' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "\n"


@pytest.mark.parametrize("variables", PLAIN)
def test_output_is_plain_if_the_environment_wants_it(variables: dict[str, str]) -> None:
    with on_terminal(["-m", "hookproof", "faults"], 80, **variables) as terminal:
        assert terminal.read() == hookproof("faults").stdout


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """Yield the URL of a mock with a fault."""
    with running_mock(free_port(), "--fault", "error-as-html") as url:
        yield url


def verify(url: str, *options: str) -> list[str]:
    given = ["--token", token(), "--profile", "quick", "--no-webhooks", "--extra-phase", "none"]
    return ["-m", "hookproof", "verify", url, *given, "--seed", "1", "--no-saved-cases", *options]


@pytest.mark.parametrize("columns", [80, 40])
def test_progress_of_a_run_is_one_line(mock: str, columns: int, tmp_path: Path) -> None:
    arguments = verify(mock, "--max-requests", "60", "--report-dir", str(tmp_path))
    with on_terminal(arguments, columns) as terminal:
        output = terminal.read()
        assert terminal.process.wait() == 1
    progress = re.findall(r"\r(?:\x1b\[2K)?(\d+:\d\d  requests [^\r\n]*)", output)
    assert progress
    last = SEQUENCE.sub("", progress[-1])
    # A run that ends soon is not counted again, so that its findings may still be 0.
    assert re.match(r"0:\d\d  requests 60  findings \d", last)
    assert all(cell_len(SEQUENCE.sub("", line)) <= columns for line in progress)
    # The end of the run removes the line and shows the cursor again.
    summary = output.rpartition("\x1b[?25h")[2]
    assert "\x1b[2K" in summary
    assert "VIOLATION response-media-type" in SEQUENCE.sub("", summary)
    assert "requests 60" not in summary


@pytest.mark.parametrize("variables", PLAIN)
def test_progress_is_plain_if_the_environment_wants_it(
    mock: str, variables: dict[str, str], tmp_path: Path
) -> None:
    arguments = verify(mock, "--max-requests", "20", "--report-dir", str(tmp_path))
    with on_terminal(arguments, 80, **variables) as terminal:
        output = terminal.read()
    done = hookproof(*arguments[2:])
    steps = done.stderr.splitlines()
    assert "credentials ..." in steps
    assert output.splitlines()[: len(steps)] == steps
    assert not [character for character in output if is_hidden(character) and character != "\n"]


def test_an_interrupt_shows_the_cursor_again(mock: str, tmp_path: Path) -> None:
    # The rate makes the run long enough: the line is printed four times a second.
    arguments = verify(mock, "--rate-limit", "10/s", "--report-dir", str(tmp_path))
    with on_terminal(arguments, 80) as terminal:
        terminal.read(until="credentials ...")
        terminal.process.send_signal(signal.SIGINT)
        output = terminal.read()
        assert terminal.process.wait() == 130
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")
    assert "the run was interrupted" in output
