"""Unique values for each request: a mark, an instant, a random generator."""

import random
import re
import string
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MARK_PREFIX = "hp-"
"""Beginning of each mark: prefix, run id, request number."""
DIGITS_PATTERN = re.compile(r"73[0-9]{16}")
"""Mark of a request in digits alone: prefix, run id, request number. They are no safe integer."""


def new_run_id() -> str:
    """Return six random characters, which the marks of a run have."""
    return "".join(random.SystemRandom().choices(string.ascii_lowercase + string.digits, k=6))


def mark_digits(mark: str) -> str:
    """Return the digits that stand for `mark` in a value that reads as a number."""
    run_id, _, number = mark.removeprefix(MARK_PREFIX).partition("-")
    return f"73{_run_digits(run_id)}{int(number):06}"


def unique_parameter_texts(mark: str) -> tuple[str, ...]:
    """Return texts that stand for `mark` in a parameter: the mark, a UUID, digits."""
    return mark, str(uuid.uuid5(uuid.NAMESPACE_OID, mark)), mark_digits(mark)


def _run_digits(run_id: str) -> str:
    return f"{int(run_id, 36):010}"


def is_own_digits(digits: str, run_id: str) -> bool:
    """Return whether a mark in digits is of the run `run_id`."""
    return digits.startswith(f"73{_run_digits(run_id)}")


@dataclass(frozen=True, slots=True)
class RequestValues:
    """Unique values of one request."""

    number: int
    case_id: int
    """Number of the first request of the same case."""
    mark: str
    instant: datetime
    rng: random.Random

    @property
    def digits(self) -> str:
        """Mark in digits alone."""
        return mark_digits(self.mark)

    def subset(self, of: tuple[str, ...], minimum: int, maximum: int) -> list[str]:
        """Return `minimum` to `maximum` random items of `of`."""
        size = self.rng.randint(min(minimum, len(of)), min(maximum, len(of)))
        return self.rng.sample(of, size)


_SPAN_S, _STRIDE_S = 360 * 86400, 19223347
"""Seconds without a common factor: few requests cover all months, days and hours, none twice."""


class UniqueValues:
    """Source of the unique values of a run. Only this class counts requests."""

    def __init__(
        self,
        run_id: str,
        seed: int,
        now: datetime,
        expiry_bounds: tuple[float, float] | None = None,
    ) -> None:
        """Limit instants to `expiry_bounds`, in seconds after `now`; None: most of a year."""
        self._run_id = run_id
        self._seed = seed
        self._now = now
        self._expiry_bounds = expiry_bounds
        self.number = 0
        """Number of requests so far."""
        self._cases = 0

    def next(
        self, case_id: int | None = None, *, response_dependent: bool = False
    ) -> RequestValues:
        """Return new values; pass `case_id` for a retry.

        The random values of a new case do not depend on earlier retries or on `response_dependent`
        cases, so that a seed repeats them.
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
        """Return an offset in seconds that no other request has."""
        if self._expiry_bounds is None:
            return 86400 + number * _STRIDE_S % _SPAN_S  # from tomorrow on, and well within a year
        minimum, maximum = self._expiry_bounds
        first = int(minimum + (maximum - minimum) / 8)  # leave time for the run
        room = int(maximum) - first
        room -= room % 31 == 0  # coprime to 31, so that steps of 31 reach every second
        return first + number * 31 % room


def text_with_marks(request_values: RequestValues, middle: str, limit: int | None = None) -> str:
    """Return mark, `middle`, mark: one mark survives a truncation at either end.

    If `limit` code points are too few, return one mark or random letters.
    """
    whole = f"{request_values.mark}{middle}{request_values.mark}"
    if limit is None or len(whole) <= limit:
        return whole
    if len(request_values.mark) <= limit:
        return request_values.mark
    return "".join(request_values.rng.choices(string.ascii_letters, k=limit))


def text_of_length(request_values: RequestValues, length: int, filler: str) -> str:
    """Return a text of `length` code points: `filler` between two marks, if they fit."""
    room = length - 2 * len(request_values.mark)
    if room >= 0:
        middle = (filler * (room // len(filler) + 1))[:room]
        return f"{request_values.mark}{middle}{request_values.mark}"
    if len(filler) == 1 and not filler.isascii():
        return filler * length
    return "".join(request_values.rng.choices(string.ascii_letters, k=length))
