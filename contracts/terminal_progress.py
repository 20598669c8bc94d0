"""Progress of a run as one line of a terminal: time, requests, findings and step."""

import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from contracts.live_run import LiveRun, findings_so_far

MAX_COUNTING_SHARE = 0.1
"""Maximum share of the time that the counting of findings takes."""


class TerminalProgress:
    """Line of a terminal. While `live` is entered, a thread prints it four times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._step = ""
        self._run: LiveRun | None = None
        self._findings = 0
        self._next_count = 0.0
        self.live = Live(
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._line,
        )

    def watch(self, run: LiveRun) -> None:
        """Show the counts of `run`."""
        self._run = run

    def show(self, line: str) -> None:
        """Show `line` as the next step if it ends in dots; print it above otherwise."""
        self._count_findings()
        if line.endswith("..."):
            self._step = line
        else:
            self._console.print(Text(line), soft_wrap=True)

    def _count_findings(self) -> None:
        began = time.monotonic()
        if self._run is None or began < self._next_count:
            return
        self._findings = sum(1 for _ in findings_so_far(self._run.ledger()))
        ended = time.monotonic()
        self._next_count = ended + (ended - began) / MAX_COUNTING_SHARE

    def _line(self) -> Text:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        requests = sum(len(session.exchanges) for session in self._run.sessions) if self._run else 0
        return Text.assemble(
            f"{minutes}:{seconds:02}  requests {requests}  ",
            (f"findings {self._findings}", "bold red" if self._findings else ""),
            f"  {self._step}",
            no_wrap=True,
            overflow="ellipsis",
        )
