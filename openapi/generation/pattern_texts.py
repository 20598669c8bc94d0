"""Texts that match a pattern: candidates, of which the caller keeps those that the engine accepts.

A candidate ignores word boundaries and negative look-arounds; among several, most match.
"""

import random
from collections.abc import Iterator
from functools import lru_cache

from openapi.generation.pattern_syntax import (
    LIMITLESS,
    Assertion,
    Characters,
    Choice,
    Group,
    Node,
    Reference,
    Repeat,
    Sequence,
    UnreadablePatternError,
    parse_pattern,
)

_USUAL_LENGTH = 8
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_ASCII = "".join(map(chr, range(32, 127)))
_OTHERS = "".join(map(chr, (*range(0xA1, 0x180), 0x3B1, 0x416, 0x4E2D, 9, 10, 13, 0)))
_MAX_REPEATS = 100_000


def pattern_candidates(
    pattern: str, least: int, most: int | None, rng: random.Random, count: int
) -> Iterator[str]:
    """Yield up to `count` texts of `least` to `most` characters that `pattern` may match."""
    try:
        node = parse_pattern(pattern)
    except UnreadablePatternError:
        return
    shortest, longest = length_bounds(node)
    upper = min(most if most is not None else LIMITLESS, longest)
    for attempt in range(count):
        wanted = max(shortest, least, min(_USUAL_LENGTH, upper))
        if attempt and attempt % 2 == 0:
            wanted = max(shortest, least) + rng.randint(0, attempt)
        wanted = min(wanted, max(upper, shortest))
        writer = _Writer(rng, is_plain=attempt == 0, uses_look_aheads=attempt % 2 == 0)
        text = writer.write(node, wanted)
        yield text
        if len(text) < least:
            filler = "".join(rng.choices(_LOWER, k=least - len(text)))
            yield text + filler
            yield filler + text
            yield f"{text} {filler[1:]}"


@lru_cache(maxsize=4096)
def length_bounds(node: Node) -> tuple[int, int]:
    """Return the least and the greatest number of characters of `node`."""
    least = most = 0
    match node:
        case Characters():
            least = most = 1
        case Sequence(nodes=nodes):
            least = sum(length_bounds(part)[0] for part in nodes)
            most = sum(length_bounds(part)[1] for part in nodes)
        case Choice(nodes=nodes):
            least = min(length_bounds(part)[0] for part in nodes)
            most = max(length_bounds(part)[1] for part in nodes)
        case Repeat(node=inner):
            low, high = length_bounds(inner)
            least, most = low * node.least, high * node.most
        case Group(node=inner):
            least, most = length_bounds(inner)
        case Reference():
            most = LIMITLESS
    return least, min(most, LIMITLESS)


@lru_cache(maxsize=2048)
def _alphabet(characters: Characters, *, is_plain: bool) -> str:
    """Return characters of a class to choose from: plain ones where it has some."""
    choices = [_ASCII, _OTHERS]
    if is_plain:
        plain = _LOWER if characters.is_negated else _LOWER + _DIGITS
        choices = [plain, _DIGITS, _LOWER.upper(), *choices]
    for choice in choices:
        allowed = "".join(filter(characters.allows, choice))
        if allowed:
            return allowed
    if characters.is_negated:
        return next((c for c in map(chr, range(0x110000)) if characters.allows(c)), "")
    return "".join(chr(code) for low, high in characters.ranges for code in {low, high})


