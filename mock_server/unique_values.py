"""Values that no other answer or payload of this mock has, in the shape of an example."""

import random
import re
import uuid
from collections.abc import Iterator

from openapi.contract import Json
from openapi.json_pointer import MISSING, get, put
from openapi.schema_validation import Schema

_DIGITS = re.compile(r"[0-9]+(?=[^0-9]*$)")
_ROOM = 10**6

Share = tuple[int, int]
"""The place of a process among so many."""
ALONE: Share = (0, 1)


def some_number() -> int:
    """Return a number to count on from."""
    return random.SystemRandom().randrange(_ROOM)


class Identities:
    """The source of such values: the same ones in the same order for the same seed."""

    def __init__(self, seed: int | None, first: int | None = None, share: Share = ALONE) -> None:
        """Without a seed every mock makes others: clients keep what an earlier one gave out.

        Numbers count on from `first`, by default from one at random. Processes that must not make
        the same give the same `first` and a `share` each.
        """
        index, self._step = share
        chosen = seed if seed is None or index == 0 else f"{seed}/{index}"
        self._choose = random.SystemRandom() if seed is None else random.Random(chosen)  # noqa: S311
        self._count = (0 if seed is not None else some_number() if first is None else first) + index

    def renew(self, value: Json, place: str, schema: Schema) -> None:
        """Set a fresh value at `place` of `value`, in place, that keeps it valid by `schema`.

        Where none of the forms that are known is valid, the one that stands there is left.
        """
        old = get(value, place)
        if old is MISSING:
            return
        valid = schema.is_valid(value)
        for candidate in self._candidates(old):
            put(value, place, candidate)
            if schema.is_valid(value) or not valid:
                return
        put(value, place, old)

    def _candidates(self, old: Json) -> Iterator[Json]:
        self._count += self._step
        if isinstance(old, int) and not isinstance(old, bool):
            yield old + self._count
            yield self._count
            return
        yield str(uuid.UUID(int=self._choose.getrandbits(128), version=4))
        if isinstance(old, str) and (run := _DIGITS.search(old)) is not None:
            number = (int(run[0]) + self._count) % 10 ** len(run[0])
            yield old[: run.start()] + f"{number:0{len(run[0])}}" + old[run.end() :]
