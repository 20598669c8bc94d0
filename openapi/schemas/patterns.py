"""Regular expressions of schemas: ECMA 262 (OpenAPI 3.1.1, section 4.8.24; JSON Schema, 6.4).

jsonschema-rs translates ECMA 262 for its engine. Python's `re` reads what it rejects, and a pattern
that neither reads is no constraint.
"""

import re
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=4096)
def pattern_test(pattern: str) -> Callable[[str], bool] | None:
    """Return a function that tells whether a text has a match of `pattern`; None: unusable."""
    import jsonschema_rs  # noqa: PLC0415 - slow to load

    try:
        is_valid = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    except ValueError:
        return _python_test(pattern)

    def has_match(text: str) -> bool:
        try:
            return is_valid(text)
        except ValueError:  # the engine takes no lone surrogate, and limits its backtracking
            fallback = _python_test(pattern)
            return fallback is None or fallback(text)

    return has_match


@lru_cache(maxsize=512)
def _python_test(pattern: str) -> Callable[[str], bool] | None:
    try:
        search = re.compile(pattern).search
    except (re.error, RecursionError, OverflowError):
        return None
    return lambda text: search(text) is not None


def is_usable_pattern(pattern: str) -> bool:
    """Return whether an engine can read `pattern`."""
    return pattern_test(pattern) is not None
