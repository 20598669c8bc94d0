"""Wrong API keys: other keys, near misses of the valid one, and the valid one in other places."""

from collections.abc import Iterator, Sequence

from contracts.generators.access.forms import (
    LONG_TOKEN_LENGTH,
    Ranked,
    altered_texts,
    misplaced_credentials,
)
from contracts.generators.access.places import (
    VALID_KEY_MEANING,
    is_header_name,
    literal_option,
    placed,
    shell_variable,
)
from contracts.generators.access.tokens import bearer_value, forge_tokens, is_jwt
from contracts.model.credential_kinds import ALTERED, IN_HEADER, WRONG_VALUE
from contracts.model.exchange import Credential
from contracts.model.given_credentials import GivenCredential
from openapi.contract import Operation
from openapi.curl import key_option
from openapi.security import SecurityScheme, basic_value

_WRONG_KEY = "not-a-key"
_GUESSES = (
    (1, "null"),
    (1, "*"),
    (1, "%"),
    (1, "' OR '1'='1"),
    (2, "undefined"),
    (2, "true"),
    (2, "0"),
)
"""Breadth, and texts that match every key in a careless comparison or query."""


def rejected_keys(given: GivenCredential) -> Iterator[Credential]:
    """Yield the plainest wrong keys."""
    yield Credential("missing", "refused")
    yield _literal(given.scheme, "", "empty")
    yield _literal(given.scheme, _WRONG_KEY, WRONG_VALUE)


def unusual_keys(
    operation: Operation, schemes: Sequence[SecurityScheme], given: GivenCredential
) -> Iterator[Ranked]:
    """Yield other wrong keys, with the breadth of the first profile that sends them.

    `schemes` are those of the contract: the place of another scheme is not undocumented.
    """
    scheme, key = given.scheme, given.value.encode().decode("latin-1")
    yield from _misplaced(operation, schemes, scheme, given.value)
    for kind, text in forge_tokens(given.value):
        yield 0, _changed(scheme, text, kind, "as a JWT")
    for rank, form, text in (*_longer(key), *altered_texts(key)):
        yield rank, _changed(scheme, text, ALTERED, form)
    yield 0, _changed(scheme, "x" * len(key), WRONG_VALUE, "of the same length")
    for rank, text in _GUESSES:
        yield rank, _literal(scheme, text, WRONG_VALUE, text)
    foreign = f"{key[:-1]}\u00e9".encode().decode("latin-1")
    for rank, form, text in (
        (0, "not ASCII, at the end", foreign),
        (1, f"{LONG_TOKEN_LENGTH} characters", "a" * LONG_TOKEN_LENGTH),
        (1, "the key and 3000 characters", key + "A" * 3000),
    ):
        yield rank, _changed(scheme, text, "malformed", form, other_rejections=True)


def _longer(key: str) -> Iterator[tuple[int, str, str]]:
    # The last character of a JWT may decode to the same bytes.
    if key and not is_jwt(key):
        yield 0, "1 character more", f"{key}x"


def _literal(scheme: SecurityScheme, text: str, kind: str, form: str = "") -> Credential:
    """Return a key that is no secret."""
    location, name = scheme.location, scheme.parameter
    option = literal_option(location, name, text)
    return placed(Credential(kind, "refused", form=form, curl_options=option), location, name, text)


def _changed(
    scheme: SecurityScheme, text: str, kind: str, form: str, *, other_rejections: bool = False
) -> Credential:
    """Return a key that is made from the valid one."""
    location, name = scheme.location, scheme.parameter
    shown = shell_variable(scheme, f"a key of the kind {kind}, {form},", "_CHANGED")
    made = Credential(
        kind,
        "refused",
        form=form,
        curl_options=key_option(location, name, shown),
        other_rejections=other_rejections,
    )
    return placed(made, location, name, text)


def _misplaced(
    operation: Operation, schemes: Sequence[SecurityScheme], scheme: SecurityScheme, key: str
) -> Iterator[Ranked]:
    shown = shell_variable(scheme, VALID_KEY_MEANING)
    names = [scheme.parameter]
    named = {
        location: names
        for location in ("header", "query", "cookie")
        if location != scheme.location and (location == "query" or is_header_name(names[0]))
    }
    if not key.isascii():
        return
    yield from misplaced_credentials(operation, schemes, key, shown, named)
    kinds = {other.kind for other in schemes}
    if any(other.kind == "api-key" and other.uses_authorization for other in schemes):
        return
    for rank, form, value, option in (
        (0, "Bearer", bearer_value(key), f'-H "Authorization: Bearer {shown}"'),
        (1, "Basic", basic_value(f"{key}:"), f'-u "{shown}:"'),
        (1, "no scheme", key, f'-H "Authorization: {shown}"'),
    ):
        if form.lower() not in kinds:
            stated = f"Authorization, {form}"
            yield (
                rank,
                Credential(
                    IN_HEADER,
                    "refused",
                    value,
                    form=stated,
                    curl_options=option,
                    other_rejections=True,
                ),
            )
