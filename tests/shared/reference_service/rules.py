"""Rules for a request body, from its bytes to each property."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from reference_service import dates
from reference_service.behaviour import Behaviour, Change, Document, RejectionError, Rule, around

ABSENT: Final = object()
LONGEST: Final = 256


def bad(message: str) -> RejectionError:
    return RejectionError(400, "invalidRequest", message)


def crash() -> RejectionError:
    """Return the response of a framework to an uncaught exception."""
    return RejectionError(500, "internalError", "Something went wrong.")


def is_json(media_type: str) -> bool:
    """Return whether the media type is JSON; a missing one counts as JSON."""
    return media_type.partition(";")[0].strip().lower() in ("", "application/json")


def _constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def _whole(text: str) -> int | float:
    # Python rejects very long integers; their exact value does not matter here.
    return int(text) if len(text) < 400 else float(text)


def decode(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_constant, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise bad("The body is not JSON in UTF-8.") from error


def shape(document: Any) -> Document:
    if not isinstance(document, dict):
        raise bad("The body must be an object.")
    return document


def speakable(text: str) -> bool:
    """Return whether UTF-8 can encode the text; it cannot encode lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def name(value: object) -> str:
    if not isinstance(value, str):
        raise bad("name is required and must be a string.")
    if not 1 <= len(value) <= LONGEST:
        raise bad("name must have 1 to 256 characters.")
    if not speakable(value):
        raise bad("name contains a lone surrogate.")
    return value


def revoked(value: object) -> bool:
    if value is ABSENT or value is None:
        return False
    if not isinstance(value, bool):
        raise bad("revoked must be a boolean.")
    return value


def expires_at(value: object) -> int | None:
    if value is ABSENT or value is None:
        return None
    if not isinstance(value, str):
        raise bad("expiresAt must be a string.")
    try:
        return dates.read(value)
    except ValueError as error:
        raise bad("expiresAt must be a date-time.") from error


def scopes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise bad("scopes is required and must be an array.")
    if not all(isinstance(item, str) and speakable(item) for item in value):
        raise bad("scopes must contain strings only.")
    return tuple(value)


RULES: Final[dict[str, Rule]] = {
    "name": name,
    "revoked": revoked,
    "expiresAt": expires_at,
    "scopes": scopes,
}

Test = Callable[[Any], bool]


def _first(field: str, test: Test, act: Callable[[Any], Any]) -> Change:
    def change(behaviour: Behaviour) -> Behaviour:
        old = behaviour.rules[field]

        def rule(value: object) -> Any:
            return act(value) if test(value) else old(value)

        return around("rules", lambda rules: {**rules, field: rule})(behaviour)

    return change


def keeps(field: str, test: Test, keep: Callable[[Any], Any]) -> Change:
    """Accept a value that passes `test`, as `keep` returns it, without applying the rule."""
    return _first(field, test, keep)


def refuses(field: str, test: Test, status: int = 400) -> Change:
    """Reject a value that passes `test`, without applying the rule."""

    def refuse(_: Any) -> Any:
        raise RejectionError(status, "invalidRequest", f"This {field} is not accepted.")

    return _first(field, test, refuse)


def crashes(field: str, test: Test) -> Change:
    """Fail with an uncaught exception at a value that passes `test`."""
    return refuses(field, test, 500)


def then(field: str, step: Callable[[Any], Any]) -> Change:
    """Apply `step` to the value that the rule returns."""

    def wrap(rules: dict[str, Rule]) -> dict[str, Rule]:
        old = rules[field]
        return {**rules, field: lambda value: step(old(value))}

    return around("rules", wrap)
