"""Taking secrets out of a text, before it is cut or shown. Pure."""

import json
from collections.abc import Iterable

MASK = "[secret]"
_TELLING = 16
"""So many characters of a secret at its beginning are masked, too: texts are cut."""


class Mask:
    """Masks every secret of a run."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """`secrets` are known by now: those the run was given, and those it was shown."""
        forms = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` without any secret, or the beginning of one."""
        for form in self._forms:
            text = text.replace(form, MASK)
        for beginning in dict.fromkeys(form[:_TELLING] for form in self._forms):
            if len(beginning) == _TELLING:
                text = _without_beginning(text, beginning, self._forms)
        return text


def _without_beginning(text: str, beginning: str, forms: Iterable[str]) -> str:
    place = text.find(beginning)
    while place >= 0:
        longest = max(_common(text[place:], form) for form in forms)
        text = f"{text[:place]}{MASK}{text[place + longest :]}"
        place = text.find(beginning, place + len(MASK))
    return text


def _common(one: str, other: str) -> int:
    """Return how many characters `one` and `other` have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
