"""Figures of a run: per subject, relative to each other, and against the targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from load import Load


@dataclass(frozen=True)
class Start:
    """Start of a subject: time to the first success, and memory after it."""

    seconds: float
    memory: int
    """Bytes; 0 if the system does not report it."""


@dataclass(frozen=True)
class Round:
    """Round of load."""

    load: Load
    cpu_seconds: float
    """CPU time of all processes of the subject; 0 if the system does not report it."""


@dataclass(frozen=True)
class Figures:
    """Medians of one subject; None: not measured, or void."""

    title: str
    per_second: float | None
    p99: float | None
    """Milliseconds."""
    cpu: float | None
    """Microseconds of CPU time per request."""
    first: float
    """Seconds."""
    memory: int | None
    """Bytes."""
    verified: str
    """Verified behaviour: whether it checks credentials and rejects duplicate names."""


@dataclass(frozen=True)
class Target:
    """Target: a ratio and whether it is within its limit."""

    sentence: str
    ratio: float | None
    met: bool | None


def figures(title: str, verified: str, starts: list[Start], rounds: list[Round]) -> Figures:
    """Return the medians. One rejected or lost request makes the figures of the load void."""
    sound = rounds if all(r.load.requests and not failures(r.load) for r in rounds) else []
    memory = median(start.memory for start in starts)
    cpu = [r.cpu_seconds * 1e6 / r.load.requests for r in sound]
    return Figures(
        title=title,
        per_second=median(per_second(r.load) for r in sound) if sound else None,
        p99=median(r.load.p99 for r in sound) / 1000 if sound else None,
        cpu=median(cpu) if cpu and any(cpu) else None,
        first=median(start.seconds for start in starts),
        memory=round(memory) if memory else None,
        verified=verified,
    )


def failures(load: Load) -> int:
    """Return the number of requests that were rejected or got no response."""
    return load.refused + load.lost


def per_second(load: Load) -> float:
    """Return the requests per second."""
    return load.requests * 1e6 / load.microseconds


def targets(found: Mapping[str, Figures]) -> list[Target]:
    """Return the targets of the mock, from the figures by subject key."""
    quick = _ratio(found, "per_second", "hookproof", "prism-silent")
    start = _ratio(found, "first", "hookproof", "connexion")
    memory = _ratio(found, "memory", "hookproof", "connexion")
    workers = _ratio(found, "cpu", "hookproof-2", "hookproof")
    return [
        _target("requests/s, one worker : Prism with its log off, at least 3", quick, least=3),
        _target("first 201 : plain connexion app, at most 1.25", start, most=1.25),
        _target("idle memory : plain connexion app, at most 1.2", memory, most=1.2),
        _target("CPU per request, two workers : one, at most 1.15", workers, most=1.15),
    ]


def _ratio(found: Mapping[str, Figures], what: str, one: str, other: str) -> float | None:
    if one not in found or other not in found:
        return None
    above, below = getattr(found[one], what), getattr(found[other], what)
    return above / below if above and below else None


def _target(
    sentence: str, ratio: float | None, least: float = 0, most: float = float("inf")
) -> Target:
    return Target(sentence, ratio, None if ratio is None else least <= ratio <= most)
