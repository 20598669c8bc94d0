"""Rates in the notation of the command line: `50/5s`, `10/s`, `600/m`."""

import re
from dataclasses import dataclass

_RATE_PATTERN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,4})?([sm])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate: at most `requests` in any period of `seconds`."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        """Return the rate in the notation of the command line."""
        return f"{self.requests}/{'' if self.seconds == 1 else self.seconds}s"


def parse_rate(text: str) -> Rate:
    """Parse `N/s`, `N/m` or `N/5s`; raise `ValueError` with the value and the valid forms."""
    match = _RATE_PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate; write N/s, N/m or N/5s, such as 50/5s")
    return Rate(int(match[1]), int(match[2] or 1) * (60 if match[3] == "m" else 1))
