"""Output: the figures as a table or as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from figures import Figures, Target, targets
from measure import Plan

_HEAD = ("", "requests/s", ": Prism", "p99 ms", "CPU us", "first 201 s", "idle MiB", "checks")


def table(found: Mapping[str, Figures], plan: Plan, memory: str) -> str:
    """Return figures, targets and machine as text."""
    prism = found["prism-silent"].per_second if "prism-silent" in found else None
    rows = [_HEAD, *(_row(figures, prism) for figures in found.values())]
    lines = rows_of(rows, 1)
    lines += ["", *map(said, targets(found)), "", machine(_load(plan))]
    lines += [f"CPU us: CPU time per request; idle MiB: {memory} after the first 201"]
    return "\n".join(lines)


def rows_of(rows: Sequence[Sequence[str]], words: int = 0) -> list[str]:
    """Return aligned columns: the first and the last `words` are left-aligned, numbers right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    last = len(widths) - words
    return [
        "  ".join(
            cell.rjust(width) if 0 < column < last else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def as_json(found: Mapping[str, Figures], plan: Plan, memory: str) -> str:
    """Return figures, targets and machine as one JSON object."""
    value = {
        "machine": machine(_load(plan)),
        "memory": memory,
        "subjects": {key: asdict(figures) for key, figures in found.items()},
        "targets": [asdict(target) for target in targets(found)],
    }
    return json.dumps(value, indent=2)


def _row(figures: Figures, prism: float | None) -> tuple[str, ...]:
    per_second, memory = figures.per_second, figures.memory
    return (
        figures.title,
        text(per_second, 0),
        text(per_second / prism if per_second and prism else None, 2),
        text(figures.p99, 1),
        text(figures.cpu, 0),
        text(figures.first, 2),
        text(memory / 2**20 if memory else None, 0),
        figures.verified,
    )


def text(value: float | None, digits: int) -> str:
    """Return a formatted figure; `-` for None (not measured)."""
    return "-" if value is None else f"{value:,.{digits}f}"


def said(target: Target) -> str:
    """Return a target and whether it is met, as text."""
    if target.ratio is None:
        return f"{target.sentence}: not measured"
    return f"{target.sentence}: {target.ratio:.2f}, {'met' if target.met else 'MISSED'}"


def _load(plan: Plan) -> str:
    return f"{plan.rounds} rounds of {plan.seconds:g} s, {plan.connections} connections"


def machine(load: str) -> str:
    """Return machine and load as text."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}; {load}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
