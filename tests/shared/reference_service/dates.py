"""Date-times as ticks: whole numbers of 100 ns since 1970, the precision of the API's dates."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

TICKS = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def now() -> int:
    return time.time_ns() // 100


def ticks_of(moment: datetime) -> int:
    gap = moment - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * TICKS + gap.microseconds * 10


def read(text: str) -> int:
    """Parse an RFC 3339 date-time and cut digits after the seventh; raise ValueError otherwise."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date-time")
    *fields, fraction, sign, hours, minutes = match.groups()
    ahead = timedelta(0)
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            raise ValueError("invalid offset")
        ahead = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    year, month, day, hour, minute, second = map(int, fields)
    local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    try:
        return ticks_of(local - ahead) + int((fraction or "").ljust(7, "0")[:7])
    except OverflowError as error:
        raise ValueError("outside of the years 1 to 9999") from error


def write(ticks: int, digits: int | None = 7, offset: int = 0) -> str:
    """Format ticks; `digits` None means as many as needed, `offset` is in minutes."""
    seconds, fraction = divmod(ticks, TICKS)
    try:
        local = _EPOCH + timedelta(seconds=seconds, minutes=offset)
    except OverflowError:  # the last hours of the year 9999 fit into no other zone
        local, offset = _EPOCH + timedelta(seconds=seconds), 0
    text = f"{fraction:07d}"
    text = text.rstrip("0") if digits is None else text[:digits]
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    date = local.replace(tzinfo=None).isoformat(timespec="seconds")
    return date + (f".{text}" if text else "") + (zone if offset else "Z")
