"""Numbers within bounds, and multiples of a step."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

_DEFAULT_RANGE = 1000
"""Range of a number with only one bound."""
_MACHINE_LOWS = frozenset([-(2**31), -(2**63)])
_MACHINE_HIGHS = frozenset([2**31 - 1, 2**63 - 1])
"""Bounds of `int32` and `int64`. They are no wanted size: a client may not read all of them."""


def numeric_bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    """Return minimum and maximum of the numbers that `schema` allows; fill in a missing bound."""
    lows = [schema[k] + n for k, n in (("minimum", 0), ("exclusiveMinimum", 1)) if k in schema]
    highs = [schema[k] - n for k, n in (("maximum", 0), ("exclusiveMaximum", 1)) if k in schema]
    if not lows and not highs:
        return 0, _DEFAULT_RANGE
    low = max(lows) if lows else min(highs) - _DEFAULT_RANGE
    return low, min(highs) if highs else low + _DEFAULT_RANGE


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Constraints of a number, as exact fractions."""

    low: Fraction | None
    high: Fraction | None
    excludes_low: bool
    excludes_high: bool
    step: Fraction | None


def number_rules(schemas: Iterable[Mapping[str, Any]]) -> NumberRules:
    """Return the constraints of a number to which all `schemas` apply."""
    lows, highs, steps = [], [], []
    for schema in schemas:
        lows += [(_exact(schema[k]), n) for k, n in _LOWS.items() if k in schema]
        highs += [(_exact(schema[k]), not n) for k, n in _HIGHS.items() if k in schema]
        steps += [_exact(schema["multipleOf"])] if "multipleOf" in schema else []
    low, excludes_low = max(lows, default=(None, False))
    high, includes_high = min(highs, default=(None, True))
    return NumberRules(low, high, excludes_low, not includes_high, _common_multiple(steps))


_LOWS = {"minimum": False, "exclusiveMinimum": True}
_HIGHS = {"maximum": False, "exclusiveMaximum": True}


def _exact(value: float) -> Fraction:
    return Fraction(str(value))


def _common_multiple(steps: Sequence[Fraction]) -> Fraction | None:
    """Return the least number of which each of `steps` is a divisor."""

    def lcm(one: Fraction, other: Fraction) -> Fraction:
        denominator = math.lcm(one.denominator, other.denominator)
        return Fraction(math.lcm(int(one * denominator), int(other * denominator)), denominator)

    return reduce(lcm, steps) if steps else None


def generate_integer(rules: NumberRules, rng: random.Random) -> int | None:
    """Return an integer that satisfies `rules`, or None if there is none."""
    step = _common_multiple([Fraction(1), *([rules.step] if rules.step else [])]) or Fraction(1)
    factor = _draw_factor(rules, step, rng)
    return None if factor is None else int(factor * step)


def generate_number(rules: NumberRules, rng: random.Random) -> float | None:
    """Return a number that satisfies `rules`, a whole one if possible; None if there is none."""
    if rules.step is None:
        low, high = _filled_bounds(rules)
        if high - low > 1:
            return generate_integer(rules, rng)
        if low > high or (low == high and (rules.excludes_low or rules.excludes_high)):
            return None
        return _plain((low + high) / 2)
    factor = _draw_factor(rules, rules.step, rng)
    return None if factor is None else _plain(factor * rules.step)


def _plain(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)


def _filled_bounds(rules: NumberRules) -> tuple[Fraction, Fraction]:
    low = None if rules.low in _MACHINE_LOWS else rules.low
    high = None if rules.high in _MACHINE_HIGHS else rules.high
    if low is None and high is None:
        return Fraction(0), Fraction(_DEFAULT_RANGE)
    if low is None:
        assert high is not None
        return high - _DEFAULT_RANGE, high
    return low, low + _DEFAULT_RANGE if high is None else high


def _draw_factor(rules: NumberRules, step: Fraction, rng: random.Random) -> int | None:
    """Return the factor of `step` whose product satisfies `rules`, or None if there is none."""
    low, high = _filled_bounds(rules)
    if rules.high is None:
        high = max(high, low + 2 * step)
    elif rules.low is None:
        low = min(low, high - 2 * step)
    first, last = math.ceil(low / step), math.floor(high / step)
    if rules.excludes_low and rules.low is not None and first * step == rules.low:
        first += 1
    if rules.excludes_high and rules.high is not None and last * step == rules.high:
        last -= 1
    return rng.randint(first, last) if first <= last else None
