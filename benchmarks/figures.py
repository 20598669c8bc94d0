"""The figures of a run: of each subject, against each other, against the targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from load import Load


@dataclass(frozen=True)
class Start:
    """From the command to the first success, and what is held when it has been answered."""

    seconds: float
    memory: int
    """Bytes; 0 where the system does not say."""


@dataclass(frozen=True)
class Round:
    """One round of load."""

    load: Load
    cpu_seconds: float
    """Of all the subject's processes; 0 where the system does not say."""


@dataclass(frozen=True)
class Figures:
    """The medians of one subject; None is what was not measured, or is void."""

    title: str
    per_second: float | None
    p99: float | None
    """Milliseconds."""
    cpu: float | None
    """Microseconds of processor time for one request."""
    first: float
    """Seconds."""
    memory: int | None
    """Bytes."""
    verified: str
    """What was seen of it: whether it checks credentials and remembers what is taken."""


@dataclass(frozen=True)
class Target:
    """A ratio, and how large or small it must be."""

    sentence: str
    ratio: float | None
    met: bool | None


def figures(title: str, verified: str, starts: list[Start], rounds: list[Round]) -> Figures:
    """Return the medians. One refused or lost request makes all that the load measured void."""
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
    """Return how many requests were refused or had no answer."""
    return load.refused + load.lost


def per_second(load: Load) -> float:
    """Return the requests of one second."""
    return load.requests * 1e6 / load.microseconds


def targets(found: Mapping[str, Figures]) -> list[Target]:
    """Return what is asked of the mock, by the keys of the subjects."""
    quick = _ratio(found, "per_second", "hookproof", "prism")
    start = _ratio(found, "first", "hookproof", "connexion")
    memory = _ratio(found, "memory", "hookproof", "connexion")
    workers = _ratio(found, "cpu", "hookproof-2", "hookproof")
    return [
        _target("requests/s, one worker : Prism, at least 3 (aim: 5)", quick, least=3),
        _target("first 201 : plain connexion app, at most 1.3", start, most=1.3),
        _target("idle memory : plain connexion app, at most 1.3", memory, most=1.3),
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
