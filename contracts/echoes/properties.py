"""Comparison of a property as it was sent with the same property in a resource. Pure.

A service may trim texts, write e-mail addresses in lower case, normalise Unicode, write numbers and
dates in another form, and leave out what is empty. None of this is a difference.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from contracts.echoes.comparison import is_equal_echo
from openapi.json_pointer import MISSING
from openapi.schemas.formats import date_time_to_ns

_NULL_TEXTS = ("null", "None", "nil", "undefined", "NULL")
"""Texts that a null becomes by mistake."""
_EMPTY: tuple[object, ...] = (None, False, 0, "", [], {})


def is_same_value(  # noqa: PLR0911 - one answer for each pair of types
    sent: object, seen: object, *, text_format: str = "", is_set: bool
) -> bool:
    """Return whether `seen`, or `MISSING`, is the property that was `sent`.

    `text_format` is the format of its texts; the items of a set may be in any order.
    """
    if sent is None:
        return not isinstance(seen, str) or seen not in _NULL_TEXTS  # a default may stand for null
    if seen is MISSING or seen is None:
        return any(sent == empty and type(sent) is type(empty) for empty in _EMPTY)
    if isinstance(sent, bool) or isinstance(seen, bool):
        return sent is seen
    if isinstance(sent, int | float) and isinstance(seen, int | float):
        return sent == seen
    if isinstance(sent, str) and isinstance(seen, str):
        return _is_same_text(sent, seen, text_format)
    if isinstance(sent, str) or isinstance(seen, str):
        return _is_same_number(sent, seen)
    if isinstance(sent, Mapping) and isinstance(seen, Mapping):
        # The service may add properties, and leave out what its schema lacks.
        return all(is_same_value(sent[key], seen[key], is_set=False) for key in sent if key in seen)
    if isinstance(sent, Sequence) and isinstance(seen, Sequence):
        return _is_same_array(sent, seen, text_format, is_set=is_set)
    return sent == seen


def _is_same_array(
    sent: Sequence[object], seen: Sequence[object], text_format: str, *, is_set: bool
) -> bool:
    if not is_set:
        pairs = zip(sent, seen, strict=False)
        return len(sent) == len(seen) and all(
            is_same_value(a, b, text_format=text_format, is_set=False) for a, b in pairs
        )
    rest = [*seen]
    for item in sent:
        for index, other in enumerate(rest):
            if is_same_value(item, other, text_format=text_format, is_set=False):
                del rest[index]
                break
        else:
            return False
    return all(any(is_same_value(a, b, is_set=False) for a in sent) for b in rest)


def _is_same_text(sent: str, seen: str, text_format: str) -> bool:
    if sent == seen:
        return True
    if text_format == "date-time" or (
        date_time_to_ns(sent) is not None and date_time_to_ns(seen) is not None
    ):
        return is_equal_echo("instant", sent, seen)
    one, two = (_plain(text) for text in (sent, seen))
    if text_format in ("email", "idn-email", "uri", "url", "hostname", "uuid") or "@" in one:
        one, two = one.casefold().rstrip("/"), two.casefold().rstrip("/")
    has_fraction = "." in sent and "." in seen  # digits alone may be a code, such as 00501
    return one == two or (has_fraction and _is_same_number(sent, seen))


def _plain(text: str) -> str:
    """Return `text` normalised, without outer white space and with one line ending."""
    return unicodedata.normalize("NFKC", text).strip().replace("\r\n", "\n")


def _is_same_number(sent: object, seen: object) -> bool:
    """Return whether both are the same number, one or both as a decimal text."""
    try:
        return Decimal(str(sent)) == Decimal(str(seen))
    except (InvalidOperation, ValueError):
        return False
