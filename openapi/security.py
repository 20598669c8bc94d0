"""Security of an operation: schemes, and the alternatives that give access. Pure."""

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from openapi.json_pointer import get_at, join_pointer

SchemeKind = Literal["bearer", "basic", "api-key", "unsupported"]

_SCHEMES_POINTER = "/components/securitySchemes"
_LOCATIONS = ("header", "query", "cookie")
_AUTHORIZATION = "Authorization"
_MIN_PASSWORD_CHARACTERS = 8
"""Minimum length of a password that is a secret without its user: text has a shorter one."""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """Security scheme, as far as it decides what a request carries."""

    name: str
    kind: SchemeKind
    pointer: str
    location: str = "header"
    """`header`, `query` or `cookie`."""
    parameter: str = _AUTHORIZATION
    """Name of the header, query parameter or cookie that has the credential."""
    stated: str = ""
    """Type that the contract states, for messages."""

    @property
    def uses_authorization(self) -> bool:
        """Whether the credential is the header Authorization."""
        return self.location == "header" and self.parameter.lower() == _AUTHORIZATION.lower()

    @property
    def place(self) -> tuple[str, str]:
        """Location and name of the credential; a header name is in lower case."""
        in_header = self.location == "header"
        return self.location, self.parameter.lower() if in_header else self.parameter


@dataclass(frozen=True, slots=True)
class RequiredScheme:
    """Scheme that a request needs, with the scopes of the credential."""

    scheme: SecurityScheme
    scopes: tuple[str, ...] = ()


SecurityAlternative = tuple[RequiredScheme, ...]
"""Schemes that a request needs together; none: the request needs no credential."""


def security_schemes(document: Mapping[str, Any]) -> tuple[SecurityScheme, ...]:
    """Return the security schemes of `document`."""
    stated = get_at(document, _SCHEMES_POINTER)
    return tuple(_scheme(document, name) for name in (stated if isinstance(stated, dict) else ()))


def security_alternatives(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[SecurityAlternative, ...]:
    """Return the alternatives of an operation, else those of the document; none: it is public."""
    stated = operation.get("security", document.get("security"))
    return tuple(
        tuple(
            RequiredScheme(_scheme(document, name), tuple(scopes or ()))
            for name, scopes in (alternative or {}).items()
        )
        for alternative in stated or ()
    )


def is_supported(alternative: SecurityAlternative) -> bool:
    """Return whether a request can carry a credential for each scheme of `alternative`."""
    return all(one.scheme.kind != "unsupported" for one in alternative)


def required_schemes(
    alternatives: tuple[SecurityAlternative, ...],
) -> Iterator[RequiredScheme]:
    """Yield each scheme of each alternative."""
    for alternative in alternatives:
        yield from alternative


def is_credential(alternatives: tuple[SecurityAlternative, ...], location: str, name: str) -> bool:
    """Return whether a parameter is the credential of a scheme, so that no case may vary it."""
    place = location, name.lower() if location == "header" else name
    schemes = (one.scheme for one in required_schemes(alternatives))
    return any(scheme.kind == "api-key" and scheme.place == place for scheme in schemes)


def _scheme(document: Mapping[str, Any], name: str) -> SecurityScheme:
    pointer = join_pointer(_SCHEMES_POINTER, name)
    stated, seen = get_at(document, pointer), {pointer}
    while isinstance(stated, dict) and isinstance(stated.get("$ref"), str):
        pointer = stated["$ref"].removeprefix("#")
        stated = None if pointer in seen else get_at(document, pointer)
        seen.add(pointer)
    if not isinstance(stated, dict):
        return SecurityScheme(name, "unsupported", pointer, stated="not declared")
    location, parameter = str(stated.get("in")), str(stated.get("name") or "")
    if "x-hookproof-signature" in stated:
        said = "a signature of webhooks"
        return SecurityScheme(name, "unsupported", pointer, "header", parameter, said)
    match str(stated.get("type")):
        case "http":
            method = str(stated.get("scheme")).lower()
            known: dict[str, SchemeKind] = {"bearer": "bearer", "basic": "basic"}
            kind, said = known.get(method, "unsupported"), f"HTTP {method.capitalize()}"
            return SecurityScheme(name, kind, pointer, stated=said)
        case "apiKey" if location in _LOCATIONS and parameter:
            said = f"apiKey in {location} {parameter}"
            return SecurityScheme(name, "api-key", pointer, location, parameter, said)
        case "oauth2" | "openIdConnect" as said:
            return SecurityScheme(name, "bearer", pointer, stated=said)
        case said:
            return SecurityScheme(name, "unsupported", pointer, stated=said)


def basic_value(pair: str) -> str:
    """Return the Authorization header's value for `user:password` (RFC 7617, section 2)."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def secret_texts(value: str) -> tuple[str, ...]:
    """Return the texts that disclose a given credential, which may be `user:password`."""
    _, colon, password = value.partition(":")
    if not colon:
        return (value,)
    encoded = basic_value(value).removeprefix("Basic ")
    long = len(password) >= _MIN_PASSWORD_CHARACTERS
    return (value, encoded, *([password] if long else []))


def check_credentials(document: Mapping[str, Any], given: Iterable[tuple[str, str]]) -> None:
    """Raise `ValueError` for a credential that is for no scheme of `document` or cannot be sent.

    The message does not contain the credential.
    """
    schemes = {scheme.name: scheme for scheme in security_schemes(document)}
    for name, value in given:
        if name not in schemes:
            hint = _suggestion(name, schemes.values())
            raise ValueError(f"the contract has no security scheme {name!r}; {hint}")
        problem = _credential_problem(schemes[name], value)
        if problem is not None:
            raise ValueError(f"the credential for {name} {problem}")


def _suggestion(name: str, schemes: Iterable[SecurityScheme]) -> str:
    usable = [scheme.name for scheme in schemes if scheme.kind != "unsupported"]
    by_folded = {known.casefold(): known for known in usable}
    near = get_close_matches(name.casefold(), by_folded, 1)
    if near:
        return f"did you mean {by_folded[near[0]]!r}?"
    return f"known are {', '.join(usable)}" if usable else "it has none that takes a credential"


def _credential_problem(scheme: SecurityScheme, value: str) -> str | None:
    if scheme.kind == "unsupported":
        return f"cannot be sent: hookproof does not support the scheme ({scheme.stated})"
    if scheme.kind == "basic":
        return None if ":" in value else "has no colon: write USER:PASSWORD"
    if scheme.location != "query" and not (value.isascii() and value.isprintable()):
        return f"has characters that a {scheme.location} cannot carry: only printable ASCII"
    if scheme.location == "cookie" and set(value) & set(' ";,\\'):
        return "has a space, quote, comma, semicolon or backslash: a cookie cannot carry them"
    return None


def credential_cause(status: str, documented: Collection[str]) -> str | None:
    """Return the `x-hookproof-cause` of a response about credentials, for one that states none.

    `documented` has the responses of the operation by status. Where it has no 401, a 403 is the
    response to every rejected credential. None: the status is not about credentials.
    """
    if status == "401" or (status == "403" and "401" not in documented):
        return "invalid-credential"
    return "insufficient-permission" if status == "403" else None
