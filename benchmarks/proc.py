"""CPU time and memory of a subject's processes, from /proc. Linux only."""

import os
import sys
from pathlib import Path

KNOWN = sys.platform == "linux"


def tree(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [pid]
    for known in found:  # grows while it is read
        found += children.get(known, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the process tree so far, ended children included."""
    ticks = sum(sum(map(int, stat[11:15])) for each in tree(pid) if (stat := _stat(each)))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> tuple[str, int]:
    """Return the measure (PSS if available, else RSS) and the bytes of the process tree."""
    pss = [_field(each, "smaps_rollup", "Pss:") for each in tree(pid)]
    if all(pss):
        return "PSS", sum(pss)
    return "RSS", sum(_field(each, "status", "VmRSS:") for each in tree(pid))


def _stat(pid: int) -> list[str]:
    """Return the fields after the name (state, parent, ...); empty if the process has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _field(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
