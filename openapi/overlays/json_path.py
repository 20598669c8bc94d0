"""JSONPath (RFC 9535) with limits: the selection of values in a document.

python-jsonpath parses and evaluates; nothing of an expression is code. Its functions `match` and
`search` are replaced, because Python's regular expressions can take exponential time, and it counts
no steps, so that it gets a view of the document that counts them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonpath
import jsonschema_rs
from jsonpath.function_extensions import ExpressionType, FilterFunction

from openapi.parsing.json_source import MAX_DEPTH

MAX_VISITS = 1_000_000
"""Maximum of values that a selection visits; each value of a larger document three times."""
MAX_SELECTED = 100_000
_MAX_PATTERN_BYTES = 1_000_000
"""Maximum of a compiled regular expression: repetitions of repetitions are large."""
_LEADING_NAME = re.compile(r"\['((?:[^'\\]|\\.)*)'\]")
_DOT = re.compile(r"\\.|\[(?:[^\]\\]|\\.)*\]|(\.)", re.DOTALL)
"""Dot of a regular expression outside of classes, as the group 1."""


_TOKEN = re.compile(r"'?TOKEN_(\w+)'?")
_TOKEN_WORDS = {
    "EOF": "the end",
    "RBRACKET": "']'",
    "RPAREN": "')'",
    "ROOT": "'$'",
    "NAME": "a name",
}
"""Words for tokens in the messages of python-jsonpath."""


class JsonPathFault(Exception):
    """JSONPath that is invalid or exceeds a limit; the message says why."""


@dataclass(frozen=True, slots=True)
class Selected:
    """Selected value, and the path to it from the root."""

    tokens: tuple[str, ...]
    value: Any


class JsonPath:
    """Compiled JSONPath."""

    def __init__(self, text: str) -> None:
        """Compile `text`; raise `JsonPathFault` if it is no JSONPath."""
        try:
            self._compiled = _environment().compile(text)
        except (jsonpath.JSONPathError, ValueError, ArithmeticError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else "it is too long"
            reason = _TOKEN.sub(lambda found: _TOKEN_WORDS.get(found[1], found[1].lower()), reason)
            raise JsonPathFault(f"{text!r} is no JSONPath: {reason}") from None
        self._text = text

    @property
    def names(self) -> Sequence[str]:
        """Names of properties with which the path begins."""
        rest, names = str(self._compiled)[1:], []
        while found := _LEADING_NAME.match(rest):
            names.append(_unescape(found[1]))
            rest = rest[found.end() :]
        return names

    def select(self, document: Any, max_visits: int = MAX_VISITS) -> list[Selected]:
        """Return the selected values without repetitions, in the order of the nodelist.

        Raise `JsonPathFault` beyond a limit.
        """
        counted = _view(document, _Budget(max_visits, self._text))
        found: dict[tuple[str, ...], Selected] = {}
        try:
            for match in self._compiled.finditer(counted):
                tokens = tuple(map(str, match.parts))
                found[tokens] = Selected(tokens, _plain(match.obj))
                if len(found) > MAX_SELECTED:
                    raise JsonPathFault(f"{self._text!r} selects more than {MAX_SELECTED} values")
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise JsonPathFault(f"{self._text!r} cannot be evaluated: {error}") from None
        return [*found.values()]


def _unescape(name: str) -> str:
    """Return a name of a normalized path (RFC 9535, section 2.7) as it is."""
    quoted = re.sub(r'\\\'|"', lambda found: "'" if found[0] == "\\'" else '\\"', name)
    return str(json.loads(f'"{quoted}"'))


@cache
def _environment() -> jsonpath.JSONPathEnvironment:
    environment = jsonpath.JSONPathEnvironment(strict=True)
    environment.max_recursion_depth = MAX_DEPTH + 2
    environment.function_extensions["match"] = _LinearMatch("^(?:{})$")
    environment.function_extensions["search"] = _LinearMatch("{}")
    return environment


class _LinearMatch(FilterFunction):
    """Function `match` or `search`: an I-Regexp (RFC 9485) that takes linear time."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the library's
    return_type = ExpressionType.LOGICAL

    def __init__(self, template: str) -> None:
        self._template = template

    def __call__(self, value: object, pattern: object) -> bool:
        """Return whether `value` matches; False for an invalid pattern (RFC 9535, 2.4.6)."""
        if not (isinstance(value, str) and isinstance(pattern, str)):
            return False
        # A dot of an I-Regexp is no line end (RFC 9485, section 5.3).
        dotless = _DOT.sub(lambda found: r"[^\n\r]" if found[1] else found[0], pattern)
        validator = _pattern_validator(self._template.format(dotless))
        try:
            return validator is not None and validator.is_valid(value)
        except ValueError:  # a lone surrogate
            return False


@cache
def _pattern_validator(pattern: str) -> jsonschema_rs.Draft202012Validator | None:
    limits = jsonschema_rs.RegexOptions(size_limit=_MAX_PATTERN_BYTES)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=limits)
    except ValueError:
        return None


class _Budget:
    """Number of values that a selection may still visit."""

    def __init__(self, visits: int, text: str) -> None:
        self._visits = visits
        self._left = visits
        self._text = text

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise JsonPathFault(f"{self._text!r} visits more than {self._visits} values")


class _Object(Mapping[str, Any]):
    """View of an object that counts the visits of its values."""

    __slots__ = ("_budget", "plain")

    def __init__(self, plain: dict[str, Any], budget: _Budget) -> None:
        self.plain = plain
        self._budget = budget

    def __getitem__(self, key: str) -> Any:
        self._budget.spend()
        return _view(self.plain[key], self._budget)

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def __eq__(self, other: object) -> bool:
        return bool(self.plain == _plain(other))

    __hash__ = None  # type: ignore[assignment] # like a dict


class _Array(Sequence[Any]):
    """View of an array that counts the visits of its items."""

    __slots__ = ("_budget", "plain")

    def __init__(self, plain: list[Any], budget: _Budget) -> None:
        self.plain = plain
        self._budget = budget

    def __getitem__(self, index: Any) -> Any:
        found = self.plain[index]
        for _ in found if isinstance(index, slice) else [found]:
            self._budget.spend()
        if isinstance(index, slice):
            return [_view(item, self._budget) for item in found]
        return _view(found, self._budget)

    def __len__(self) -> int:
        return len(self.plain)

    def __eq__(self, other: object) -> bool:
        return bool(self.plain == _plain(other))

    __hash__ = None  # type: ignore[assignment] # like a list


def _view(value: Any, budget: _Budget) -> Any:
    if isinstance(value, dict):
        return _Object(value, budget)
    return _Array(value, budget) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return value.plain if isinstance(value, _Object | _Array) else value
