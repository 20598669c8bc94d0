"""Wrong credentials of HTTP Basic (RFC 7617): other users and passwords, and malformed headers."""

import base64
from collections.abc import Iterator, Sequence

from contracts.generators.access.forms import LONG_TOKEN_LENGTH, Ranked, altered_texts
from contracts.generators.access.places import placed, shell_variable
from contracts.model.credential_kinds import (
    ALTERED,
    IN_HEADER,
    IN_QUERY,
    WITHOUT_PASSWORD,
    WRONG_PASSWORD,
    WRONG_USER,
    WRONG_VALUE,
)
from contracts.model.exchange import Credential
from contracts.model.given_credentials import GivenCredential
from openapi.contract import Operation
from openapi.curl import header_option, key_option, shell_quote
from openapi.security import SecurityScheme, basic_value

_WRONG_USER, _WRONG_PASSWORD = "hookproof-unknown", "not-the-password"
_BCRYPT_BYTES = 72
"""Bytes of a password that bcrypt reads: it accepts any text after them."""
_PLACES = (
    (0, IN_HEADER, "header", "X-Authorization"),
    (0, IN_QUERY, "query", "authorization"),
    (1, IN_HEADER, "header", "Proxy-Authorization"),
    (2, IN_HEADER, "header", "X-Forwarded-Authorization"),
)
"""Breadth, kind, location and name of places that the contract does not document."""
_GUESSES = ((1, "*"), (1, "%"), (1, "' OR '1'='1"), (2, "null"))


def rejected_pairs(given: GivenCredential) -> Iterator[Credential]:
    """Yield the plainest wrong credentials."""
    user, password = _split(given)
    scheme, basic = given.scheme, basic_value(given.value)
    encoded = basic.removeprefix("Basic ")
    yield Credential("missing", "refused")
    yield _header("empty", "Basic")
    yield _pair(WRONG_VALUE, f"{_WRONG_USER}:{_WRONG_PASSWORD}")
    if password:
        shown = shell_variable(scheme, "user and colon,", "_USER")
        yield _pair(WRONG_PASSWORD, f"{user}:{_WRONG_PASSWORD}", f"{shown}{_WRONG_PASSWORD}")
        yield _pair(WITHOUT_PASSWORD, f"{user}:", shown)
    if user:
        shown = shell_variable(scheme, "the password", "_PASSWORD")
        yield _pair(WRONG_USER, f"{_WRONG_USER}:{password}", f"{_WRONG_USER}:{shown}")
    if password:  # without one, a lenient service reads the user alone as the same pair
        yield _changed(scheme, "malformed", basic_value(user), "no colon")
    yield _header("malformed", "Basic !", "not base64", other_rejections=True)
    for name in ("Digest", "Token"):
        yield _changed(scheme, "wrong scheme", f"{name} {encoded}", name)
    yield _changed(scheme, "without a scheme", encoded, "")


def unusual_pairs(
    operation: Operation, schemes: Sequence[SecurityScheme], given: GivenCredential
) -> Iterator[Ranked]:
    """Yield other wrong credentials, with the breadth of the first profile that sends them.

    `schemes` are those of the contract: the place of another scheme is not undocumented.
    """
    scheme, (user, password) = given.scheme, _split(given)
    yield from _misplaced(operation, schemes, given)
    for rank, form, pair in _altered_pairs(user, password):
        if pair != given.value:
            yield rank, _changed(scheme, ALTERED, basic_value(pair), form)
    others = [(0, WRONG_USER, "no user", f":{password}"), (0, WRONG_VALUE, "only a colon", ":")]
    others.append((1, WRONG_VALUE, "user and password swapped", f"{password}:{user}"))
    if password:
        others.append((0, WRONG_PASSWORD, "not ASCII", f"{user}:p\u00e4ssw\u00f6rd"))
        others += [(rank, WRONG_PASSWORD, text, f"{user}:{text}") for rank, text in _GUESSES]
    for rank, kind, form, pair in others:
        if pair != given.value:
            yield rank, _changed(scheme, kind, basic_value(pair), form)
    for rank, form, raw in (
        (0, "not UTF-8", f"{user}:".encode() + b"\xff\xfe"),
        (1, "a NUL after the password", f"{given.value}\0".encode()),
        (1, f"{LONG_TOKEN_LENGTH} characters", f"{user}:{'a' * LONG_TOKEN_LENGTH}".encode()),
    ):
        value = f"Basic {base64.b64encode(raw).decode()}"
        yield rank, _changed(scheme, "malformed", value, form, other_rejections=True)
    if given.value.isascii():
        plain = f"Basic {given.value}"
        yield 0, _changed(scheme, "malformed", plain, "not encoded", other_rejections=True)


def _split(given: GivenCredential) -> tuple[str, str]:
    user, _, password = given.value.partition(":")
    return user, password


def _altered_pairs(user: str, password: str) -> Iterator[tuple[int, str, str]]:
    """Yield breadth, form and pair of each near miss; without a password the user is the secret."""
    secret = password or user
    texts = [(0, "1 character more", f"{secret}x"), *altered_texts(secret)]
    for rank, form, text in texts if secret else ():
        if len(secret.encode()) >= _BCRYPT_BYTES and text.startswith(secret):
            continue
        yield rank, form, f"{user}:{text}" if password else f"{text}:"
    if password and user:
        yield 0, "1 character more in the user", f"{user}x:{password}"


def _header(kind: str, value: str, form: str = "", *, other_rejections: bool = False) -> Credential:
    """Return a header without a secret."""
    option = header_option("Authorization", value)
    return Credential(
        kind,
        "refused",
        value,
        form=form,
        curl_options=option,
        other_rejections=other_rejections,
    )


def _pair(kind: str, pair: str, shown: str | None = None) -> Credential:
    """Return a pair; `shown` replaces it in a curl command, None: it has no secret."""
    option = shell_quote(pair) if shown is None else f'"{shown}"'
    return Credential(kind, "refused", basic_value(pair), curl_options=f"-u {option}")


def _changed(
    scheme: SecurityScheme, kind: str, value: str, form: str, *, other_rejections: bool = False
) -> Credential:
    """Return a header that is made from the valid credential."""
    meaning = f"the header of a credential of the kind {kind}{f', {form},' if form else ''}"
    shown = shell_variable(scheme, meaning, "_CHANGED")
    return Credential(
        kind,
        "refused",
        value,
        form=form,
        curl_options=f'-H "Authorization: {shown}"',
        other_rejections=other_rejections,
    )


def _misplaced(
    operation: Operation, schemes: Sequence[SecurityScheme], given: GivenCredential
) -> Iterator[Ranked]:
    documented = {(p.location, p.name.lower()) for p in operation.parameters}
    documented |= {(scheme.location, scheme.parameter.lower()) for scheme in schemes}
    shown = shell_variable(given.scheme, "the header with a valid credential", "_HEADER")
    value = basic_value(given.value)
    for rank, kind, location, name in _PLACES:
        if (location, name.lower()) in documented:
            continue
        option = key_option(location, name, shown)
        made = Credential(kind, "refused", form=name, curl_options=option, other_rejections=True)
        yield rank, placed(made, location, name, value)
