"""Rates as a user writes them: `50/5s`, `10/s`, `600/m`."""

import re
from dataclasses import dataclass

_RATE_PATTERN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,4})?([sm])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        """Return the rate as it is written on a command line."""
        return f"{self.requests}/{'' if self.seconds == 1 else self.seconds}s"


def parse_rate(text: str) -> Rate:
    """Read `N/s`, `N/m` or `N/5s`; a `ValueError` says the value and the forms there are."""
    match = _RATE_PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate; write N/s, N/m or N/5s, such as 50/5s")
    return Rate(int(match[1]), int(match[2] or 1) * (60 if match[3] == "m" else 1))
