"""Latency of every response, parsed from `200ms`, `100-300ms` or `0.1-0.3s`."""

import random
import re
from dataclasses import dataclass

_MAX_LATENCY_S = 60
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_LATENCY = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?(ms|s)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency, drawn at random between `min_seconds` and `max_seconds` for each response."""

    min_seconds: float
    max_seconds: float

    def draw_seconds(self) -> float:
        """Return the latency of one response."""
        return random.uniform(self.min_seconds, self.max_seconds)  # noqa: S311 - no secret


def parse_latency(text: str) -> Latency:
    """Parse a time or a range with a unit, up to 60 s; raise `ValueError` with the valid forms."""
    match = _LATENCY.fullmatch(text)
    unit = 0.001 if match and match[3] == "ms" else 1.0
    min_seconds = float(match[1]) * unit if match else 0.0
    max_seconds = float(match[2]) * unit if match and match[2] else min_seconds
    if match is None or not min_seconds <= max_seconds <= _MAX_LATENCY_S:
        raise ValueError(
            f"{text!r} is not a latency; use 200ms, 100-300ms or 0.1-0.3s, "
            f"at most {_MAX_LATENCY_S}s"
        )
    return Latency(min_seconds, max_seconds)
