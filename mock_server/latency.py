"""Latency of every response, parsed from `200ms`, `100-300ms` or `0.1-0.3s`."""

import random
import re
from dataclasses import dataclass

_MAX_LATENCY_S = 60
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_LATENCY = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?(ms|s)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Latency:
    """From `min_seconds` to `max_seconds` seconds, each time another."""

    min_seconds: float
    max_seconds: float

    def draw_seconds(self) -> float:
        """Return how long this answer takes."""
        return random.uniform(self.min_seconds, self.max_seconds)  # noqa: S311 - no secret


def parse_latency(text: str) -> Latency:
    """Read a time or a range with its unit; a `ValueError` says the value and the forms there are.

    At most 60 seconds.
    """
    match = _LATENCY.fullmatch(text)
    unit = 0.001 if match and match[3] == "ms" else 1.0
    min_seconds = float(match[1]) * unit if match else 0.0
    max_seconds = float(match[2]) * unit if match and match[2] else min_seconds
    if match is None or not min_seconds <= max_seconds <= _MAX_LATENCY_S:
        raise ValueError(
            f"{text!r} is not a latency; write 200ms, 100-300ms or 0.1-0.3s, "
            f"at most {_MAX_LATENCY_S}s"
        )
    return Latency(min_seconds, max_seconds)
