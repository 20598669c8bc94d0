"""Search for secrets in text, whatever their encoding, case, order and separators. Pure.

Checks and redaction use the same search: what a check finds, redaction removes.
"""

import re
from collections.abc import Iterable, Iterator

from openapi.redaction.decoding import decode_all, plain_letters
from openapi.redaction.words import is_words

MIN_SECRET_CHARACTERS = 8
"""Minimum length: a shorter value would match by chance."""
MIN_LOOSE_CHARACTERS = 16
"""Minimum length, in letters and digits, of a secret that is found without its case and order."""
_MIN_LOOSE_VARIETY = 8
_FRAGMENT_CHARACTERS = 16
_FRAGMENT_STEP = 8
_ALPHANUMERICS = b"0123456789abcdefghijklmnopqrstuvwxyz"
_OTHERS = bytes(set(range(256)) - set(_ALPHANUMERICS))
_SEPARATORS = b" \t\r\n\v\f-_.:"
_SPELLED = re.compile(
    rb"(?<![0-9A-Za-z])[0-9A-Za-z](?:[%b]{1,8}[0-9A-Za-z]){6,}(?![0-9A-Za-z])"
    % re.escape(_SEPARATORS)
)
"""Text with separators between all its characters."""
_MIN_SEPARATED_CHARACTERS = 7
_MIN_SEPARATED_VARIETY = 4
_ROT13 = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"nopqrstuvwxyzabcdefghijklm")
_TOKEN_PARTS = 3
_BLOCK_BYTES = 4
_LOOSE_BLOCK_BYTES = 6


class SecretSearch:
    """Search for known secrets.

    A secret of at least `MIN_SECRET_CHARACTERS` is found in every encoding of `decode_all`, and
    with separators between all its characters. One that is no plain words is also found with
    separators between some of them, and a long one in other case, reversed and in rot13.
    """

    def __init__(self, secrets: Iterable[str], *, fragments: bool = False) -> None:
        """Take the plain secrets. With `fragments`, long parts of a secret count as the secret."""
        self._exact = NeedleIndex(_BLOCK_BYTES)
        self._loose = NeedleIndex(_LOOSE_BLOCK_BYTES)
        self._separated = NeedleIndex(_BLOCK_BYTES)
        self._spelled = NeedleIndex(_BLOCK_BYTES)
        for secret in secrets:
            for form in _forms(secret):
                self._add(form, secret, fragments=fragments)
        self._shortest = min(
            (*self._exact.lengths, *self._loose.lengths, *self._separated.lengths), default=0
        )

    def _add(self, form: str, secret: str, *, fragments: bool) -> None:
        whole = _loose_form(form)
        if whole is None:
            self._exact.add(form.encode(errors="surrogatepass"), secret)
            self._add_separated(form, secret)
        needles = () if whole is None else (whole,)
        for needle in (*needles, *(_fragments(form) if fragments else ())):
            self._loose.add(needle, secret)
            self._loose.add(needle[::-1], secret)
            self._loose.add(needle.translate(_ROT13), secret)

    def _add_separated(self, form: str, secret: str) -> None:
        """Find a form without a loose one with separators between its characters.

        Other text has words too, so that those of a secret count only if they are spelled out.
        """
        letters = form.encode(errors="surrogatepass").translate(None, _SEPARATORS)
        is_distinct = len(set(letters)) >= _MIN_SEPARATED_VARIETY
        if len(letters) >= _MIN_SEPARATED_CHARACTERS and is_distinct:
            index = self._spelled if is_words(form) else self._separated
            index.add(letters, secret)

    def find(self, raw: bytes) -> set[str]:
        """Return the secrets in `raw`."""
        found: set[str] = set()
        for reading in decode_all(raw, self._shortest):
            found |= self._exact.find(reading)
            found |= self._loose.find(_skeleton(reading))
            if self._separated:
                found |= self._separated.find(reading.translate(None, _SEPARATORS))
            if self._spelled:
                for spelled in _SPELLED.findall(reading):
                    found |= self._spelled.find(spelled.translate(None, _SEPARATORS))
        return found


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret that is long enough, and its plain letters if it has others."""
    if len(secret) >= MIN_SECRET_CHARACTERS:
        yield secret
        plain = plain_letters(secret.encode(errors="replace")).decode()
        if plain != secret and len(plain) >= MIN_SECRET_CHARACTERS:
            yield plain


def _skeleton(text: bytes) -> bytes:
    """Return the letters and digits of `text` in lower case."""
    return text.lower().translate(None, _OTHERS)


def _loose_form(secret: str) -> bytes | None:
    """Return the skeleton by which `secret` is found, exact occurrences included; None without."""
    whole = _skeleton(secret.encode(errors="replace"))
    if len(whole) < MIN_LOOSE_CHARACTERS or len(set(whole)) < _MIN_LOOSE_VARIETY:
        return None
    return None if is_words(secret) else whole


def _fragments(secret: str) -> Iterator[bytes]:
    """Yield the parts of the skeleton that count as the secret."""
    parts = secret.split(".")
    # Other tokens have the same header and may have the same claims: the signature is secret.
    secret_part = parts[-1] if len(parts) == _TOKEN_PARTS else secret
    text = _skeleton(secret_part.encode(errors="replace"))
    if len(text) < _FRAGMENT_CHARACTERS + _FRAGMENT_STEP:
        return
    for start in range(0, len(text) - _FRAGMENT_CHARACTERS + 1, _FRAGMENT_STEP):
        fragment = text[start : start + _FRAGMENT_CHARACTERS]
        if len(set(fragment)) >= _MIN_LOOSE_VARIETY and any(map(_is_digit, fragment)):
            yield fragment


def _is_digit(byte: int) -> bool:
    return byte < ord("a")


class NeedleIndex:
    """Index of needles by their blocks: one pass over a text finds all of them.

    A text is cut into blocks. Each needle in it contains a whole block of the text, and this block
    begins at one of `size` places of the needle's end.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._blocks = re.compile(b".{%d}" % size, re.DOTALL)
        self._places: dict[bytes, tuple[tuple[int, int], ...]] = {}
        """Block -> places of the block in needles, each with the length of the needle."""
        self._needles: dict[bytes, str] = {}

    def add(self, needle: bytes, secret: str) -> None:
        """Find `secret` where a text contains `needle`, of at least `2 * size - 1` bytes."""
        if needle in self._needles:
            return
        self._needles[needle] = secret
        first = len(needle) - 2 * self._size + 1
        for place in range(first, first + self._size):
            block, found = needle[place : place + self._size], (place, len(needle))
            known = self._places.setdefault(block, (found,))
            if found not in known:
                self._places[block] = (*known, found)

    def __bool__(self) -> bool:
        return bool(self._needles)

    @property
    def lengths(self) -> Iterator[int]:
        """Length of each needle."""
        return map(len, self._needles)

    def find(self, text: bytes) -> set[str]:
        """Return the secrets whose needles are in `text`."""
        if not self._needles:
            return set()
        blocks = self._blocks.findall(text)
        if self._places.keys().isdisjoint(blocks):
            return set()
        found = set()
        for number, block in enumerate(blocks):
            for place, length in self._places.get(block, ()):
                start = number * self._size - place
                secret = self._needles.get(text[start : start + length]) if start >= 0 else None
                if secret is not None:
                    found.add(secret)
        return found
