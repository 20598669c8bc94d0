"""Unique values: values in the format of an example that no other response or payload has."""

import random
import re
import uuid
from collections.abc import Iterator

from openapi.contract import Json
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.schemas.validation import Schema

_LAST_DIGITS = re.compile(r"[0-9]+(?=[^0-9]*$)")
_MAX_START = 10**6

WorkerShare = tuple[int, int]
"""Index of a process, and the number of processes."""
SINGLE_WORKER: WorkerShare = (0, 1)


def random_start() -> int:
    """Return a random first number."""
    return random.SystemRandom().randrange(_MAX_START)


class UniqueValues:
    """Source of unique values; the same seed gives the same values in the same order."""

    def __init__(
        self, seed: int | None, first: int | None = None, share: WorkerShare = SINGLE_WORKER
    ) -> None:
        """Start numbers at `first`, by default a random number.

        Without a seed, mocks generate different values, because clients keep the values of earlier
        mocks. Processes that must not generate the same values use the same `first` and one `share`
        each.
        """
        index, self._step = share
        worker_seed = seed if seed is None or index == 0 else f"{seed}/{index}"
        self._random = random.SystemRandom() if seed is None else random.Random(worker_seed)  # noqa: S311
        self._count = (
            0 if seed is not None else random_start() if first is None else first
        ) + index

    def set_unique_value(
        self, value: Json, place: str, schema: Schema, current: Json = MISSING
    ) -> None:
        """Set a new value at `place` of `value`, in place, that is valid for `schema`.

        `current` is an example of it, by default the value at `place`. If no known format is valid
        there, it remains.
        """
        current = get_at(value, place) if current is MISSING else current
        if current is MISSING:
            return
        valid = schema.is_valid(value)
        for candidate in self._candidates(current):
            set_at(value, place, candidate)
            if schema.is_valid(value) or not valid:
                return
        set_at(value, place, current)

    def _candidates(self, current: Json) -> Iterator[Json]:
        self._count += self._step
        if isinstance(current, int) and not isinstance(current, bool):
            yield current + self._count
            yield self._count
            return
        yield str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if isinstance(current, str) and (run := _LAST_DIGITS.search(current)) is not None:
            number = (int(run[0]) + self._count) % 10 ** len(run[0])
            yield current[: run.start()] + f"{number:0{len(run[0])}}" + current[run.end() :]
