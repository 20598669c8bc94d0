"""Explanation of how a date-time changed between a request and its webhook."""

import re
from datetime import timedelta

from openapi.schemas.formats import date_time_to_ns

_NANOSECONDS_PER_SECOND = 10**9
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_MAX_UNIT_COUNT = 120
_MIDNIGHT = re.compile(r"00:00:00(?!\.\d*[1-9])")
_UTC_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")


def explain_datetime(sent: str, received: str) -> str:
    """Explain how `sent` became `received`, such as `cut to the day`; empty if unknown."""
    sent_ns, received_ns = date_time_to_ns(sent), date_time_to_ns(received)
    if sent_ns is None:
        return ""
    if received_ns is None:
        return _explain_unparsable(sent_ns, received)
    cut = next((unit for unit, size in _UNITS if _truncate_to(sent_ns, size) == received_ns), None)
    # Midnight in the local time of the sent value is also a cut to the day.
    if cut is None and received[:10] == sent[:10] and _MIDNIGHT.match(received[11:]):
        cut = "day"
    if cut is not None:
        return f"cut to the {cut}"
    month, day = sent[5:7], sent[8:10]
    swapped = month != day and (received[:4], received[5:7], received[8:10]) == (
        sent[:4],
        day,
        month,
    )
    if date_time_to_ns(_UTC_OFFSET.sub("Z", received)) == date_time_to_ns(
        _UTC_OFFSET.sub("Z", sent)
    ):
        return "the same reading in another time zone"
    return "day and month swapped" if swapped else ""


def describe_shift(sent: str, received: str) -> str:
    """Return the shift, such as `shifted by -2 hours` (earlier); empty if one is no date-time."""
    sent_ns, received_ns = date_time_to_ns(sent), date_time_to_ns(received)
    return (
        ""
        if sent_ns is None or received_ns is None
        else f"shifted by {_format_duration(received_ns - sent_ns)}"
    )


def _explain_unparsable(sent_ns: int, received: str) -> str:
    local = re.sub(r"^(\d{4}-\d\d-\d\d) ", r"\1T", received)
    if date_time_to_ns(f"{local}Z") == sent_ns:
        return "time zone dropped"
    moment = date_time_to_ns(f"{local}Z")
    if moment is not None:
        return f"time zone dropped, shifted by {_format_duration(moment - sent_ns)}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", received):
        return "cut to the day"
    return "not a date-time"


def _truncate_to(nanoseconds: int, seconds: int) -> int:
    return nanoseconds // (seconds * _NANOSECONDS_PER_SECOND) * seconds * _NANOSECONDS_PER_SECOND


def _format_duration(nanoseconds: int) -> str:
    """Return a duration in words; negative durations begin with a minus."""
    sign = "-" if nanoseconds < 0 else ""
    size = abs(nanoseconds)
    seconds, fraction = divmod(size, _NANOSECONDS_PER_SECOND)
    if not seconds:
        return f"{sign}{fraction / 10**6:g} ms"
    for unit, length in _UNITS:
        count, rest = divmod(seconds, length)
        if not rest and not fraction and (count < _MAX_UNIT_COUNT or unit == "day"):
            return f"{sign}{count} {unit}{'s' * (count != 1)}"
    return f"{sign}{timedelta(microseconds=size // 1000)}"
