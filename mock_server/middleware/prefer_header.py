"""Preferences of a request, parsed from the `Prefer` header (RFC 7240) or the query. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

MAX_DELAY_S = 60

_QUERY_PREFIX = b"__"
"""Prefix of the preference names in a query."""
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
# A quoted text may contain separators; without a closing quote it extends to the end.
_QUOTED = r'"(?:[^"\\]|\\.)*"?'
_PREFERENCE = re.compile(rf'(?:[^,"]|{_QUOTED})+', re.DOTALL)
_UNTIL_PARAMETERS = re.compile(rf'(?:[^;"]|{_QUOTED})*', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Preferences of a request; None for those that are not set."""

    code: str | None = None
    """Documented status, `4XX` or `default`, as the client wrote it."""
    example: str | None = None
    """Name of an example."""
    dynamic: bool = False
    """True for a value that is generated from the schema."""
    fault: str | None = None
    """Name of a fault."""
    delay: float | None = None
    """Delay of the response in seconds."""


PREFERENCE_NAMES = tuple(preference.name for preference in fields(Preferences))


def read_preferences(stated: Sequence[bytes], query: bytes) -> Mapping[str, str] | None:
    """Return the texts of the preferences that the mock knows, by name; None without any.

    `stated` are the values of the header `Prefer`. The header has priority over the query. Of
    several preferences with one name the first counts. An empty text is ignored; an empty `dynamic`
    is true.
    """
    has_query_preferences = _QUERY_PREFIX in query
    if not stated and not has_query_preferences:
        return None
    found: dict[str, str] = {}
    for source in (_parse_header(stated), _parse_query(query) if has_query_preferences else ()):
        first_of_source: dict[str, str] = {}
        for name, text in source:
            first_of_source.setdefault(name, text or ("true" if name == "dynamic" else ""))
        for name in PREFERENCE_NAMES:
            if first_of_source.get(name):
                found.setdefault(name, first_of_source[name])
    return found or None


def parse_preferences(texts: Mapping[str, str]) -> Preferences:
    """Parse the result of `read_preferences`; raise `ValueError` for an invalid preference."""
    dynamic = texts.get("dynamic", "false").lower()
    if dynamic not in ("true", "false"):
        raise ValueError(f"dynamic={dynamic} is neither dynamic=true nor dynamic=false")
    return Preferences(
        texts.get("code"),
        texts.get("example"),
        dynamic == "true",
        texts.get("fault"),
        _parse_delay(texts["delay"]) if "delay" in texts else None,
    )


def format_preferences(applied: Mapping[str, str]) -> str:
    """Return preferences and their texts in the format of `Preference-Applied`."""
    return ", ".join(f"{name}={_quote_if_needed(text)}" for name, text in applied.items())


def _parse_header(values: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for value in values:
        for piece in _PREFERENCE.findall(value.decode("latin-1")):
            found = _UNTIL_PARAMETERS.match(piece)
            name, _, text = (found[0] if found else "").partition("=")
            text = text.strip()
            if text.startswith('"'):
                closed = len(text) > 1 and text.endswith('"')
                text = _ESCAPED.sub(r"\1", text[1:-1] if closed else text[1:])
            yield name.strip().lower(), text


def _parse_query(query: bytes) -> Iterator[tuple[str, str]]:
    for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name.startswith(_QUERY_PREFIX.decode()):
            yield name.removeprefix(_QUERY_PREFIX.decode()), text.strip()


def _parse_delay(text: str) -> float:
    if _NUMBER.fullmatch(text) and float(text) <= MAX_DELAY_S:
        return float(text)
    raise ValueError(f"delay={text} is not a number of seconds from 0 to {MAX_DELAY_S}")


def _quote_if_needed(text: str) -> str:
    if _TOKEN.fullmatch(text):
        return text
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'
