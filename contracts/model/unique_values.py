"""Values that no other request of a run has: a mark, an instant, and what is drawn at random."""

import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "hp-"
"""Every mark begins so: prefix, run id, the request's number."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Values for one request."""

    number: int
    case: int
    """The number of the first request of the same case."""
    mark: str
    instant: datetime
    letters: random.Random

    def subset(self, of: tuple[str, ...], least: int, most: int) -> list[str]:
        """Return some of `of`, as many as `least` to `most`."""
        size = self.letters.randint(min(least, len(of)), min(most, len(of)))
        return self.letters.sample(of, size)


_SPAN, _STRIDE = 360 * 86400, 19223347
"""Seconds; without a common factor. Few requests see every month, day and hour, none twice."""


class Freshness:
    """The source of fresh values of one run: the only place that counts requests."""

    def __init__(
        self, run_id: str, seed: int, now: datetime, within: tuple[float, float] | None = None
    ) -> None:
        """`within` bounds the instants, in seconds after `now`; None leaves them most of a year."""
        self._run_id = run_id
        self._seed = seed
        self._now = now
        self._within = within
        self.number = 0
        """How many requests have got their values."""
        self._cases = 0

    def next(self, case: int | None = None, *, apart: bool = False) -> Fresh:
        """Return values that were not returned before; `case` is given when it is tried again.

        What is drawn for a new case depends neither on how often earlier ones were tried nor on
        those that are `apart`.
        """
        self.number += 1
        number = self.number
        drawn = f"{self._seed}/{number} again"
        if case is None and not apart:
            self._cases += 1
            drawn = f"{self._seed}/{self._cases}"
        moment = self._now + timedelta(seconds=self._ahead(number))
        return Fresh(
            number,
            case or number,
            f"{PREFIX}{self._run_id}-{number:04}",
            moment.astimezone(UTC).replace(microsecond=0),
            random.Random(drawn),  # noqa: S311 - cases, not secrets
        )

    def _ahead(self, number: int) -> int:
        """Return a second that no other request has."""
        if self._within is None:
            return 86400 + number * _STRIDE % _SPAN  # from tomorrow on, and well within a year
        least, most = self._within
        first = int(least + (most - least) / 8)  # the run itself takes time
        room = int(most) - first
        room -= room % 31 == 0  # only so does a step of 31 come by every second
        return first + number * 31 % room


def stretched(fresh: Fresh, middle: str, limit: int | None = None) -> str:
    """Return the mark, `middle`, the mark again: a cut at either end leaves one of them.

    Where `limit` code points are too few for that: one mark, or random letters.
    """
    whole = f"{fresh.mark}{middle}{fresh.mark}"
    if limit is None or len(whole) <= limit:
        return whole
    if len(fresh.mark) <= limit:
        return fresh.mark
    return "".join(fresh.letters.choices(string.ascii_letters, k=limit))


def of_length(fresh: Fresh, length: int, filler: str) -> str:
    """Return a text of `length` code points that is filled with `filler` and keeps both ends."""
    room = length - 2 * len(fresh.mark)
    if room >= 0:
        middle = (filler * (room // len(filler) + 1))[:room]
        return f"{fresh.mark}{middle}{fresh.mark}"
    if len(filler) == 1 and not filler.isascii():
        return filler * length
    return "".join(fresh.letters.choices(string.ascii_letters, k=length))
