"""Strings that have a length, formats and patterns."""

import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from openapi.generation.format_texts import format_candidates
from openapi.generation.pattern_texts import pattern_candidates
from openapi.schemas.formats import FORMATS
from openapi.schemas.patterns import pattern_test

_USUAL_LENGTH = 8
_CANDIDATES = 100
"""Texts to try for each format or pattern."""
_MAX_LENGTH = 1_000_000


@dataclass(frozen=True, slots=True)
class StringRules:
    """Constraints of a string."""

    least: int = 0
    most: int | None = None
    formats: Sequence[str] = ()
    patterns: Sequence[str] = ()

    def allow(self, text: str) -> bool:
        """Return whether `text` satisfies all of them."""
        if len(text) < self.least or (self.most is not None and len(text) > self.most):
            return False
        tests = (pattern_test(pattern) for pattern in self.patterns)
        checks = (FORMATS[name] for name in self.formats if name in FORMATS)
        return all(check(text) for check in checks) and all(
            test is None or test(text) for test in tests
        )


def generate_strings(rules: StringRules, rng: random.Random) -> Iterator[str]:
    """Yield strings that satisfy `rules`: the plainest first, then ones of other characters."""
    if rules.most is not None and rules.most < rules.least:
        return
    if rules.patterns or rules.formats:
        yield from filter(rules.allow, _candidates(rules, rng))
        return
    yield plain_text(rules, rng)
    for alphabet in (string.digits, string.ascii_uppercase, string.printable[:95], "\u00e9\u4e2d "):
        yield plain_text(rules, rng, alphabet)
    yield "".join(rng.choices(string.ascii_lowercase, k=rules.least))


def plain_text(
    rules: StringRules, rng: random.Random, alphabet: str = string.ascii_lowercase
) -> str:
    """Return characters of `alphabet` in an allowed length."""
    length = min(max(rules.least, _USUAL_LENGTH), _MAX_LENGTH if rules.most is None else rules.most)
    return "".join(rng.choices(alphabet, k=length))


def _candidates(rules: StringRules, rng: random.Random) -> Iterator[str]:
    least, most = rules.least, rules.most
    yield from chain.from_iterable(
        format_candidates(name, least, most, rng, 12) for name in rules.formats
    )
    if not rules.patterns:
        yield plain_text(rules, rng)
        return
    yield from chain.from_iterable(
        pattern_candidates(pattern, least, most, rng, _CANDIDATES) for pattern in rules.patterns
    )
    if len(rules.patterns) > 1:
        # Patterns that look for different places of a text.
        sources = [
            pattern_candidates(pattern, 0, most, rng, _CANDIDATES) for pattern in rules.patterns
        ]
        for texts in zip(*sources, strict=False):
            yield "".join(texts)
            yield "".join(reversed(texts))
    yield plain_text(rules, rng)
