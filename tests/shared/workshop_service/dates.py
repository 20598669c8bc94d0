"""Date-times of RFC 3339: parsing to microseconds since 1970, and writing in a zone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def parse(text: str) -> int | None:
    """Return microseconds since 1970, without further digits, or None if `text` is no date-time.

    A leap second counts as the second after it.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    *fields, second, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(hours or 0) > 23 or int(minutes or 0) > 59 or int(second) > 60:
        return None
    try:
        year, month, day, hour, minute = map(int, fields)
        local = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    since = local - _EPOCH + timedelta(seconds=int(second)) - (-offset if sign == "-" else offset)
    micros = int((fraction or "").ljust(6, "0")[:6])
    return since // timedelta(microseconds=1) + micros


def write(
    micros: int, *, minutes: int = 0, zone: str = "Z", digits: int | None = None
) -> str | None:
    """Return the date-time in the zone that is `minutes` ahead; None outside of the calendar.

    `digits` is the length of the fraction; None means as many as needed.
    """
    try:
        local = _EPOCH + timedelta(microseconds=micros, minutes=minutes)
    except OverflowError:
        return None
    fraction = f"{local.microsecond:06d}"
    fraction = fraction.rstrip("0") if digits is None else fraction[:digits]
    whole = local.replace(tzinfo=None).isoformat(timespec="seconds")
    return whole + (f".{fraction}" if fraction else "") + zone


def rewritten(
    text: str, *, later: int = 0, minutes: int = 0, zone: str = "Z", digits: int | None = None
) -> str:
    """Return the same instant, or one `later` seconds, in another form; `text` if there is none."""
    micros = parse(text)
    if micros is None:
        return text
    return write(micros + later * 10**6, minutes=minutes, zone=zone, digits=digits) or text
