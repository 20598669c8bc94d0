"""Faults of validation: a rule that is not enforced, one too many, or a crash instead of a 400."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import Behaviour, Verdict
from mock_server.fault import Fault
from mock_server.responses.errors import Refusal
from openapi.contract import Json
from openapi.schema_validation import Violation


def _validation(name: str, sentence: str, change: Callable[[Verdict], Verdict]) -> Fault:
    return Fault(name, "validation", sentence, Behaviour(verdict=change))


def _unenforced(name: str, sentence: str, ignores: Callable[[Violation], bool]) -> Fault:
    def change(verdict: Verdict) -> Verdict:
        left = tuple(v for v in verdict.violations if not ignores(v))
        return replace(verdict, violations=left)

    return _validation(name, sentence, change)


def _keyword(name: str, keyword: str, sentence: str) -> Fault:
    return _unenforced(name, sentence, lambda v: v.keyword == keyword)


def _empty_accepted(verdict: Verdict) -> Verdict:
    if verdict.size or not verdict.schema:
        return verdict
    return replace(verdict, problem=None, value={}, violations=())


def _crash_on_malformed(verdict: Verdict) -> Verdict:
    if verdict.problem is not None:
        raise Refusal("failure-only", "")
    return verdict


def _crash_on_type(verdict: Verdict) -> Verdict:
    if any(v.keyword == "type" for v in verdict.violations):
        raise Refusal("failure-only", "")
    return verdict


def _limited(verdict: Verdict) -> Iterator[tuple[str, int, Json]]:
    """Yield the properties of the body with a longest length, that length, and the value."""
    if isinstance(verdict.value, dict):
        for key, part in verdict.schema.get("properties", {}).items():
            value = verdict.value.get(key)
            if "maxLength" in part and isinstance(value, str):
                yield key, part["maxLength"], value


def _too_long(name: str, sentence: str, long: Callable[[str, int], bool]) -> Fault:
    def change(verdict: Verdict) -> Verdict:
        found = tuple(
            Violation("maxLength", "", f"/{key}", "*", f"longer than {limit}")
            for key, limit, value in _limited(verdict)
            if long(value, limit)
        )
        return replace(verdict, violations=verdict.violations + found)

    return _validation(name, sentence, change)


VALIDATION = (
    _keyword(
        "max-length-ignored",
        "maxLength",
        "A text over the longest length is accepted: the limit stands in the form alone.",
    ),
    _keyword(
        "min-length-ignored",
        "minLength",
        "An empty text is accepted: present is taken for filled in.",
    ),
    _keyword(
        "required-ignored",
        "required",
        "A missing property is accepted: the binder fills in an empty value.",
    ),
    _keyword(
        "type-ignored",
        "type",
        "A value of another type is accepted: a loosely typed language converts it.",
    ),
    _keyword(
        "format-ignored",
        "format",
        "A text that is no date is accepted: format is an annotation to most validators.",
    ),
    _unenforced(
        "items-ignored",
        "The items of an array are not looked at: only that it is one.",
        lambda v: v.instance.rpartition("/")[2].isdecimal(),
    ),
    _unenforced(
        "null-accepted",
        "null is accepted where it is not allowed: it is taken for left out.",
        lambda v: v.keyword == "type" and v.detail == "null" and bool(v.instance),
    ),
    _validation(
        "empty-body-accepted",
        "A request without a body is accepted: nothing is parsed, so nothing is wrong.",
        _empty_accepted,
    ),
    _validation(
        "malformed-crash",
        "A body that is not JSON is answered 500: the parser's exception is not caught.",
        _crash_on_malformed,
    ),
    _validation(
        "wrong-type-crash",
        "A value of another type is answered 500: the code trusts the type and calls a method.",
        _crash_on_type,
    ),
    _too_long(
        "limit-off-by-one",
        "A text of exactly the longest length is refused: `<` stands for `<=`.",
        lambda value, limit: len(value) == limit,
    ),
    _too_long(
        "limit-in-bytes",
        "The longest length is counted in bytes of UTF-8, as some databases do.",
        lambda value, limit: len(value) <= limit < len(value.encode(errors="surrogatepass")),
    ),
)
