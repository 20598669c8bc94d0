"""Profile of requests to the mock, by cProfile, which slows all calls down alike."""

import io
import pstats
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from load import load
from measure import Plan
from sample import Sample
from subjects import Subject, first_answer, running

_SHOWN = 60


def profile(mock: Subject, asked: Sample, plan: Plan, path: Path) -> None:
    """Load `mock` for one round under cProfile; write the most expensive functions to `path`."""
    with TemporaryDirectory() as directory:
        raw = Path(directory, "profile")
        python, *rest = mock.command
        under = replace(mock, command=(python, "-m", "cProfile", "-o", str(raw), *rest))
        with running(under) as server:
            first_answer(server, asked)
            done = load(asked, server.port, plan.seconds, plan.connections)
        text = io.StringIO()
        stats = pstats.Stats(str(raw), stream=text)
        stats.sort_stats("tottime").print_stats(_SHOWN)
    path.write_text(f"{done.requests} requests, start included\n{text.getvalue()}", "utf-8")
