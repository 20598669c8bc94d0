"""What the value of a signature's header may hold: digests, however they are written."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from openapi.signature import SignatureScheme

ALGORITHMS = {20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}
"""Bytes of a digest -> what makes digests of that length."""
LONGEST = 2000
"""Bytes of a header's value that are looked at."""
_SHORTEST = 10
"""A shorter run says nothing, not even as a digest that was cut."""
_RUN = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_KNOWN_BEFORE = re.compile(
    r"\s*(?:[A-Za-z][A-Za-z0-9-]{0,15}[=,: -]|t=\d{1,16},[a-z]\d=)", re.ASCII
)
_DIALECTS = (
    (re.compile("v1,"), "base64", "Standard Webhooks"),
    (re.compile("sha(1|256)="), "hex", "GitHub's webhooks"),
    (re.compile(r"t=\d+,v\d="), "hex", "Stripe's webhooks"),
    (re.compile("v0="), "hex", "Slack's requests"),
)
"""What stands before a value, how it is written, and where both are so."""


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that stand in a header's value."""

    digest: bytes
    writing: str
    """How they are written: `hex`, `base64` and the like."""
    before: str
    """What stands before them in the value."""
    after: str


def read(value: bytes) -> tuple[Written, ...]:
    """Return every reading of every run of letters in `value` that could be a digest."""
    text = value[:LONGEST].decode("latin-1").strip(" \t")
    readings = {
        re.sub(r"\s", "", text): "{} with white space in it",
        unquote(text, "latin-1"): "{} with percent signs, as in a URL",
        text: "{}",  # the last: where another reads the same, it is this one
    }
    return tuple(
        replace(found, writing=form.format(found.writing))
        for reading, form in reversed(readings.items())
        for found in _in(reading)
    )


def _in(text: str) -> Iterator[Written]:
    for match in _RUN.finditer(text):
        run = match[0]
        # `sha256-` before base64 is of the same letters as the base64 itself.
        skipped = re.match(r"[a-z]+\d+[-_]", run)
        for start in {0, skipped.end() if skipped else 0}:
            before, after = text[: match.start() + start], text[match.end() :]
            for digest, writing in _decoded(run[start:]):
                if len(digest) >= _SHORTEST:
                    yield Written(digest, writing, before, after)


def _decoded(run: str) -> Iterator[tuple[bytes, str]]:
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", run):
        yield bytes.fromhex(run), "hex" if run == run.lower() else "hex in capitals"
    bare = run.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        digest = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        return
    writing = "base64 for URLs" if set(bare) & set("-_") else "base64"
    yield digest, writing if run == padded else f"{writing} without its padding"
    if re.fullmatch(rb"(?:[0-9a-fA-F]{2}){10,}", digest):
        yield bytes.fromhex(digest.decode()), "base64 of the hex digits"


def remarks(scheme: SignatureScheme, found: Written) -> Iterator[str]:
    """Say what of `found` is not written as `scheme` says."""
    if found.writing != scheme.encoding:
        yield f"it is written in {found.writing}, not {scheme.encoding}"
    before, after = found.before, found.after
    if (before, after) == (scheme.prefix, ""):
        return
    if before[:1] in ('"', "'") and before == after:
        yield "it stands in quotes"
    elif after:
        yield "it stands among other values"
    elif not before:
        yield f"{scheme.prefix!r} is missing before it"
    elif _KNOWN_BEFORE.fullmatch(before):
        yield f"{before!a} stands before it{_dialect(found)}"
    else:
        yield "something else stands before it"


def _dialect(found: Written) -> str:
    for before, writing, name in _DIALECTS:
        if before.fullmatch(found.before) and found.writing == writing:
            return f", as in {name}"
    return ""
