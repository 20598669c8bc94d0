"""Parts of a signature header that has a format, such as `t=…,v1=…`: what is written otherwise.

Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from openapi.signatures.generic_hmac import HmacScheme
from webhook_sink.signature_diagnosis.header_values import find_digests

_OTHER_SEPARATORS = (",", ";", "&", " ", "|", ":")
_MIN_TIMESTAMP_DIGITS, _MAX_TIMESTAMP_DIGITS = 9, 16


@dataclass(frozen=True, slots=True)
class RepairedHeader:
    """Header as the scheme would write it, and what differs in the one that came."""

    value: bytes
    differences: tuple[str, ...]


def repair_header(scheme: HmacScheme, value: bytes) -> RepairedHeader | None:
    """Return the header in the format of `scheme`; None if it has this format already."""
    if scheme.header_format is None:
        return None
    text, differences = value.decode("latin-1").strip(" \t"), []
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
        differences.append("it is in quotes")
    keys = {placeholder: key for key, placeholder in scheme.format_items()}
    right = scheme.format_separator()
    between = _separator(text, right)
    if between != right:
        differences.append(f"its parts are separated by {between!r}, not {right!r}")
    parts = [_split(part) for part in text.split(between)]
    for placeholder, key in keys.items():
        if any(name == key for name, _ in parts):
            continue
        other = _other_key(placeholder, parts, tuple(keys.values()))
        if other is None:
            differences.append(f"it lacks the part {key}=")
        else:
            parts = [(key if name == other else name, found) for name, found in parts]
            differences.append(f"its {placeholder} is in the part {other}, not {key}")
    if not differences:
        return None
    written = right.join(f"{name}={found}" if name else found for name, found in parts)
    return RepairedHeader(written.encode("latin-1"), tuple(differences))


def _separator(text: str, right: str) -> str:
    """Return what separates the parts of the header, `right` if nothing else does."""
    if re.search(rf"{re.escape(right)}\s*\w+=", text):
        return right
    others = (one for one in _OTHER_SEPARATORS if re.search(rf"{re.escape(one)}\s*\w+=", text))
    return next(others, right)


def _split(part: str) -> tuple[str, str]:
    name, equals, value = part.strip().partition("=")
    return (name, value) if equals and re.fullmatch(r"\w{1,20}", name) else ("", part.strip())


def _other_key(
    placeholder: str, parts: Sequence[tuple[str, str]], known: tuple[str, ...]
) -> str | None:
    """Return the key of a part that may be for `placeholder`, or None."""
    for name, value in parts:
        if not name or name in known:
            continue
        is_number = value.isascii() and value.isdecimal()
        is_time = is_number and _MIN_TIMESTAMP_DIGITS <= len(value) <= _MAX_TIMESTAMP_DIGITS
        is_digest = not is_time and bool(find_digests(value.encode("latin-1")))
        if is_time if placeholder == "timestamp" else is_digest:
            return name
    return None
