"""Decoding of text in every usual encoding, also in several of them, one in the other. Pure.

The cost is linear in the size of the text.
"""

import binascii
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from html.entities import html5

MAX_DECODED_BYTES = 256 * 1024
"""Size of the prefix that is decoded."""
_MAX_READINGS_BYTES = 8 * MAX_DECODED_BYTES
_MAX_DEPTH = 3
"""Maximum number of binary encodings, one in the other."""
_MAX_ESCAPINGS = 5
_WHITE_SPACE = b" \t\r\n\v\f"
_LETTERS_AND_DIGITS = (string.ascii_letters + string.digits).encode()
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_BASE32_RUN = re.compile(rb"[A-Z2-7]{16,}|[a-z2-7]{16,}")
_BASE32_DIGITS = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567",
    b"0123456789abcdefghijklmnop0123456789abcdefghijklmnopqrstuv",
)
_NUMBERS = re.compile(rb"-?\d{1,3}+(?:,++-?\d{1,3}+){7,}")
_MIN_NUMBERS_CHARACTERS = 15
"""Characters of the shortest list of eight numbers."""
_TEXT_RUN = re.compile(rb"[\0\t\n\r\x20-\x7e]{8}")
_INDEX_KEY = re.compile(rb'"\d{1,6}"\s*+:\s*+')
_ESCAPE = re.compile(
    rb"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))"
    rb"(?:(?<=\\u[dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2}))?",
    re.DOTALL,
)
_CONTROL_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_REFERENCE = re.compile(
    rb"&(?:#[xX]0*+([0-9a-fA-F]{1,6}+)|#0*+([0-9]{1,7}+)|([A-Za-z][A-Za-z0-9]{1,31}+));?"
)
_OCTET = re.compile(rb"[%=]([0-9A-Fa-f]{2})|=\r?\n")


def decode_all(raw: bytes, shortest: int = 8) -> list[bytes]:
    """Return `raw` and every decoding of it and its parts.

    Parts that decode to fewer than `shortest` bytes may be left out.

    The decodings: escapes of JSON and similar languages, HTML character references, URL encoding,
    quoted-printable, UTF-16; letters with marks, between invisible characters, and in other forms
    such as full-width; base64 (both alphabets), base32, hex, lists of numbers, each also wrapped or
    after other text; and these in one another.
    """
    found = [raw]
    size = 0
    known: set[bytes] = set()
    pending = [raw[:MAX_DECODED_BYTES]]
    for _ in range(_MAX_DEPTH + 1):
        parts = []
        for text in pending:
            for plain in _unescaped(text):
                size += len(plain)
                if plain in known or size > _MAX_READINGS_BYTES:
                    continue
                known.add(plain)
                if plain != raw:
                    found.append(plain)
                decoded = _decoded_parts(plain, shortest)
                parts.append(b"\n".join(part for part in decoded if _is_text(part)))
        pending = [text for text in parts if text]
    return found


def _unescaped(text: bytes) -> Iterator[bytes]:
    """Yield `text`, and `text` after each step that changes it."""
    yield text
    if b"+" in text and b"%" in text:
        yield _OCTET.sub(_octet, text.replace(b"+", b" "))
    for _ in range(_MAX_ESCAPINGS):
        before = text
        for mark, unescape in _UNESCAPES:
            if mark in text and (plain := unescape(text)) != text:
                text = plain
                yield text
        if not text.isascii() and (plain := plain_letters(text)) != text:
            text = plain
            yield text
        if text == before:
            return


def plain_letters(text: bytes) -> bytes:
    """Return the ASCII characters of `text` after compatibility decomposition (Unicode, NFKD).

    It makes plain letters of full-width ones, and separates marks, which are no ASCII.
    """
    return unicodedata.normalize("NFKD", text.decode(errors="ignore")).encode("ascii", "ignore")


def _keeping(characters: bytes) -> bytes:
    """Return a table for `bytes.translate` that replaces all but `characters` with a space."""
    return bytes(byte if byte in characters else b" "[0] for byte in range(256))


