"""Parser of regular expressions (ECMA 262, section 22.2.1) into a tree for `pattern_texts`.

It also reads what Python's `re` adds, as `openapi.schemas.patterns` does.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LIMITLESS: Final = 1 << 30
"""Maximum of a quantifier without one."""
_LAST = 0x10FFFF
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32), (160, 160), (0x2028, 0x2029), (0xFEFF, 0xFEFF))
_CLASSES = {"d": ((48, 57),), "w": _WORD, "s": _SPACE}
_LETTERS = ((65, 90), (97, 122), (0xE0, 0xF6))
_PROPERTIES = {
    **dict.fromkeys(("L", "Letter", "Alphabetic", "Alpha", "ID_Start", "Latin"), _LETTERS),
    **dict.fromkeys(("Lu", "Uppercase_Letter", "Uppercase"), ((65, 90),)),
    **dict.fromkeys(("Ll", "Lowercase_Letter", "Lowercase"), ((97, 122),)),
    **dict.fromkeys(("N", "Nd", "Number", "Decimal_Number", "Digit"), ((48, 57),)),
    **dict.fromkeys(("P", "Po", "Punctuation"), ((33, 35), (37, 42), (44, 47), (58, 59), (63, 64))),
    **dict.fromkeys(("S", "Symbol"), ((36, 36), (43, 43), (60, 62))),
    **dict.fromkeys(("Z", "Zs", "Separator", "White_Space"), ((32, 32),)),
    **dict.fromkeys(("ASCII", "Any"), ((0, 127),)),
    **dict.fromkeys(("Han", "Lo"), ((0x4E00, 0x9FA5),)),
    "Cyrillic": ((0x410, 0x44F),),
    "Greek": ((0x3B1, 0x3C9),),
    "Hiragana": ((0x3041, 0x3096),),
    "Katakana": ((0x30A1, 0x30FA),),
    "M": ((0x300, 0x36F),),
    "Emoji": ((0x1F600, 0x1F64F),),
}
"""Name of a Unicode property -> some of its characters."""
_CONTROL = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_QUANTIFIER = re.compile(r"\{(\d{1,9})(,(\d{0,9}))?\}")
_HEXADECIMAL = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
_PROPERTY = re.compile(r"([pP])(?:\{(?:\w+=)?\^?(\w+)\}|([A-Z]))")
_GROUP_NAME = re.compile(r"\?P?<([A-Za-z_$][\w$]*)>")
_FLAGS = re.compile(r"\?[a-zA-Z-]+([:)])")
_NAMED_REFERENCE = re.compile(r"k<([A-Za-z_$][\w$]*)>")

Ranges = tuple[tuple[int, int], ...]


class UnreadablePatternError(ValueError):
    """The parser cannot read a pattern."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a class."""

    ranges: Ranges
    """First and last code point of each range."""
    is_negated: bool = False

    def allows(self, character: str) -> bool:
        """Return whether the class has `character`."""
        code = ord(character)
        return any(low <= code <= high for low, high in self.ranges) is not self.is_negated


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes one after another."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several nodes."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Node between `least` and `most` times."""

    node: "Node"
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Group:
    """Capturing group; a number and maybe a name refer to it."""

    node: "Node"
    number: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Text of an earlier group."""

    group: int | str


@dataclass(frozen=True, slots=True)
class Assertion:
    """Condition without a text: `^`, `$`, a word boundary, or a look-around at `node`."""

    kind: str
    """`^`, `$`, `\\b`, `\\B`, `?=`, `?!`, `?<=` or `?<!`."""
    node: "Node | None" = None


Node = Characters | Sequence | Choice | Repeat | Group | Reference | Assertion


