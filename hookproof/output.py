"""Output of the command: results to stdout, remarks to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence

from hookproof.errors import CommandError
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, is_hidden
from openapi.terminal import terminal_console

MIN_TABLE_WIDTH = 72
"""Columns of a terminal."""


def print_json(value: Json) -> None:
    """Print a value as indented ASCII JSON."""
    print(json.dumps(value, indent=2))


def print_table(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    lines: Iterable[str],
    *,
    unbroken: int = 0,
    continued: Sequence[int] = (),
    narrow: tuple[int, Iterable[tuple[str, str]]] | None = None,
) -> None:
    """Print `rows` as a table on a terminal, and elsewhere `lines`, which say the same.

    Long cells are broken into several lines, except in the first columns (`unbroken`: how many).
    `continued`: relative widths of the columns of a table whose header was printed before. On a
    narrow terminal, each row is a list of names and values; or, with `narrow`, two lines. `narrow`
    has the least columns of the table, and the first line of each row with the rest of it.
    """
    console = terminal_console(sys.stdout)
    if console is None:
        print("".join(f"{line}\n" for line in lines), end="", flush=True)
        return
    from rich.padding import Padding  # noqa: PLC0415 - plain output needs no rich
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if narrow is not None and console.width < narrow[0]:
        for first, rest in narrow[1]:
            console.print(Text(first, overflow="fold"))
            console.print(Padding(Text(rest, overflow="fold"), (0, 0, 0, 4)))
        return
    if console.width < MIN_TABLE_WIDTH:
        for row in rows:
            block = Table.grid(padding=(0, 2, 0, 0))
            for name, value in zip(names, row, strict=True):
                if value:
                    block.add_row(name, Text(value, overflow="fold"))
            console.print(block, "")
        return
    header, gap = not continued, (0, 2, 0, 0)
    table = Table(box=None, pad_edge=False, padding=gap, show_header=header, expand=not header)
    for number, name in enumerate(names):
        fixed = number < unbroken
        width = continued[number] if continued else None
        table.add_column(
            name,
            no_wrap=fixed,
            min_width=width if fixed else None,
            ratio=None if fixed else width,
        )
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    console.print(table)


def print_bytes(content: bytes) -> None:
    """Print raw bytes; `CommandError` for control characters if stdout is a terminal."""
    if sys.stdout.isatty():
        text = content.decode(errors="replace").replace("\n", "").replace("\t", "")
        if any(is_hidden(character) for character in text):
            raise CommandError(
                "the output contains control characters: redirect it to a file or a pipe"
            )
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def print_remark(text: str) -> None:
    """Print a remark, with control characters and commands of CI services escaped."""
    lines = (escape_ci_command(escape_hidden(line)) for line in text.split("\n"))
    print("hookproof: " + "\n".join(lines), file=sys.stderr)
