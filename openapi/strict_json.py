"""Strict JSON parser (RFC 8259) that also reports duplicate keys, a BOM and nesting depth."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

_BOM = b"\xef\xbb\xbf"
# Possessive, and accepts an unterminated string: otherwise a body of quotes takes quadratic time.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_BRACKETS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - _BRACKETS.keys())


@dataclass(frozen=True)  # without slots, because cached properties need a __dict__
class ParsedJson:
    """Body parsed as JSON."""

    value: object
    """Parsed value; None if there is a `problem`."""
    problem: str | None
    """Reason why the body is not JSON, or None."""
    has_non_finite_numbers: bool
    """Whether it has `NaN` or `Infinity`, which RFC 8259 forbids and some parsers accept."""
    raw: bytes
    """Received bytes."""

    @property
    def has_byte_order_mark(self) -> bool:
        """Whether the body begins with a byte order mark."""
        return self.raw.startswith(_BOM)

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.raw)

    @cached_property
    def depth(self) -> int:
        """Nesting depth of arrays and objects."""
        return _nesting_depth(self.raw)

    @cached_property
    def has_lone_surrogates(self) -> bool:
        """Whether a string has half of a surrogate pair (RFC 8259, section 8.2)."""
        if b"\\u" not in self.raw:
            return False
        try:
            json.dumps(self.value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return True
        return False

    @cached_property
    def has_duplicate_keys(self) -> bool:
        """Whether an object before the first error has a key twice. Parses the body again."""
        duplicates: list[str] = []

        def pairs(items: list[tuple[str, object]]) -> None:
            if len(dict(items)) < len(items):
                duplicates.append("")

        with suppress(ValueError, RecursionError):
            json.loads(
                _decode_utf8(self.raw), parse_constant=_reject_constant, object_pairs_hook=pairs
            )
        return bool(duplicates)


class _NotANumberError(ValueError):
    """`NaN` or `Infinity` in a body."""


def _reject_constant(constant: str) -> object:
    raise _NotANumberError(f"{constant} is not a JSON number")


_DECODE_JSON = json.JSONDecoder(parse_constant=_reject_constant).decode


def parse_json(raw: bytes) -> ParsedJson:
    """Parse `raw` as UTF-8 JSON; never raises. A byte order mark is dropped and reported."""
    try:
        return ParsedJson(_DECODE_JSON(_decode_utf8(raw)), None, False, raw)
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at character {error.pos}" if raw else "the body is empty"
    except _NotANumberError as error:
        return ParsedJson(None, str(error), True, raw)
    except ValueError as error:
        problem = str(error)
    except RecursionError:
        problem = "nested too deeply"
    return ParsedJson(None, problem, False, raw)


def _decode_utf8(raw: bytes) -> str:
    return raw[len(_BOM) :].decode() if raw.startswith(_BOM) else raw.decode()


def _nesting_depth(raw: bytes) -> int:
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_BRACKETS.__getitem__, brackets), initial=0))
