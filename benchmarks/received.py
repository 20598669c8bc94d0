"""Figures of the sink's benchmark, and their output."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from delivered import Delivered
from figures import Target
from listed import Pages
from table import machine, rows_of, said, text


@dataclass
class Received:
    """Rounds of one subject."""

    title: str
    rounds: list[Delivered] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Microseconds of CPU time per delivery."""
    judged: list[float] = field(default_factory=list)
    """Seconds from the end of the load until the sink has judged all deliveries."""

    def add(self, done: Delivered, cpu: float, judged: float) -> None:
        """Add a round; `cpu` and `judged` are in seconds."""
        self.rounds.append(done)
        self.cpu.append(cpu * 1e6 / done.requests)
        self.judged.append(judged)

    @property
    def per_second(self) -> float:
        """Median of the rounds; 0 if a delivery was rejected or lost."""
        sound = not any(done.refused or done.lost for done in self.rounds)
        return median(done.per_second for done in self.rounds) if sound else 0.0

    @property
    def slowest(self) -> float:
        """Maximum latency of all rounds in milliseconds."""
        return max(done.slowest for done in self.rounds) / 1000

    @property
    def p99(self) -> float:
        """Median of the rounds' 99th percentiles in milliseconds."""
        return median(done.p99 for done in self.rounds) / 1000


def report(
    received: Sequence[Received], pages: Sequence[Pages], rounds: int, seconds: float, at_once: int
) -> str:
    """Return figures, targets and machine as text."""
    bare, sink = received
    ratios = [one.per_second / bare.per_second if bare.per_second else None for one in received]
    head = ("", "deliveries/s", ": bare", "p99 ms", "slowest ms", "CPU us", "judged s")
    loads = [
        (
            one.title,
            text(one.per_second, 0),
            text(ratio, 2),
            text(one.p99, 1),
            text(one.slowest, 0),
            text(median(one.cpu), 0),
            text(median(one.judged), 1) if one is sink else "-",
        )
        for one, ratio in zip(received, ratios, strict=True)
    ]
    targets = [
        _least("durable deliveries/s : bare function, at least 0.35", ratios[1], 0.35),
        _most("slowest response in seconds, at most 0.5", sink.slowest / 1000, 0.5),
        target_of_pages(pages),
    ]
    lines = [*rows_of([head, *loads]), "", *lines_of_pages(pages), "", *map(said, targets)]
    load = f"{rounds} rounds of {seconds:g} s, {at_once} connections, bodies of 2 KiB"
    return "\n".join([*lines, "", machine(load)])


def lines_of_pages(pages: Sequence[Pages]) -> list[str]:
    """Return the table of the list."""
    sizes = sorted(pages[0].milliseconds)
    head = ("a page of the list, ms", *(f"{size:,} stored" for size in sizes), "ratio")
    rows = [
        (one.title, *(text(one.milliseconds[size], 1) for size in sizes), text(one.ratio, 2))
        for one in pages
    ]
    return rows_of([head, *rows])


def target_of_pages(pages: Sequence[Pages]) -> Target:
    """Return the target of the list."""
    dearest = max(one.ratio for one in pages)
    return _most("page of the long list : page of the short list, at most 3", dearest, 3)


def _least(sentence: str, value: float | None, least: float) -> Target:
    return Target(sentence, value, None if value is None else value >= least)


def _most(sentence: str, value: float, most: float) -> Target:
    return Target(sentence, value, value <= most)
