"""String formats and their checkers; any other format is an annotation.

`int32` and `int64` concern numbers: loading turns them into `minimum` and `maximum`.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache

_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_MAX_CACHED_LENGTH = 64
"""Length limit of cached texts, because texts may be very long."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def date_time_to_ns(text: object) -> int | None:
    """Return an RFC 3339 date-time in nanoseconds since 1970, or None if `text` is not one.

    A leap second counts as the second after it. Year 0 is not supported. Fraction digits after the
    ninth are dropped.
    """
    if not isinstance(text, str):
        return None
    return (
        _parse_date_time(text)
        if len(text) < _MAX_CACHED_LENGTH
        else _parse_date_time.__wrapped__(text)
    )


@lru_cache(maxsize=2048)
def _parse_date_time(text: str) -> int | None:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    leap = second == "60"
    try:
        offset = 0 if zone in "Zz" else _utc_offset_s(zone)
        clock = time(int(hour), int(minute), int(second) - leap)
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        return None
    since = days * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second + leap - offset
    return since * 10**9 + (int(fraction[1:10].ljust(9, "0")) if fraction else 0)


def _utc_offset_s(text: str) -> int:
    """Return the UTC offset in seconds, positive east of Greenwich."""
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset: {text}")
    return (-1 if text[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def parse_http_date(text: str) -> datetime | None:
    """Return the time of an HTTP date (RFC 9110, section 5.6.7), or None."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_byte(text: str) -> bool:
    """Return whether `text` is base64 (RFC 4648, section 4), as `format: byte` says."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


@cache
def _library_validator(name: str) -> Callable[[object], bool]:
    import jsonschema_rs  # noqa: PLC0415 - slow to load

    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid


def _checked_by_library(name: str) -> Callable[[str], bool]:
    """Return the check of jsonschema-rs, which follows the RFC of the format `name`."""

    def check(text: str) -> bool:
        try:
            return _library_validator(name)(text)
        except ValueError:
            return False  # a lone surrogate

    return check


FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: date_time_to_ns(text) is not None,
    "date": _is_date,
    "uuid": _is_uuid,
    "byte": _is_byte,
    **{
        name: _checked_by_library(name)
        for name in (
            *("time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference"),
            *("regex", "json-pointer"),
        )
    },
}
"""Format name -> checker of a string; values of other types always pass."""
UNCHECKED_FORMATS = (
    *("idn-email", "idn-hostname", "iri", "iri-reference", "uri-template"),
    "relative-json-pointer",
)
"""Formats that jsonschema-rs would check and jsonschema would not: annotations here."""
