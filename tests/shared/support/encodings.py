"""Encodings in which a service may show a secret, by name."""

import base64
import codecs
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable
from urllib.parse import quote


def base64_text(text: str) -> str:
    """Return the base64 of `text`."""
    return base64.b64encode(text.encode()).decode()


def grouped(text: str, size: int, separator: str) -> str:
    """Return `text` with a separator after each `size` characters."""
    return separator.join(text[at : at + size] for at in range(0, len(text), size))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "escapes of bytes": lambda s: "".join(f"\\x{ord(c):02X}" for c in s),
    "HTML, decimal": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "HTML, hex": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "HTML, named": lambda s: s.replace(".", "&period;").replace("_", "&lowbar;"),
    "percent": lambda s: "".join(f"%{ord(c):02X}" for c in s),
    "percent twice": lambda s: quote("".join(f"%{ord(c):02x}" for c in s)),
    "quoted-printable": lambda s: "".join(f"={ord(c):02X}" for c in s),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "base32, lower case": lambda s: base64.b32encode(s.encode()).decode().lower().rstrip("="),
    "base64": base64_text,
    "base64, alignment 1": lambda s: base64_text(f"x{s}"),
    "base64, alignment 2, unpadded": lambda s: base64_text(f"xx{s}").rstrip("="),
    "base64, URL-safe": lambda s: base64.urlsafe_b64encode(f"??>{s}".encode()).decode(),
    "base64 twice": lambda s: base64_text(base64_text(s)),
    "base64, wrapped at 40": lambda s: "\n".join(textwrap.wrap(base64_text(s), 40)),
    "base64, wrapped at 76": lambda s: "\r\n  ".join(textwrap.wrap(base64_text(s), 76)),
    "hex": lambda s: s.encode().hex(),
    "hex, upper case": lambda s: s.encode().hex().upper(),
    "hex, spaced": lambda s: s.encode().hex(" "),
    "reversed": lambda s: s[::-1],
    "upper case": str.upper,
    "lower case": str.lower,
    "spaces": lambda s: grouped(s, 1, " "),
    "dashes": lambda s: grouped(s, 4, "-"),
    "dots": lambda s: grouped(s, 5, "."),
    "wrapped at 40": lambda s: grouped(s, 40, "\n"),
    "wrapped at 76": lambda s: grouped(s, 76, "\r\n    "),
    "underscores": lambda s: grouped(s, 3, "_"),
    "colons": lambda s: grouped(s, 2, ":"),
    "several separators": lambda s: grouped(grouped(s, 3, " - "), 7, "\n"),
    "line breaks": lambda s: grouped(s, 1, "\n"),
    "zero-width spaces": lambda s: grouped(s, 1, "\u200b"),
    "soft hyphens": lambda s: grouped(s, 6, "\u00ad"),
    "combining marks": lambda s: grouped(s, 1, "\u0301"),
    "composed marks": lambda s: unicodedata.normalize("NFC", grouped(s, 1, "\u0301")),
    "full-width": lambda s: "".join(chr(ord(c) + 0xFEE0) for c in s),
    "full-width, spaced": lambda s: grouped("".join(chr(ord(c) + 0xFEE0) for c in s), 1, "\u3000"),
    "mathematical letters": lambda s: re.sub("[a-z]", lambda c: chr(ord(c[0]) + 0x1D3B9), s),
    "list of bytes": lambda s: json.dumps(list(s.encode())),
    "list of bytes, indented": lambda s: json.dumps(list(s.encode()), indent=2),
    "object of bytes": lambda s: json.dumps({str(n): b for n, b in enumerate(s.encode())}),
    "list of characters": lambda s: json.dumps(list(s)),
    "UTF-16": lambda s: s.encode("utf-16-be").decode(),
    "rot13": lambda s: codecs.encode(s, "rot13"),
}
