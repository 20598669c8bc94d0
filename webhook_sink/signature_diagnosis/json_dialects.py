"""JSON dialects: serialisations of a value by the libraries of other languages. Pure.

A sender may sign one serialisation and send another.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import islice, product

NamedText = tuple[str, str]
"""Name of a serialisation, and its text."""
Json = object
_LAYOUTS: Mapping[str, tuple[int | str | None, tuple[str, str]]] = {
    "without spaces": (None, (",", ":")),
    "with spaces after , and :": (None, (", ", ": ")),
    "indented by 2": (2, (",", ": ")),
    "indented by 4": (4, (",", ": ")),
    "indented by a tab": ("\t", (",", ": ")),
}
_ONE_LINE_LAYOUTS = 2
"""Number of layouts on one line; they are the first."""
_MAX_SAFE_INTEGER = 2**53
"""Limit above which JavaScript rounds integers."""
_MIN_EXPONENT_NUMBER = 1e21
"""Limit from which JavaScript writes numbers with an exponent."""
_ARRAY_INDEX = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


def serializations(value: Json) -> Iterator[NamedText]:
    """Yield all usual serialisations of `value`; some are repeated.

    The first `LIKELY_COUNT` of them are on one line.
    """
    names = tuple(_LAYOUTS)
    for group, ordered in product(
        (names[:_ONE_LINE_LAYOUTS], names[_ONE_LINE_LAYOUTS:]), (False, True)
    ):
        for layout in group:
            name = f"{layout}{', keys sorted' * ordered}"
            yield from _escape_variants(name, _serialize(value, layout, ordered))
    for indent in (2, 4):
        lines = _serialize(value, f"indented by {indent}", False).replace("\n", "\r\n")
        yield from _escape_variants(f"indented by {indent}, CR LF line breaks", lines)
    yield from _escape_variants("with spaces around :, as Jackson indents", _jackson(value, "\n"))
    for what, change in _VALUE_CHANGES.items():
        other = _map_value(value, change)
        # As text: 1 and 1.0 are equal.
        if _serialize(other, "without spaces", False) != _serialize(value, "without spaces", False):
            for layout, ordered in product(islice(_LAYOUTS, _ONE_LINE_LAYOUTS + 1), (False, True)):
                name = f"{layout}{', keys sorted' * ordered}, {what}"
                yield from _escape_variants(name, _serialize(other, layout, ordered))


def _serialize(value: Json, layout: str, ordered: bool) -> str:
    indent, separators = _LAYOUTS[layout]
    return json.dumps(
        value, indent=indent, separators=separators, sort_keys=ordered, ensure_ascii=False
    )


def _escape_variants(name: str, text: str) -> Iterator[NamedText]:
    for (escapes, escape), (end, added) in product(
        _ESCAPES.items(), (("", ""), (", a newline at its end", "\n"))
    ):
        yield f"{name}{escapes}{end}", escape(text) + added


def _unicode_escaper(pattern: str, form: str) -> Callable[[str], str]:
    """Return a function that replaces the matches of `pattern` by their UTF-16 code units."""
    found = re.compile(pattern)
    return lambda text: found.sub(lambda match: _escape_character(match[0], form), text)


@lru_cache(maxsize=1024)
def _escape_character(character: str, form: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(form.format(units[i] * 256 + units[i + 1]) for i in range(0, len(units), 2))


_LOWER, _UPPER = "\\u{:04x}", "\\u{:04X}"
_TO_ASCII = _unicode_escaper(r"[^\x00-\x7e]", _LOWER)
_HTML = ", HTML characters escaped"
# json.dumps has escaped quotes already; .NET writes their code point instead.
_QUOTE = re.compile(r'\\(?:(")|.)', re.DOTALL)


def _dotnet(text: str) -> str:
    quoted = _QUOTE.sub(lambda found: "\\u0022" if found[1] else found[0], text)
    return _unicode_escaper(r"[^\x00-\x7e]|[<>&'+`]", _UPPER)(quoted)


_ESCAPES: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    ", escaped to ASCII": _TO_ASCII,
    ", with \\/ for /": lambda text: text.replace("/", "\\/"),
    ", escaped to ASCII, with \\/ for /": lambda text: _TO_ASCII(text).replace("/", "\\/"),
    _HTML: _unicode_escaper(r"[<>&\u2028\u2029]", _LOWER),
    f"{_HTML} as Gson does": _unicode_escaper(r"[<>&='\u2028\u2029]", _LOWER),
    f"{_HTML} as .NET does": _dotnet,
}
LIKELY_COUNT = _ONE_LINE_LAYOUTS * 2 * len(_ESCAPES) * 2


def _jackson(value: Json, line: str) -> str:
    """Return `value` with one line per member of objects, and arrays on one line."""
    if isinstance(value, dict):
        inner = f"{line}  "
        members = [f"{_scalar(key)} : {_jackson(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}" if members else "{ }"
    if isinstance(value, list):
        items = [_jackson(item, line) for item in value]
        return f"[ {', '.join(items)} ]" if items else "[ ]"
    return _scalar(value)


def _scalar(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _map_value(value: Json, change: Callable[[Json], Json]) -> Json:
    """Apply `change` to all values in `value`, the innermost first."""
    if isinstance(value, dict):
        return change({key: _map_value(item, change) for key, item in value.items()})
    if isinstance(value, list):
        return change([_map_value(item, change) for item in value])
    return change(value)


def _as_javascript(value: Json) -> Json:
    """Return numbers as 64-bit floats, and members with index names first."""
    if isinstance(value, dict):
        indices = sorted((key for key in value if _ARRAY_INDEX.fullmatch(key)), key=int)
        return {key: value[key] for key in dict.fromkeys((*indices, *value))}
    if isinstance(value, int) and abs(value) >= _MAX_SAFE_INTEGER:
        value = float(value) if abs(value) < sys.float_info.max else None
    if isinstance(value, float) and abs(value) < _MIN_EXPONENT_NUMBER and value.is_integer():
        return int(Decimal(repr(value)))  # its shortest digits, then zeros
    return value


def _without_null(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if item is not None}


def _by_length(value: Json) -> Json:
    if not isinstance(value, dict):
        return value

    def place(key: str) -> tuple[int, bytes]:
        raw = key.encode(errors="surrogatepass")
        return len(raw), raw

    return {key: value[key] for key in sorted(value, key=place)}


_VALUE_CHANGES: Mapping[str, Callable[[Json], Json]] = {
    "numbers and order as in JavaScript": _as_javascript,
    "[] for {}": lambda value: [] if value == {} else value,
    "without null members": _without_null,
    "keys sorted by length, as in PostgreSQL's jsonb": _by_length,
}
