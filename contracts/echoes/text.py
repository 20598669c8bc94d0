"""Explanation of how a text changed between a request and its webhook."""

import html
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote, quote_plus, unquote_plus

MAX_COMPARED_CHARACTERS = 4096
_ELLIPSES = ("...", "\N{HORIZONTAL ELLIPSIS}")
_NORMALIZATION_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = (
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
)


def explain_text(sent: str, received: str) -> str:
    """Explain how `sent` became `received`, such as `cut at 50 characters`; empty if unknown."""
    sent, received = sent[:MAX_COMPARED_CHARACTERS], received[:MAX_COMPARED_CHARACTERS]
    if sent == received:
        return ""
    variants = dict.fromkeys(_distorted_variants(sent))
    whole = next((note for note, text in variants if note and text == received), None)
    if whole is not None:
        return whole
    for note, text in variants:
        cut = _explain_truncation(text, received)
        if cut:
            return f"{note}, {cut}" if note else cut
    return ""


def describe_text_difference(sent: str, received: str) -> str:
    """Describe how `received` differs from `sent` if no known mistake explains it."""
    if sent and sent in received:
        return f"{len(received) - len(sent)} characters more"
    if not received:
        return "empty"
    lost = _lost_characters(sent, received)
    return f"{lost} characters lost" if lost else "different text"


def _distorted_variants(sent: str) -> Iterator[tuple[str, str]]:
    """Yield `sent`, then its variants under each mistake that (nearly) keeps the length."""
    yield "", sent
    yield "outer white space trimmed", sent.strip()
    yield "white space joined", " ".join(sent.split())
    yield "white space lost", "".join(sent.split())
    yield "in lower case", sent.lower()
    yield "in lower case", sent.casefold()
    yield "in capitals", sent.upper()
    yield "in title case", sent.title()
    yield "in title case", sent.capitalize()
    yield "HTML-escaped", html.escape(sent)
    yield "HTML-escaped", html.escape(sent, quote=False)
    yield "HTML-escaped", html.escape(sent).replace("&#x27;", "&#39;")
    yield "HTML-escaped twice", html.escape(html.escape(sent))
    yield "HTML-unescaped", html.unescape(sent)
    yield "HTML tags lost", re.sub(r"<[^>]*>", "", sent)
    for kept in ("", "/"):
        yield "URL-encoded", quote(sent, safe=kept, errors="replace")
    yield "URL-encoded", quote_plus(sent, errors="replace")
    yield "URL-decoded", unquote_plus(sent)
    yield "escaped for JSON", json.dumps(sent)[1:-1]
    yield "escaped for JSON", json.dumps(sent, ensure_ascii=False)[1:-1]
    yield "in quotes", json.dumps(sent, ensure_ascii=False)
    yield "quotes doubled", sent.replace("'", "''")
    yield "quotes escaped", re.sub(r"(['\"\\])", r"\\\1", sent)
    decomposed = unicodedata.normalize("NFD", sent)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    yield "accents lost", bare
    for form in _NORMALIZATION_FORMS:
        yield f"Unicode normalised ({form})", unicodedata.normalize(form, sent)
    yield "control characters lost", "".join(c for c in sent if unicodedata.category(c) != "Cc")
    yield from _recoded_variants(sent)
    yield "reversed", sent[::-1]


def _recoded_variants(sent: str) -> Iterator[tuple[str, str]]:
    raw = sent.encode(errors="replace")
    for codec, name in (("latin-1", "Latin-1"), ("cp1252", "Windows-1252")):
        for errors in ("replace", "ignore"):
            yield f"UTF-8 read as {name}", raw.decode(codec, errors)
    for codec, name in (("ascii", "ASCII"), ("latin-1", "Latin-1"), ("cp1252", "Windows-1252")):
        replaced = sent.encode(codec, "replace").decode(codec)
        yield f"characters outside {name} replaced by ?", replaced
        yield f"characters outside {name} lost", sent.encode(codec, "ignore").decode(codec)
    bytewise = raw.decode("latin-1").encode("ascii", "replace").decode()
    yield "bytes outside ASCII replaced by ?", bytewise
    for mark in ("?", "\N{REPLACEMENT CHARACTER}", ""):
        done = f"replaced by {mark}" if mark == "?" else "replaced" if mark else "lost"
        yield f"characters outside ASCII {done}", re.sub(r"[^\x00-\x7f]", mark, sent)
        for count in (1, 2, 4):
            astral = re.sub("[\U00010000-\U0010ffff]", mark * count, sent)
            yield f"characters beyond U+FFFF {done}", astral


def _explain_truncation(sent: str, received: str) -> str:
    """Return where `sent` was cut to get `received`; empty if it was not."""
    if not received or len(received) >= len(sent) + len(_ELLIPSES[0]):
        return ""
    if sent.startswith(received) and received != sent:
        sizes = {
            "characters": len(received),
            "UTF-16 units": _utf16_length(received),
            "bytes": _utf8_length(received),
        }
        others = [f"{size} {unit}" for unit, size in sizes.items() if size != len(received)]
        return f"cut at {len(received)} characters" + (f" ({', '.join(others)})" if others else "")
    for more in _ELLIPSES:
        kept = received.removesuffix(more)
        if kept != received and kept and sent.startswith(kept):
            return f"cut at {len(kept)} characters, with ... in place of the rest"
    # A partial character at the end shows the unit of the limit.
    kept = received.rstrip("\N{REPLACEMENT CHARACTER}")
    if kept != received and kept and sent.startswith(kept):
        size = f"{_utf8_length(kept)} bytes ({_utf16_length(kept)} UTF-16 units)"
        return f"cut within a character, after {size}"
    if sent.endswith(received) and received != sent:
        return f"the first {len(sent) - len(received)} characters lost"
    return ""


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _utf8_length(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _lost_characters(sent: str, received: str) -> int:
    """Return the number of lost characters if the others are in order, else 0."""
    rest = iter(sent)
    return len(sent) - len(received) if all(character in rest for character in received) else 0
