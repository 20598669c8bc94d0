"""Unique values for each request: a mark, an instant, a random generator."""

import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MARK_PREFIX = "hp-"
"""Every mark begins so: prefix, run id, the request's number."""


@dataclass(frozen=True, slots=True)
class RequestValues:
    """Values for one request."""

    number: int
    case_id: int
    """The number of the first request of the same case."""
    mark: str
    instant: datetime
    rng: random.Random

    def subset(self, of: tuple[str, ...], minimum: int, maximum: int) -> list[str]:
        """Return some of `of`, from `minimum` to `maximum` of them."""
        size = self.rng.randint(min(minimum, len(of)), min(maximum, len(of)))
        return self.rng.sample(of, size)


_SPAN_S, _STRIDE_S = 360 * 86400, 19223347
"""Seconds; without a common factor. Few requests see every month, day and hour, none twice."""


class UniqueValues:
    """The source of fresh values of one run: the only place that counts requests."""

    def __init__(
        self,
        run_id: str,
        seed: int,
        now: datetime,
        expiry_bounds: tuple[float, float] | None = None,
    ) -> None:
        """Bound the instants by `expiry_bounds`, seconds after `now`; None: most of a year."""
        self._run_id = run_id
        self._seed = seed
        self._now = now
        self._expiry_bounds = expiry_bounds
        self.number = 0
        """How many requests have got their values."""
        self._cases = 0

    def next(
        self, case_id: int | None = None, *, response_dependent: bool = False
    ) -> RequestValues:
        """Return values that were not returned before; `case_id` is given for a retry.

        What is drawn for a new case depends neither on how often earlier ones were tried nor on
        those that are `response_dependent`.
        """
        self.number += 1
        number = self.number
        seed_text = f"{self._seed}/{number} again"
        if case_id is None and not response_dependent:
            self._cases += 1
            seed_text = f"{self._seed}/{self._cases}"
        moment = self._now + timedelta(seconds=self._ahead(number))
        return RequestValues(
            number,
            case_id or number,
            f"{MARK_PREFIX}{self._run_id}-{number:04}",
            moment.astimezone(UTC).replace(microsecond=0),
            random.Random(seed_text),  # noqa: S311 - cases, not secrets
        )

    def _ahead(self, number: int) -> int:
        """Return a second that no other request has."""
        if self._expiry_bounds is None:
            return 86400 + number * _STRIDE_S % _SPAN_S  # from tomorrow on, and well within a year
        minimum, maximum = self._expiry_bounds
        first = int(minimum + (maximum - minimum) / 8)  # the run itself takes time
        room = int(maximum) - first
        room -= room % 31 == 0  # only so does a step of 31 come by every second
        return first + number * 31 % room


def text_with_marks(request_values: RequestValues, middle: str, limit: int | None = None) -> str:
    """Return the mark, `middle`, the mark again: a cut at either end leaves one of them.

    Where `limit` code points are too few for that: one mark, or random letters.
    """
    whole = f"{request_values.mark}{middle}{request_values.mark}"
    if limit is None or len(whole) <= limit:
        return whole
    if len(request_values.mark) <= limit:
        return request_values.mark
    return "".join(request_values.rng.choices(string.ascii_letters, k=limit))


def text_of_length(request_values: RequestValues, length: int, filler: str) -> str:
    """Return a text of `length` code points that is filled with `filler` and keeps both ends."""
    room = length - 2 * len(request_values.mark)
    if room >= 0:
        middle = (filler * (room // len(filler) + 1))[:room]
        return f"{request_values.mark}{middle}{request_values.mark}"
    if len(filler) == 1 and not filler.isascii():
        return filler * length
    return "".join(request_values.rng.choices(string.ascii_letters, k=length))
