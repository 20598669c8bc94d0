"""Terminal of a stream: the condition for tables, colours and lines that change."""

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console


def terminal_console(stream: TextIO) -> "Console | None":
    """Return a console that prints to `stream`, or None if the output must be plain lines.

    It must be plain if the stream is no terminal, if CI or NO_COLOR is set, and if TERM is `dumb`.
    The console takes no markup from text.
    """
    environment = os.environ
    if not stream.isatty() or environment.get("TERM") == "dumb":
        return None
    if environment.get("CI") or environment.get("NO_COLOR"):
        return None
    from rich.console import Console  # noqa: PLC0415 - plain output does not need it

    return Console(file=stream, force_terminal=True, markup=False, emoji=False, highlight=False)