_ALPHANUMERIC = _keeping(_LETTERS_AND_DIGITS)
_BASE64 = _keeping(_LETTERS_AND_DIGITS + b"+/_-")
_BASE32 = _keeping(string.ascii_letters.encode() + b"234567")
_HEX = _keeping(string.hexdigits.encode())
_NUMERIC = bytes.maketrans(_WHITE_SPACE + b";", b"," * 7).translate(
    _keeping(string.digits.encode() + b",-")
)
"""Table as of `_keeping`, with a comma for everything that may stand between numbers."""


def _runs(text: bytes, table: bytes, least: int) -> list[bytes]:
    """Return the runs of at least `least` of the characters that `table` keeps.

    This takes a tenth of the time of a regular expression.
    """
    return [run for run in text.translate(table).split() if len(run) >= least]


def _decoded_parts(text: bytes, shortest: int) -> Iterator[bytes]:
    squeezed = text.translate(None, _WHITE_SPACE)
    least = max(12, -(-4 * shortest // 3))
    long_runs = _runs(squeezed, _BASE64, least)
    separate = _runs(text, _ALPHANUMERIC, least) if long_runs else ()
    for run in long_runs:
        standard = run.translate(_STANDARD_ALPHABET)
        # A word before the run shifts it: the white space between them is gone.
        shifts = 1 if run in separate else 4
        yield from (_decode_base64(standard[shift:]) for shift in range(shifts))
    least = max(16, -(-8 * shortest // 5))
    for mixed_case in _runs(squeezed, _BASE32, least):
        for run in _BASE32_RUN.findall(mixed_case):
            if len(run) >= least:
                yield from _decode_base32(run)
    packed = text.translate(None, _WHITE_SPACE + b":,;-").replace(b"0x", b"").replace(b"\\x", b"")
    for run in _runs(packed, _HEX, max(16, 2 * shortest)):
        yield from (_decode_hex(run[shift:]) for shift in range(2))
    if b'"0"' in text:
        text = _INDEX_KEY.sub(b"", text)
    for list_text in _runs(text, _NUMERIC, _MIN_NUMBERS_CHARACTERS):
        for run in _NUMBERS.findall(list_text):
            yield bytes(int(digits) & 0xFF for digits in re.findall(rb"-?\d+", run))


def _is_text(decoded: bytes) -> bool:
    """Return whether `decoded` contains text: most runs of letters are no encoding at all."""
    if _TEXT_RUN.search(decoded):
        return True
    try:
        return bool(decoded.decode())
    except UnicodeDecodeError:
        return False


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)]) if match[1] else b""


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[6]:  # two halves of a surrogate pair
        return bytes.fromhex(f"{match[2].decode()}{match[6].decode()}").decode("utf-16-be").encode()
    digits = match[1] or match[2] or match[3] or match[4]
    return _character(int(digits, 16)) if digits else _CONTROL_ESCAPES.get(match[5], match[5])


def _reference(match: re.Match[bytes]) -> bytes:
    if match[3]:
        return html5.get(f"{match[3].decode()};", match[0].decode()).encode(errors="replace")
    return _character(int(match[1], 16) if match[1] else int(match[2]))


def _character(number: int) -> bytes:
    return chr(number).encode(errors="replace") if number < 0x110000 else b""


_UNESCAPES: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\0", lambda text: text.replace(b"\0", b"")),
    (b"\\", lambda text: _ESCAPE.sub(_unescape, text)),
    (b"&", lambda text: _REFERENCE.sub(_reference, text)),
    (b"%", lambda text: _OCTET.sub(_octet, text)),
    (b"=", lambda text: _OCTET.sub(_octet, text)),
)
"""Byte without which a step changes nothing, and the step."""


def _decode_base64(text: bytes) -> bytes:
    # A length of 4n + 1 is impossible in base64: the last character is not part of it.
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def _decode_base32(run: bytes) -> Iterator[bytes]:
    """Yield the decodings of `run` for each number of bits after its last byte."""
    number, bits = int(run.translate(_BASE32_DIGITS), 32), 5 * len(run)
    yield from ((number >> s).to_bytes((bits - s + 7) // 8) for s in range(8))


def _decode_hex(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
