"""Digests in the value of a signature header, in any usual encoding. Pure."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from openapi.signatures.generic_hmac import HmacScheme

ALGORITHMS = {20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}
"""Length of a digest in bytes -> hash algorithm."""
MAX_HEADER_VALUE_BYTES = 2000
_MIN_DIGEST_BYTES = 10
"""Minimum length, also of a truncated digest."""
_DIGEST_CHARS = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_KNOWN_PREFIX = re.compile(
    r"\s*(?:[A-Za-z][A-Za-z0-9-]{0,15}[=,: -]|t=\d{1,16},[a-z]\d=)", re.ASCII
)
_DIALECTS = (
    (re.compile("v1,"), "base64", "Standard Webhooks"),
    (re.compile("sha(1|256)="), "hex", "GitHub's webhooks"),
    (re.compile(r"t=\d+,v\d="), "hex", "Stripe's webhooks"),
    (re.compile("v0="), "hex", "Slack's requests"),
)
"""Prefix, encoding, and the scheme that uses both."""


@dataclass(frozen=True, slots=True)
class FoundDigest:
    """Possible digest in a header's value."""

    digest: bytes
    encoding: str
    """Name of the encoding, such as `hex` or `base64`."""
    prefix: str
    """Text before it in the value."""
    suffix: str


def find_digests(value: bytes) -> tuple[FoundDigest, ...]:
    """Return every decoding of every run of characters in `value` that could be a digest."""
    text = value[:MAX_HEADER_VALUE_BYTES].decode("latin-1").strip(" \t")
    readings = {
        re.sub(r"\s", "", text): "{} with white space in it",
        unquote(text, "latin-1"): "percent-encoded {}",
        text: "{}",  # last, so that it replaces an equal reading
    }
    return tuple(
        replace(found, encoding=form.format(found.encoding))
        for reading, form in reversed(readings.items())
        for found in _digests_in_text(reading)
    )


def _digests_in_text(text: str) -> Iterator[FoundDigest]:
    for match in _DIGEST_CHARS.finditer(text):
        run = match[0]
        # The characters of a prefix such as `sha256-` are also base64 characters.
        skipped = re.match(r"[a-z]+\d+[-_]", run)
        for start in {0, skipped.end() if skipped else 0}:
            prefix, suffix = text[: match.start() + start], text[match.end() :]
            for digest, encoding in _decode_run(run[start:]):
                if len(digest) >= _MIN_DIGEST_BYTES:
                    yield FoundDigest(digest, encoding, prefix, suffix)


def _decode_run(run: str) -> Iterator[tuple[bytes, str]]:
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", run):
        yield bytes.fromhex(run), "hex" if run == run.lower() else "upper-case hex"
    bare = run.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        digest = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        return
    encoding = "URL-safe base64" if set(bare) & set("-_") else "base64"
    yield digest, encoding if run == padded else f"{encoding} without padding"
    if re.fullmatch(rb"(?:[0-9a-fA-F]{2}){10,}", digest):
        yield bytes.fromhex(digest.decode()), "base64 of the hex digits"


def format_remarks(scheme: HmacScheme, found: FoundDigest) -> Iterator[str]:
    """Yield how the format of `found` differs from `scheme`."""
    if found.encoding != scheme.encoding:
        yield f"its encoding is {found.encoding}, not {scheme.encoding}"
    prefix, suffix = found.prefix, found.suffix
    if (prefix, suffix) == (scheme.prefix, ""):
        return
    if prefix[:1] in ('"', "'") and prefix[:1] == suffix and prefix[1:] in ("", scheme.prefix):
        yield "it is in quotes"
    elif (between := _separator(scheme, prefix, suffix)) is not None:
        yield f"its signatures are separated by {between!r}, not {scheme.separator!r}"
    elif suffix:
        yield "the header has other values too"
    elif not prefix:
        yield f"it lacks the prefix {scheme.prefix!r}"
    elif _KNOWN_PREFIX.fullmatch(prefix):
        yield f"it has the prefix {prefix!a}{_dialect(found)}"
    else:
        yield "it has an unknown prefix"


def _separator(scheme: HmacScheme, prefix: str, suffix: str) -> str | None:
    """Return the text between this signature and the next or the last one, or None."""
    if scheme.separator is None or not scheme.prefix:
        return None
    if prefix == scheme.prefix and re.fullmatch("[,;|&]+", suffix):
        return suffix + scheme.separator
    if prefix == scheme.prefix and scheme.prefix in suffix:
        return suffix.partition(scheme.prefix)[0]
    if prefix.startswith(scheme.prefix) and prefix.endswith(scheme.prefix):
        before = prefix.removesuffix(scheme.prefix)
        return before[len(before.rstrip(" ,;|&")) :] or None
    return None


def _dialect(found: FoundDigest) -> str:
    for prefix, encoding, name in _DIALECTS:
        if prefix.fullmatch(found.prefix) and found.encoding == encoding:
            return f", as in {name}"
    return ""