class _Writer:
    """Writer of one text."""

    def __init__(self, rng: random.Random, *, is_plain: bool, uses_look_aheads: bool) -> None:
        self._rng = rng
        self._is_plain = is_plain
        self._uses_look_aheads = uses_look_aheads
        self._groups: dict[int | str, str] = {}

    def write(self, node: Node, wanted: int) -> str:
        """Return a text of `node` with about `wanted` characters."""
        text = ""
        match node:
            case Characters():
                text = self._rng.choice(_alphabet(node, is_plain=self._is_plain) or [""])
            case Sequence(nodes=nodes):
                text = self._write_sequence(nodes, wanted)
            case Choice(nodes=nodes):
                text = self._write_choice(nodes, wanted)
            case Repeat():
                text = self._write_repeat(node, wanted)
            case Group(node=inner, number=number, name=name):
                text = self.write(inner, wanted)
                self._groups[number] = text
                if name is not None:
                    self._groups[name] = text
            case Reference(group=group):
                text = self._groups.get(group, "")
        return text

    def _write_sequence(self, nodes: tuple[Node, ...], wanted: int) -> str:
        bounds = [length_bounds(node) for node in nodes]
        lengths = [low for low, _ in bounds]
        spare = wanted - sum(lengths)
        growing = [i for i, (low, high) in enumerate(bounds) if high > low]
        if not self._is_plain:
            self._rng.shuffle(growing)
        for rank, index in enumerate(growing):
            room = bounds[index][1] - bounds[index][0]
            # The last one takes what is left.
            share = spare if rank == len(growing) - 1 else self._share(spare, len(growing) - rank)
            added = max(0, min(room, share))
            lengths[index] += added
            spare -= added
        for index in growing:  # nodes with room take what the last one could not
            added = max(0, min(bounds[index][1] - lengths[index], spare))
            lengths[index] += added
            spare -= added
        texts = [self.write(node, length) for node, length in zip(nodes, lengths, strict=True)]
        return self._with_look_aheads(nodes, texts) if self._uses_look_aheads else "".join(texts)

    def _share(self, spare: int, parts: int) -> int:
        return -(-spare // parts) if self._is_plain else self._rng.randint(0, max(0, spare))

    def _with_look_aheads(self, nodes: tuple[Node, ...], texts: list[str]) -> str:
        """Return the joined texts; what a positive look-ahead wants replaces what follows it."""
        for index in reversed(range(len(nodes))):
            node = nodes[index]
            if not isinstance(node, Assertion) or node.kind != "?=" or node.node is None:
                continue
            rest = "".join(texts[index + 1 :])
            wanted = self.write(node.node, length_bounds(node.node)[0])
            offset = 0
            if _begins_freely(node.node) and len(rest) > len(wanted):
                offset = self._rng.randint(0, len(rest) - len(wanted))
            texts[index + 1 :] = [rest[:offset] + wanted + rest[offset + len(wanted) :]]
        return "".join(texts)

    def _write_choice(self, nodes: tuple[Node, ...], wanted: int) -> str:
        bounds = [length_bounds(node) for node in nodes]
        fitting = [i for i, (low, high) in enumerate(bounds) if low <= wanted <= high]
        if not fitting:
            distance = [max(low - wanted, wanted - high) for low, high in bounds]
            fitting = [distance.index(min(distance))]
        chosen = self._rng.choice(fitting)
        return self.write(nodes[chosen], wanted)

    def _write_repeat(self, repeat: Repeat, wanted: int) -> str:
        low, high = length_bounds(repeat.node)
        most = min(repeat.most, _MAX_REPEATS)
        if high == 0:
            return self.write(repeat.node, 0) * repeat.least
        # As many as have about the wanted length in total.
        fewest = -(-wanted // high) if high < LIMITLESS else min(1, wanted)
        greatest = wanted // low if low else max(fewest, wanted)
        count = fewest
        if greatest > fewest:
            count = greatest if self._is_plain else self._rng.randint(fewest, greatest)
        count = max(repeat.least, min(count, most))
        texts: list[str] = []
        left = wanted
        for index in range(count):
            after = (count - index - 1) * low
            share = max(low, min(high, -(-(left - after) // (count - index)), left - after))
            texts.append(self.write(repeat.node, share))
            left -= len(texts[-1])
        return "".join(texts)


def _begins_freely(node: Node) -> bool:
    """Return whether `node` begins with a repeated class, so that its text may come later."""
    first = node.nodes[0] if isinstance(node, Sequence) and node.nodes else node
    return isinstance(first, Repeat) and first.least == 0
