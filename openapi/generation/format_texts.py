"""Texts of a format: candidates of a wanted length, of which the caller keeps the valid ones."""

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping

_LOWER = string.ascii_lowercase
_HOST = "example.com"
_MAX_LABEL = 63
"""Maximum length of a label of a host name (RFC 1035, section 2.3.4)."""


def format_candidates(
    name: str, least: int, most: int | None, rng: random.Random, count: int
) -> Iterator[str]:
    """Yield up to `count` texts of the format `name`; the first is the usual one.

    Later ones have a length between `least` and `most`, where the format allows it.
    """
    write = _WRITERS.get(name)
    if write is None:
        return
    usual = write(rng, 0)
    yield usual
    if name in ("time", "date-time"):
        yield from _other_times(usual, rng)
    lengths = [least] if most is None else [least, most, (least + most) // 2]
    for attempt in range(count - 1):
        yield write(rng, lengths[attempt % len(lengths)])
        if most is not None and most < len(usual) and name in _SHORTEST:
            yield _SHORTEST[name]


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(_LOWER, k=max(count, 0)))


def _date(rng: random.Random, _length: int) -> str:
    return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _fraction(length: int, usual: int) -> str:
    """Return a fraction of a second that extends a text of `usual` characters to `length`."""
    return f".{'0' * max(length - usual - 1, 1)}" if length > usual else ""


def _date_time(rng: random.Random, length: int) -> str:
    return f"{_date(rng, 0)}T12:00:00{_fraction(length, 20)}Z"


def _other_times(usual: str, rng: random.Random) -> Iterator[str]:
    """Yield the time or date-time `usual`, which ends with `:00Z`, in other notations."""
    minute = usual.removesuffix(":00Z")
    second = f"{rng.randint(1, 59):02}"
    digits = f"{rng.randint(0, 999):03}"
    yield from (f"{minute}:{second}{end}" for end in (f".{digits}Z", f".{digits}456Z", "+02:00"))
    yield from (f"{minute}:00{end}" for end in ("-05:00", "+00:00", f".{digits}+02:00", "z"))
    yield usual.replace("T", "t")


def _time(rng: random.Random, length: int) -> str:
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00{_fraction(length, 9)}Z"


def _duration(rng: random.Random, length: int) -> str:
    digits = max(length - 2, 1)
    return f"P{rng.randint(1, 9)}{'0' * (digits - 1)}D"


def _email(rng: random.Random, length: int) -> str:
    local = min(max(length - len(_HOST) - 1, 8 if not length else 1), 64)
    host = _hostname(rng, length - local - 1) if length > local + 1 + len(_HOST) else _HOST
    return f"{_letters(rng, local)}@{host}"


def _hostname(rng: random.Random, length: int) -> str:
    text = f"{_letters(rng, 6)}.{_HOST}" if not length else _HOST
    while len(text) + 1 < length:
        text = f"{_letters(rng, min(length - len(text) - 1, _MAX_LABEL))}.{text}"
    return text


def _ipv4(rng: random.Random, length: int) -> str:
    parts = ["192", "0", "2", str(rng.randint(1, 9) if length < 10 else rng.randint(100, 199))]
    for index in (1, 2):
        while len(".".join(parts)) < length and len(parts[index]) < 3:
            parts[index] = f"1{parts[index]}"
    return ".".join(parts)


def _ipv6(rng: random.Random, length: int) -> str:
    if length <= 16:
        return f"2001:db8::{rng.randint(1, 0xFFFF):x}"
    return "2001:0db8:0000:0000:0000:0000:0000:0001" if length > 20 else "2001:db8:0:0:0:0:0:1"


def _uri(rng: random.Random, length: int) -> str:
    prefix = f"https://{_HOST}/"
    return prefix + _letters(rng, max(length - len(prefix), 8 if not length else 0))


def _reference(rng: random.Random, length: int) -> str:
    return f"/{_letters(rng, length - 1 if length else 8)}"


def _byte(rng: random.Random, length: int) -> str:
    size = 3 * (-(-length // 4)) if length else 6
    return base64.b64encode(_letters(rng, size).encode()).decode()


_WRITERS: Mapping[str, Callable[[random.Random, int], str]] = {
    "date-time": _date_time,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "uuid": lambda rng, _: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "regex": lambda rng, length: _letters(rng, length) if length else "^.*$",
    **dict.fromkeys(("email", "idn-email"), _email),
    **dict.fromkeys(("hostname", "idn-hostname"), _hostname),
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    **dict.fromkeys(("uri", "iri", "url", "uri-template"), _uri),
    **dict.fromkeys(("uri-reference", "iri-reference", "json-pointer"), _reference),
    "byte": _byte,
}
_SHORTEST = {
    "email": "a@b.co",
    "hostname": "a",
    "ipv6": "::1",
    "uri": "a:b",
    "uri-reference": "",
    "json-pointer": "",
    "byte": "",
    "regex": "",
    "duration": "P1D",
}
"""Shortest text of a format with texts of several lengths."""