@lru_cache(maxsize=512)
def parse_pattern(pattern: str) -> Node:
    """Return the tree of `pattern`; raise `UnreadablePatternError`."""
    parser = _Parser(pattern)
    try:
        node = parser.parse_choice()
    except (IndexError, ValueError, RecursionError):
        raise UnreadablePatternError(pattern) from None
    if parser.position < len(pattern):
        raise UnreadablePatternError(pattern)
    return node


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._groups = 0
        self.position = 0

    def _take(self, text: str) -> bool:
        """Skip `text` if it is next."""
        if not self._pattern.startswith(text, self.position):
            return False
        self.position += len(text)
        return True

    def _match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self._pattern, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def _next(self) -> str:
        character = self._pattern[self.position]
        self.position += 1
        return character

    def parse_choice(self) -> Node:
        nodes = [self._parse_sequence()]
        while self._take("|"):
            nodes.append(self._parse_sequence())
        return nodes[0] if len(nodes) == 1 else Choice(tuple(nodes))

    def _parse_sequence(self) -> Node:
        nodes: list[Node] = []
        while self.position < len(self._pattern) and self._pattern[self.position] not in "|)":
            nodes.append(self._parse_quantified())
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def _parse_quantified(self) -> Node:
        node = self._parse_atom()
        while True:
            if self._take("*"):
                least, most = 0, LIMITLESS
            elif self._take("+"):
                least, most = 1, LIMITLESS
            elif self._take("?"):
                least, most = 0, 1
            elif found := self._match(_QUANTIFIER):
                least = int(found[1])
                most = least if found[2] is None else int(found[3] or LIMITLESS)
            else:
                return node
            node = Repeat(node, least, most)
            if not self._take("?"):  # lazy
                self._take("+")  # possessive, in Python

    def _parse_atom(self) -> Node:
        character = self._next()
        match character:
            case "^" | "$":
                return Assertion(character)
            case ".":
                return Characters(((10, 10), (13, 13), (0x2028, 0x2029)), is_negated=True)
            case "(":
                return self._parse_group()
            case "[":
                return self._parse_class()
            case "\\":
                return self._parse_escape()
            case "*" | "+" | "?" | ")":
                raise UnreadablePatternError(self._pattern)
        return Characters(((ord(character), ord(character)),))

    def _parse_group(self) -> Node:
        for kind in ("?=", "?!", "?<=", "?<!"):
            if self._take(kind):
                return Assertion(kind, self._close())
        if self._take("?:") or self._take("?>"):
            return self._close()
        if found := self._match(re.compile(r"\?P=(\w+)\)")):
            return Reference(found[1])
        named = self._match(_GROUP_NAME)
        if named is None and (flags := self._match(_FLAGS)):
            return Sequence(()) if flags[1] == ")" else self._close()
        self._groups += 1
        number = self._groups
        return Group(self._close(), number, named[1] if named else None)

    def _close(self) -> Node:
        node = self.parse_choice()
        if not self._take(")"):
            raise UnreadablePatternError(self._pattern)
        return node

    def _parse_escape(self) -> Node:
        if found := self._match(_NAMED_REFERENCE):
            return Reference(found[1])
        if found := self._match(re.compile(r"[1-9]\d?")):
            return Reference(int(found[0]))
        for kind in "bB":
            if self._take(kind):
                return Assertion(f"\\{kind}")
        if self._take("A"):
            return Assertion("^")
        if self._take("Z") or self._take("z"):
            return Assertion("$")
        ranges, is_negated = self._parse_escaped_ranges()
        return Characters(ranges, is_negated)

    def _parse_escaped_ranges(self) -> tuple[Ranges, bool]:
        """Return the characters of the escape after a backslash, and whether it negates them."""
        if found := self._match(_PROPERTY):
            name = found[2] or found[3]
            if name not in _PROPERTIES:
                raise UnreadablePatternError(self._pattern)
            return _PROPERTIES[name], found[1] == "P" or "^" in found[0]
        if found := self._match(_HEXADECIMAL):
            code = int(found[1] or found[2] or found[3], 16)
            return ((code, code),), False
        character = self._next()
        if character == "c":
            code = ord(self._next()) % 32
        elif character.lower() in _CLASSES:
            return _CLASSES[character.lower()], character.isupper()
        else:
            code = _CONTROL.get(character, ord(character))
        return ((code, code),), False

    def _parse_class(self) -> Node:
        is_negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._parse_member()
            is_range = (
                len(low) == 1
                and self._pattern.startswith("-", self.position)
                and not self._pattern.startswith("-]", self.position)
            )
            if not is_range:
                ranges += low
                continue
            self.position += 1
            high = self._parse_member()
            is_single = len(high) == 1 and low[0][0] == low[0][1] and high[0][0] == high[0][1]
            # A hyphen beside a class, such as `[\w-.]`, is a character.
            ranges += [(low[0][0], high[0][1])] if is_single else [*low, (45, 45), *high]
        return Characters(tuple(ranges), is_negated)

    def _parse_member(self) -> Ranges:
        character = self._next()
        if character != "\\":
            return ((ord(character), ord(character)),)
        if self._take("b"):
            return ((8, 8),)
        ranges, is_negated = self._parse_escaped_ranges()
        return complement(ranges) if is_negated else ranges


def complement(ranges: Ranges) -> Ranges:
    """Return the ranges of all other characters."""
    made: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            made.append((start, low - 1))
        start = max(start, high + 1)
    return (*made, *(((start, _LAST),) if start <= _LAST else ()))
