"""Taking secrets out of a text, in whatever usual encoding they stand there. Pure."""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MASK = "[secret]"
_TELLING = 16
"""So many characters of a secret tell it: texts are cut, and forged tokens have parts of it."""


class Mask:
    """Masks every secret of a run."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """`secrets` are known by now: those the run was given, and those it was shown."""
        forms = {form for secret in secrets for form in _forms(secret) if form}
        self._short = sorted((form for form in forms if len(form) < _TELLING), key=len)
        self._long: dict[str, list[str]] = {}
        for form in forms:
            if len(form) >= _TELLING:
                self._long.setdefault(form[:_TELLING], []).append(form)

    def __call__(self, text: str) -> str:
        """Return `text` without any secret, or the beginning of one."""
        kept: list[str] = []
        place = since = 0
        while place < len(text):
            forms = self._long.get(text[place : place + _TELLING])
            if forms is None:
                place += 1
                continue
            kept += [text[since:place], MASK]
            place += max(_common(text[place : place + len(form)], form) for form in forms)
            since = place
        masked = "".join([*kept, text[since:]])
        for form in reversed(self._short):
            masked = masked.replace(form, MASK)
        return masked


def _forms(secret: str) -> Iterator[str]:
    """Yield `secret` as it is and as the usual encodings write it, and the parts of a token."""
    raw = secret.encode(errors="surrogateescape")
    yield from (secret, json.dumps(secret)[1:-1], quote(raw, safe=""), html.escape(secret))
    yield from (raw.hex(), raw.hex().upper())
    for shift, lost in ((0, 0), (1, 2), (2, 3)):
        # Within other text the characters at both ends depend on their neighbours.
        text = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")[lost:-2]
        yield from (text, text.translate(str.maketrans("+/", "-_")))
    for part in secret.split(".") if secret.count(".") == 2 else ():
        if len(part) > _TELLING:
            # A token that is signed wrongly differs from this one in the signature's first letter.
            yield from (part, part[1:])


def _common(one: str, other: str) -> int:
    """Return how many characters `one` and `other` have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
